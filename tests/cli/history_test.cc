#include "cli/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/limits.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::cli {
namespace {

using std::chrono::seconds;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    status_.state = replicator::JobState::kCopying;
    status_.backfill.wanted = status_.tail.wanted = true;
  }
  void LookAfter(Duration pause) {
    clock_.Advance(pause);
    history_.Add(status_, clock_.Now());
  }

  fake::ManualClock clock_;
  History history_;
  replicator::JobStatus status_;
};

TEST_F(HistoryTest, RatesAreOverTheTimeThatReallyPassed) {
  LookAfter(seconds(0));
  status_.target_write_units = 50;
  status_.source_read_units = 5;
  status_.writes.throttled = 20;
  LookAfter(seconds(10));  // one look was missed
  const std::vector<History::Look> looks = history_.Looks();
  EXPECT_EQ(looks[0].write_units_per_second, std::nullopt);
  EXPECT_EQ(looks[1].write_units_per_second, 5);
  EXPECT_EQ(looks[1].read_units_per_second, 0.5);
  EXPECT_EQ(looks[1].throttled_per_second, 2);
}

TEST_F(HistoryTest, WhatIsUnknownIsNoZero) {
  LookAfter(seconds(0));
  EXPECT_EQ(history_.Looks()[0].lag_seconds, std::nullopt);
  status_.tail.lag_seconds = 0;
  LookAfter(seconds(5));
  EXPECT_EQ(history_.Looks()[1].lag_seconds, 0);
  status_.backfill.wanted = false;
  LookAfter(seconds(5));
  EXPECT_EQ(history_.Looks()[2].items_per_second, std::nullopt);
  status_.state = replicator::JobState::kStarting;
  LookAfter(seconds(5));
  EXPECT_EQ(history_.Looks()[3].in_flight, std::nullopt);
}

TEST_F(HistoryTest, KeepsAnHourAndForgetsTheOldest) {
  for (size_t i = 0; i < limits::kHistorySamples + 3; ++i) {
    status_.writes.in_flight = static_cast<int>(i);
    LookAfter(limits::kHistoryInterval);
  }
  const std::vector<History::Look> looks = history_.Looks();
  ASSERT_EQ(looks.size(), limits::kHistorySamples);
  EXPECT_EQ(looks.front().in_flight, 3);
  EXPECT_EQ(looks.back().in_flight, limits::kHistorySamples + 2);
  EXPECT_EQ(looks.back().time - looks.front().time + limits::kHistoryInterval,
            std::chrono::hours(1));
}

TEST_F(HistoryTest, TheTaskLooksAtOnceAndThenAtItsPace) {
  const auto task = HistoryTask(history_, [this] { return status_; });
  const Next next = task->Step(clock_.Now());
  EXPECT_EQ(next.due(), clock_.Now() + limits::kHistoryInterval);
  EXPECT_EQ(history_.Looks().size(), 1);
}

TEST_F(HistoryTest, JsonHasColumnsOfOneLengthAndTellsAges) {
  LookAfter(seconds(0));
  status_.tail.lag_seconds = 1.23456;
  LookAfter(seconds(5));
  clock_.Advance(seconds(2));
  const auto json = nlohmann::json::parse(HistoryToJson(history_.Looks(), clock_.Now()));
  EXPECT_EQ(json["age_seconds"], nlohmann::json({7.0, 2.0}));
  EXPECT_EQ(json["lag_seconds"], nlohmann::json({nullptr, 1.235}));
  EXPECT_EQ(json["interval_seconds"], 5);
  for (const auto& [name, column] : json.items()) {
    if (!column.is_array()) continue;
    EXPECT_EQ(column.size(), 2) << name;
  }
}

}  // namespace
}  // namespace ddbsync::cli
