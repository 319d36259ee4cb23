#pragma once

#include "base/clock.h"
#include "base/mutex.h"

namespace ddbsync::fake {

/// Time that stands still until a test moves it. SleepFor moves it too, so that code which sleeps
/// does not hang its test. Safe from any thread.
class ManualClock final : public Clock {
 public:
  /// 2026-01-01T00:00:00Z: any fixed date that is not the epoch.
  static constexpr WallTime kDefaultWall{std::chrono::milliseconds(1767225600000)};

  explicit ManualClock(WallTime wall = kDefaultWall) : wall_(wall) {}

  TimePoint Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  WallTime WallNow() const override {
    MutexLock lock(mutex_);
    return wall_ + std::chrono::floor<std::chrono::milliseconds>(now_ - kStart);
  }
  void SleepFor(Duration duration) override { Advance(duration); }

  void Advance(Duration duration) {
    MutexLock lock(mutex_);
    now_ += duration;
  }
  /// To `time`; never backwards.
  void AdvanceTo(TimePoint time) {
    MutexLock lock(mutex_);
    if (time > now_) now_ = time;
  }
  /// The calendar clock alone jumps, as when somebody sets it.
  void JumpWall(std::chrono::milliseconds by) {
    MutexLock lock(mutex_);
    wall_ += by;
  }

 private:
  /// Not zero: code that takes TimePoint{} for "never" must not pass by luck.
  static constexpr TimePoint kStart{std::chrono::hours(1)};

  mutable Mutex mutex_;
  TimePoint now_ GUARDED_BY(mutex_) = kStart;
  WallTime wall_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::fake
