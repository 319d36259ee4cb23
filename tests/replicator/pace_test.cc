#include "replicator/pace.h"

#include <gtest/gtest.h>

#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;
using Feedback = InFlightLimit::Feedback;

constexpr TimePoint kNow{std::chrono::hours(1)};

TEST(InFlightLimit, RefusesPastItsLimitAndWakesWhenAPlaceIsFree) {
  InFlightLimit limit(1, 8);
  int wakes = 0;
  EXPECT_TRUE(limit.TryEnter({}));
  EXPECT_FALSE(limit.TryEnter(Waker([&] { ++wakes; })));
  limit.Leave(Feedback::kNeutral, kNow);
  EXPECT_EQ(wakes, 1);
}

TEST(InFlightLimit, GrowsByOneForALimitsWorthOfSuccesses) {
  InFlightLimit limit(4, 8);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(limit.TryEnter({}));
    limit.Leave(Feedback::kSuccess, kNow);
  }
  EXPECT_EQ(limit.limit(), 5);
}

TEST(InFlightLimit, HalvesOnceForThrottlesThatComeTogether) {
  InFlightLimit limit(8, 8);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(limit.TryEnter({}));
    limit.Leave(Feedback::kThrottled, kNow);
  }
  EXPECT_EQ(limit.limit(), 4);
  ASSERT_TRUE(limit.TryEnter({}));
  limit.Leave(Feedback::kThrottled, kNow + limits::kHalvingPause);
  EXPECT_EQ(limit.limit(), 2);
}

TEST(InFlightLimit, NeverFallsBelowOne) {
  InFlightLimit limit(1, 8);
  limit.SetShare(0.01);
  ASSERT_TRUE(limit.TryEnter({}));
  limit.Leave(Feedback::kThrottled, kNow);
  EXPECT_EQ(limit.limit(), 1);
}

/// Units taken within `seconds` by calls that each cost `actual` where `estimate` was believed.
double Taken(double rate, double estimate, double actual, int seconds) {
  CapacityBucket bucket(rate);
  double taken = 0;
  TimePoint now = kNow;
  while (now < kNow + std::chrono::seconds(seconds)) {
    if (auto retry_at = bucket.TakeOrRetryAt(CapacityBucket::User::kBackfill, estimate, now)) {
      now = *retry_at;
    } else {
      bucket.Correct(estimate, actual);
      taken += actual;
    }
  }
  return taken;
}

TEST(CapacityBucket, KeepsItsRateWhateverTheEstimate) {
  EXPECT_NEAR(Taken(500, 25, 25, 60), 500 * 60, 500);
  EXPECT_NEAR(Taken(500, 25, 100, 60), 500 * 60, 500);
  EXPECT_NEAR(Taken(500, 25, 5, 60), 500 * 60, 1500);
}

TEST(CapacityBucket, WhatWasTakenTooMuchIsOthersAtOnce) {
  CapacityBucket bucket(60);
  const auto backfill = CapacityBucket::User::kBackfill;
  auto begun = kNow;
  while (auto retry_at = bucket.TakeOrRetryAt(backfill, 256, begun)) begun = *retry_at;
  const auto other = bucket.TakeOrRetryAt(backfill, 256, begun);
  ASSERT_TRUE(other);  // 256 units are over four seconds' worth
  bucket.Correct(256, 1);
  EXPECT_LE(*other, begun + std::chrono::milliseconds(100));
  EXPECT_EQ(bucket.TakeOrRetryAt(backfill, 256, *other), std::nullopt);
}

TEST(CapacityBucket, TheTailGoesFirst) {
  CapacityBucket bucket(100);
  while (!bucket.TakeOrRetryAt(CapacityBucket::User::kBackfill, 10, kNow)) {
  }
  EXPECT_EQ(bucket.TakeOrRetryAt(CapacityBucket::User::kTail, 10, kNow), std::nullopt);
}

TEST(CapacityBucket, WithoutARateThereIsNoBound) {
  CapacityBucket bucket(std::nullopt);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(bucket.TakeOrRetryAt(CapacityBucket::User::kBackfill, 1e9, kNow), std::nullopt);
  }
}

}  // namespace
}  // namespace ddbsync::replicator
