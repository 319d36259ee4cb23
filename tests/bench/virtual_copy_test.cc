#include "bench/virtual/virtual_copy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/log.h"

namespace ddbsync::bench {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class VirtualCopyTest : public testing::Test {
 protected:
  VirtualCopyTest() {
    SetLogSink([](std::string_view) {});
  }
  ~VirtualCopyTest() override { SetLogSink(nullptr); }

  /// A table of some seconds, with more items than the partitions save up at first.
  static CopySettings Small() {
    CopySettings settings;
    settings.partitions = 8;
    settings.units_per_second = 100;
    settings.items = 3200;
    settings.page_items = 25;
    return settings;
  }
};

TEST_F(VirtualCopyTest, ACopyUsesMostOfWhatThePartitionsGive) {
  const CopyFigures figures = CopyInVirtualTime(Small());
  EXPECT_EQ(figures.ended, "");
  EXPECT_EQ(figures.copied, 3200U);
  // Never more than there is: a partition may overdraw by an item's units, once.
  EXPECT_LE(figures.all.units, figures.all.available + 8);
  EXPECT_GT(figures.all.ratio(), 0.6);
  EXPECT_GT(figures.fast.ratio(), 0.6);
  // 800 units a second, and a second's worth of them was saved up.
  EXPECT_GE(figures.seconds, 3200.0 / 800 - 1 - 0.01);
}

TEST_F(VirtualCopyTest, TheSecondsAddUpToTheWhole) {
  const CopyFigures figures = CopyInVirtualTime(Small());
  double seconds = 0, units = 0;
  uint64_t batches = 0;
  for (const CopySecond& second : figures.timeline) {
    seconds += second.seconds;
    units += second.all.units;
    batches += second.batches.all;
    EXPECT_GT(second.in_flight_limit, 0);
  }
  EXPECT_EQ(units, figures.all.units);
  EXPECT_EQ(batches, figures.batches.all);
  EXPECT_GE(seconds, figures.seconds);
  EXPECT_LT(seconds, figures.seconds + 2);
}

TEST_F(VirtualCopyTest, SlowPartitionsCountOnTheirOwn) {
  CopySettings settings = Small();
  settings.slow_units_per_second = 10;
  settings.at_most = 5s;
  const CopyFigures figures = CopyInVirtualTime(settings);
  EXPECT_EQ(figures.ended, "cut off");
  EXPECT_LT(figures.copied, 3200U);
  // Four of each sort: in five seconds, and what they had saved up.
  EXPECT_LE(figures.all.available, 4 * (100.0 + 10.0) * 6 + 1);
  EXPECT_LE(figures.fast.available, 4 * 100.0 * 6 + 1);
  EXPECT_LE(figures.fast.units, figures.all.units);
  EXPECT_GT(figures.refused_writes, 0U);
  EXPECT_GT(figures.batches.refused + figures.batches.cut, 0U);
}

TEST_F(VirtualCopyTest, TheSameSettingsGiveTheSameFigures) {
  const CopySettings settings = Small();
  const std::string first = ToJson("P9", settings, CopyInVirtualTime(settings), 1);
  EXPECT_EQ(first, ToJson("P9", settings, CopyInVirtualTime(settings), 1));
}

TEST_F(VirtualCopyTest, TheReportHasWhatThePlotsNeed) {
  const CopySettings settings = Small();
  const json report = json::parse(ToJson("P9", settings, CopyInVirtualTime(settings), 1.5));
  for (const char* field : {"ratio", "units_written", "units_available", "virtual_seconds"}) {
    ASSERT_TRUE(report.contains(field)) << field;
    EXPECT_GT(report[field], 0) << field;
  }
  EXPECT_EQ(report["case"], "P9");
  EXPECT_EQ(report["dealt"], true);
  EXPECT_EQ(report["complete"], true);
  EXPECT_EQ(report["items_copied"], 3200);
  EXPECT_EQ(report["wall_seconds"], 1.5);
  EXPECT_GE(report["fast"]["requests"]["throttled_share"], 0);
  EXPECT_LE(report["requests"]["throttled_share"], 1);
  EXPECT_GT(report["requests"]["total"], 3200 / 25 - 1);
  const size_t seconds = report["utilisation"].size();
  EXPECT_GT(seconds, 2U);
  for (const char* list : {"fast_utilisation", "throttled_requests", "in_flight_limit"}) {
    EXPECT_EQ(report[list].size(), seconds) << list;
  }
}

}  // namespace
}  // namespace ddbsync::bench
