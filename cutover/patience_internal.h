#pragma once

#include "aws/backoff.h"
#include "base/clock.h"
#include "cutover/limits.h"
#include "replicator/startup_call.h"

namespace ddbsync::cutover {

/// Calls of one look, which has an end: somebody waits for it.
class Patience {
 public:
  explicit Patience(Clock& clock) : clock_(clock), deadline_(clock.Now() + limits::kLookPatience) {}

  /// As CallPatiently; kRetry once the time is over.
  template <class Call>
  auto Try(Call call) -> decltype(call()) {
    if (clock_.Now() >= deadline_) {
      return Fail(ErrorCode::kRetry, "not asked: the calls before it took too long");
    }
    return replicator::CallPatiently(clock_, budget_, call);
  }

 private:
  Clock& clock_;
  const TimePoint deadline_;
  aws::RetryBudget budget_;
};

}  // namespace ddbsync::cutover
