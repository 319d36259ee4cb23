#include "aws/backoff.h"

#include <gtest/gtest.h>

namespace ddbsync::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The longest of many delays for the n-th failure in a row (from 1), each with a budget of its
/// own.
Duration LongestDelay(ErrorCode code, int nth) {
  Duration longest{};
  for (uint64_t seed = 0; seed < 400; ++seed) {
    RetryBudget budget;
    Backoff backoff(budget, seed);
    Duration delay{};
    for (int i = 0; i < nth; ++i) delay = backoff.OnFailure(code);
    EXPECT_GE(delay, Duration::zero());
    longest = std::max(longest, delay);
  }
  return longest;
}

void ExpectJustBelow(Duration delay, Duration bound) {
  EXPECT_LE(delay, bound);
  EXPECT_GT(delay, bound * 9 / 10);
}

TEST(Backoff, TransientDelaysStartAt25MillisecondsAndDouble) {
  ExpectJustBelow(LongestDelay(ErrorCode::kRetry, 1), milliseconds(25));
  ExpectJustBelow(LongestDelay(ErrorCode::kRetry, 2), milliseconds(50));
  ExpectJustBelow(LongestDelay(ErrorCode::kAmbiguous, 5), milliseconds(400));
}

TEST(Backoff, ThrottledDelaysStartAtOneSecond) {
  ExpectJustBelow(LongestDelay(ErrorCode::kThrottled, 1), seconds(1));
  ExpectJustBelow(LongestDelay(ErrorCode::kThrottled, 4), seconds(8));
}

TEST(Backoff, DelaysStopGrowingAt20Seconds) {
  ExpectJustBelow(LongestDelay(ErrorCode::kThrottled, 6), seconds(20));
  ExpectJustBelow(LongestDelay(ErrorCode::kThrottled, 5000), seconds(20));
}

TEST(Backoff, JitterIsFull) {
  RetryBudget budget;
  Duration shortest = seconds(1);
  for (uint64_t seed = 0; seed < 90; ++seed) {
    Backoff backoff(budget, seed);
    shortest = std::min(shortest, backoff.OnFailure(ErrorCode::kThrottled));
    backoff.OnSuccess();
  }
  EXPECT_LT(shortest, milliseconds(100));
}

TEST(Backoff, FirstDelaysOfNeighbouringSeedsAreSpreadEvenly) {
  int in_first_half = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    RetryBudget budget;
    Backoff backoff(budget, seed);
    if (backoff.OnFailure(ErrorCode::kThrottled) < milliseconds(500)) ++in_first_half;
  }
  EXPECT_GT(in_first_half, 400);
  EXPECT_LT(in_first_half, 600);
}

TEST(Backoff, SuccessStartsAnew) {
  RetryBudget budget;
  Backoff backoff(budget, 1);
  for (int i = 0; i < 8; ++i) (void)backoff.OnFailure(ErrorCode::kRetry);
  EXPECT_EQ(backoff.failures(), 8);
  backoff.OnSuccess();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_LE(backoff.OnFailure(ErrorCode::kRetry), milliseconds(25));
}

TEST(Backoff, EmptyBudgetMeansTheLongestDelayNotTheEnd) {
  RetryBudget budget;
  while (budget.Spend(ErrorCode::kThrottled)) {
  }
  Duration longest{};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Backoff backoff(budget, seed);
    longest = std::max(longest, backoff.OnFailure(ErrorCode::kRetry));
  }
  ExpectJustBelow(longest, seconds(20));
}

TEST(RetryBudget, HoldsThirtyFiveTransientOrAHundredThrottledRetries) {
  RetryBudget transient;
  for (int i = 0; i < 35; ++i) EXPECT_TRUE(transient.Spend(ErrorCode::kRetry));
  EXPECT_FALSE(transient.Spend(ErrorCode::kRetry));
  EXPECT_TRUE(transient.Spend(ErrorCode::kThrottled));  // 10 tokens were left
  RetryBudget throttled;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(throttled.Spend(ErrorCode::kThrottled));
  EXPECT_FALSE(throttled.Spend(ErrorCode::kThrottled));
}

TEST(RetryBudget, SuccessAfterARetryGivesItsCostBackAndAFirstTryGivesOne) {
  RetryBudget budget;
  for (int i = 0; i < 35; ++i) ASSERT_TRUE(budget.Spend(ErrorCode::kRetry));  // 10 left
  ASSERT_TRUE(budget.Spend(ErrorCode::kThrottled));
  ASSERT_TRUE(budget.Spend(ErrorCode::kThrottled));  // empty
  Backoff first_tries(budget, 1);
  for (int i = 0; i < 14; ++i) {
    EXPECT_FALSE(budget.Spend(ErrorCode::kRetry)) << i;
    first_tries.OnSuccess();
  }
  Backoff retried(budget, 1);
  (void)retried.OnFailure(ErrorCode::kRetry);
  EXPECT_FALSE(budget.Spend(ErrorCode::kThrottled));
  retried.OnSuccess();
  EXPECT_TRUE(budget.Spend(ErrorCode::kRetry));
}

TEST(RetryBudget, ARetryThatCostNothingGivesNothingBack) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(budget.Spend(ErrorCode::kThrottled));
  Backoff backoff(budget, 1);
  (void)backoff.OnFailure(ErrorCode::kRetry);
  backoff.OnSuccess();
  EXPECT_FALSE(budget.Spend(ErrorCode::kThrottled));
}

TEST(RetryBudget, NeverHoldsMoreThanItsSize) {
  RetryBudget budget;
  budget.Refund(1000);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(budget.Spend(ErrorCode::kThrottled));
  EXPECT_FALSE(budget.Spend(ErrorCode::kThrottled));
}

}  // namespace
}  // namespace ddbsync::aws
