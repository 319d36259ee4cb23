#pragma once

#include <atomic>
#include <cstdint>

#include "metrics/exposition.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

/// What the engine counts as it goes, since this process began. Any thread.
struct Counters {
  std::atomic<int64_t> inserts{0}, modifies{0}, removes{0};
  std::atomic<int64_t> puts_ok{0}, deletes_ok{0};
  std::atomic<int64_t> unprocessed{0};           ///< items
  std::atomic<int64_t> throttled{0}, failed{0};  ///< calls
  std::atomic<int64_t> ambiguous{0};             ///< calls
  std::atomic<int> tail_writes_in_flight{0};     ///< calls
  metrics::Histogram apply_delay{
      {limits::kApplyDelayBuckets.begin(), limits::kApplyDelayBuckets.end()}};
  std::atomic<double> source_read_units{0};
  std::atomic<double> target_write_units{0};
};

}  // namespace ddbsync::replicator
