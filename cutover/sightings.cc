#include "cutover/sightings.h"

#include <algorithm>

#include "cutover/limits.h"

namespace ddbsync::cutover {

void Sightings::Note(const replicator::JobStatus& look) {
  constexpr double kMostLag = std::chrono::duration<double>(limits::kMostLag).count();
  const bool keeps_up = look.tail.lag_seconds && *look.tail.lag_seconds <= kMostLag;
  MutexLock lock(mutex_);
  if (keeps_up) peak_ = std::max(peak_.value_or(0), look.tail.records_per_second);
  if (look.backfill.complete && !copied_by_) copied_by_ = look.now;
}

std::optional<double> Sightings::peak_records_per_second() const {
  MutexLock lock(mutex_);
  return peak_;
}

std::optional<WallTime> Sightings::copied_by() const {
  MutexLock lock(mutex_);
  return copied_by_;
}

}  // namespace ddbsync::cutover
