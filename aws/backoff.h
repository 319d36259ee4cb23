#pragma once

#include <cstdint>

#include "aws/limits.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"

namespace ddbsync::aws {

/// Bounds how much retries may amplify load: a bucket of 500, 14 per transient retry, 5 per
/// throttled one, given back by success (SDK standard mode of 2026). An empty bucket does not stop
/// a task, it makes it wait as after many failures. Shared by one endpoint's tasks; safe from any
/// thread.
class RetryBudget {
 public:
  [[nodiscard]] static int Cost(ErrorCode code);

  /// Takes the cost of a retry after `code`. False, and nothing taken, when the bucket is too
  /// empty: the retry should wait the longest delay.
  [[nodiscard]] bool Spend(ErrorCode code);
  /// Gives `tokens` back; a full bucket stays full.
  void Refund(int tokens);

 private:
  Mutex mutex_;
  int tokens_ GUARDED_BY(mutex_) = limits::kRetryTokens;
};

/// One task's waiting times: full jitter, delay = random(0, 1) x min(base x 2^(n-1), 20 s), base
/// 25 ms after transient errors and 1 s after throttles (the same source). Not thread-safe: a
/// task's own. Never gives up; the caller decides when an error is worth telling.
class Backoff {
 public:
  /// Tasks whose seeds differ, by one even, wait independently of each other.
  Backoff(RetryBudget& budget, uint64_t seed) : budget_(budget), random_state_(seed) {}

  /// How long to wait before the next attempt, from 0 to 20 s.
  [[nodiscard]] Duration OnFailure(ErrorCode code);
  /// The next failure is the first again; gives the last retry's cost back to the budget.
  void OnSuccess();
  [[nodiscard]] int failures() const { return failures_; }

 private:
  /// From 0 up to 1.
  double Random();

  RetryBudget& budget_;
  uint64_t random_state_;  ///< no larger engine: there is a Backoff in every batch of writes
  int failures_ = 0;       ///< in a row
  int last_cost_ = 0;      ///< taken from the budget for the last retry
};

}  // namespace ddbsync::aws
