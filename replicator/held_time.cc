#include "replicator/held_time.h"

namespace ddbsync::replicator {

void HeldTime::Look(TimePoint now, Reasons holding) {
  MutexLock lock(mutex_);
  const Duration passed = last_look_ ? now - *last_look_ : Duration::zero();
  for (size_t reason = 0; reason < kHeldByCount; ++reason) {
    if (holding_[reason]) totals_[reason] += passed;
  }
  last_look_ = now;
  holding_ = holding;
}

HeldSeconds HeldTime::Totals() const {
  MutexLock lock(mutex_);
  HeldSeconds seconds{};
  for (size_t reason = 0; reason < kHeldByCount; ++reason) {
    seconds[reason] = std::chrono::duration<double>(totals_[reason]).count();
  }
  return seconds;
}

}  // namespace ddbsync::replicator
