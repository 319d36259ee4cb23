#include "aws/server_clock.h"

#include "aws/limits.h"
#include "aws/timestamp.h"

namespace ddbsync::aws {
WallTime ServerClock::Now() const {
  MutexLock lock(mutex_);
  if (!offset_) return clock_.WallNow();
  return WallTime(
      std::chrono::floor<std::chrono::milliseconds>(clock_.Now().time_since_epoch() + *offset_));
}

void ServerClock::Observe(std::string_view date, Duration round_trip) {
  const std::optional<WallTime> server = ParseHttpDate(date);
  if (!server || *server < WallTime() || *server > limits::kLatestDate) return;
  const Duration earliest = server->time_since_epoch() - clock_.Now().time_since_epoch();
  const Duration latest = earliest + limits::kDateResolution + round_trip;
  MutexLock lock(mutex_);
  if (!offset_ || *offset_ < earliest || *offset_ > latest) offset_ = earliest;
}

}  // namespace ddbsync::aws
