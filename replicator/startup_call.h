#pragma once

#include "aws/backoff.h"
#include "base/clock.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

/// For start-up, where nothing runs yet: calls until it succeeds, fails for good, or has been tried
/// limits::kStartupAttempts times. Blocks.
template <class Call>
auto CallPatiently(Clock& clock, aws::RetryBudget& budget, Call call) {
  aws::Backoff backoff(budget, 0);
  auto result = call();
  for (int attempt = 1; !result && attempt < limits::kStartupAttempts; ++attempt) {
    const ErrorCode code = result.error().code;
    const bool passing = code == ErrorCode::kRetry || code == ErrorCode::kAmbiguous ||
                         code == ErrorCode::kThrottled || code == ErrorCode::kCorrupt;
    if (!passing) break;
    clock.SleepFor(backoff.OnFailure(code));
    result = call();
  }
  return result;
}

}  // namespace ddbsync::replicator
