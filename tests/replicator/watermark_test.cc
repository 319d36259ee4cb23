#include "replicator/watermark.h"

#include <gtest/gtest.h>

#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kT{std::chrono::hours(500'000)};

TEST(Watermark, IsUnknownWithoutAShard) {
  EXPECT_EQ(Watermark().Minimum(), std::nullopt);
}

TEST(Watermark, IsUnknownWhileAShardIs) {
  Watermark watermark;
  watermark.Start("a", "");
  watermark.Start("b", "");
  watermark.OnApplied("a", kT);
  EXPECT_EQ(watermark.Minimum(), std::nullopt);
  watermark.OnApplied("b", kT - 1s);
  EXPECT_EQ(watermark.Minimum(), kT - 1s);
}

TEST(Watermark, AnEmptyPollAtTheTipProvesUntilItsStartLessAMargin) {
  Watermark watermark;
  watermark.Start("a", "");
  watermark.OnTip("a", kT);
  EXPECT_EQ(watermark.Minimum(), kT - limits::kTipMargin);
}

TEST(Watermark, ATipNeverTakesBackWhatARecordProved) {
  Watermark watermark;
  watermark.Start("a", "");
  watermark.OnApplied("a", kT);
  watermark.OnTip("a", kT);
  EXPECT_EQ(watermark.Minimum(), kT);
}

TEST(Watermark, ARecordOlderThanItLowersItAndCounts) {
  Watermark watermark;
  watermark.Start("a", "");
  watermark.OnTip("a", kT);
  watermark.OnApplied("a", kT - 1h);
  EXPECT_EQ(watermark.Minimum(), kT - 1h);
  EXPECT_EQ(watermark.regressions(), 1);
}

TEST(Watermark, AChildBeginsWhereItsParentEnded) {
  Watermark watermark;
  watermark.Start("parent", "");
  watermark.OnApplied("parent", kT);
  watermark.Start("child", "parent");
  watermark.Drop("parent");
  EXPECT_EQ(watermark.Minimum(), kT);
}

TEST(Watermark, AFinishedShardHoldsItBackUntilItIsDropped) {
  Watermark watermark;
  watermark.Start("parent", "");
  watermark.OnApplied("parent", kT);
  watermark.Start("child", "parent");
  watermark.OnApplied("child", kT + 1h);
  EXPECT_EQ(watermark.Minimum(), kT);
  watermark.Drop("parent");
  EXPECT_EQ(watermark.Minimum(), kT + 1h);
}

}  // namespace
}  // namespace ddbsync::replicator
