#pragma once

#include "base/clock.h"
#include "base/mutex.h"

namespace ddbsync::aws {

/// Moves only when told to. Boot time and calendar can be moved apart, as a wrong clock does.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall) : wall_(wall) {}

  TimePoint Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  WallTime WallNow() const override {
    MutexLock lock(mutex_);
    return wall_;
  }
  void SleepFor(Duration duration) override { Advance(duration); }

  void Advance(Duration duration) {
    MutexLock lock(mutex_);
    now_ += duration;
    wall_ += std::chrono::floor<std::chrono::milliseconds>(duration);
  }
  /// Sets the calendar alone.
  void JumpWall(Duration duration) {
    MutexLock lock(mutex_);
    wall_ += std::chrono::floor<std::chrono::milliseconds>(duration);
  }

 private:
  mutable Mutex mutex_;
  TimePoint now_ GUARDED_BY(mutex_){std::chrono::hours(5)};
  WallTime wall_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::aws
