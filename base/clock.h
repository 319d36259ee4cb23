#pragma once

#include <chrono>

namespace ddbsync {

using Duration = std::chrono::nanoseconds;

/// Time since boot, suspended time included (CLOCK_BOOTTIME): a laptop or VM that slept must not
/// believe that no time has passed while AWS's retention ran on.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using TimePoint = BootClock::time_point;

/// Calendar time, for what is compared with AWS's records and for what people read.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// The only door to time. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  [[nodiscard]] virtual TimePoint Now() const = 0;

  /// The machine's calendar clock; may jump. For time compared with AWS's, see aws/server_clock.h.
  [[nodiscard]] virtual WallTime WallNow() const = 0;

  /// Blocks the calling thread; for start-up and for threads that own their loop, never in a Task.
  virtual void SleepFor(Duration duration) = 0;
};

/// The operating system's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override;
  [[nodiscard]] WallTime WallNow() const override;
  void SleepFor(Duration duration) override;
};

}  // namespace ddbsync
