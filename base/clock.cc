#include "base/clock.h"

#include <time.h>

#include <thread>

namespace ddbsync {

TimePoint SystemClock::Now() const {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return TimePoint(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

WallTime SystemClock::WallNow() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void SystemClock::SleepFor(Duration duration) {
  std::this_thread::sleep_for(duration);
}

}  // namespace ddbsync
