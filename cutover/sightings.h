#pragma once

#include <optional>

#include "base/clock.h"
#include "base/mutex.h"
#include "replicator/status.h"

namespace ddbsync::cutover {

/// What many looks at a job have shown and no single one tells. Lives as long as the job's process,
/// and is told every look. Any thread.
class Sightings {
 public:
  void Note(const replicator::JobStatus& look);

  /// The most changes a second that the job has read while it kept up, when it read as many as were
  /// made; none: it never kept up yet.
  [[nodiscard]] std::optional<double> peak_records_per_second() const;
  /// The copy was complete then, at the latest: the first look that saw it so. None: none did.
  [[nodiscard]] std::optional<WallTime> copied_by() const;

 private:
  mutable Mutex mutex_;
  std::optional<double> peak_ GUARDED_BY(mutex_);
  std::optional<WallTime> copied_by_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::cutover
