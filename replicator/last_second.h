#pragma once

#include <chrono>
#include <deque>

#include "base/clock.h"

namespace ddbsync::replicator {

/// The capacity units taken within the last second, wherever that began. Not thread-safe.
class LastSecond {
 public:
  void Take(TimePoint now, double units);
  /// What was taken turned out to cost so much more, or less. Belongs to what was taken last.
  void Correct(double more);
  [[nodiscard]] double Units(TimePoint now);
  /// When no more than `units` are left of what was taken until now.
  [[nodiscard]] TimePoint FallsTo(double units) const;

 private:
  /// Calls that were begun so far apart are in no second together, though the first may take a
  /// little longer to reach the server.
  static constexpr std::chrono::milliseconds kSecond{1010};
  /// Times are told apart to this, which bounds how many are remembered.
  static constexpr std::chrono::milliseconds kMoment{2};

  struct Moment {
    TimePoint ends;  ///< when it is a second ago
    double units;
  };
  std::deque<Moment> moments_;
  double units_ = 0;
};

}  // namespace ddbsync::replicator
