#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "base/mutex.h"
#include "replicator/status.h"

namespace ddbsync::replicator {

/// For how long each reason has held the job back. Whoever looks at the reasons says at each look
/// which of them hold; a reason lasts from the look that first finds it to the look that finds it
/// gone, so it is exact to the pause between two looks. Safe from any thread; one looks.
class HeldTime {
 public:
  using Reasons = std::bitset<kHeldByCount>;  ///< by HeldBy

  /// `now` never goes back.
  void Look(TimePoint now, Reasons holding);

  /// Seconds up to the last look.
  [[nodiscard]] HeldSeconds Totals() const;

 private:
  mutable Mutex mutex_;
  std::optional<TimePoint> last_look_ GUARDED_BY(mutex_);
  Reasons holding_ GUARDED_BY(mutex_);
  std::array<Duration, kHeldByCount> totals_ GUARDED_BY(mutex_){};
};

}  // namespace ddbsync::replicator
