#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/support/fake_dynamodb.h"

namespace ddbsync::bench {

/// A copy to measure: a full source without limits, an empty target whose partitions are equal
/// ranges of the hash space with a write rate each.
struct CopySettings {
  int partitions = 64;
  double units_per_second = 1000;    ///< of a partition
  double slow_units_per_second = 0;  ///< of every second partition; 0: none is slow
  uint64_t items = 0;
  size_t item_bytes = 100;   ///< small, but a unit each: what is measured is units
  size_t page_items = 1000;  ///< as many as 1 KB items fill a page of 1 MB with
  int segments = 0;          ///< of the scan; 0: the engine chooses
  bool deal = true;
  Duration round_trip = std::chrono::milliseconds(5);
  Duration jitter = std::chrono::milliseconds(1);  ///< on top of it, at most
  Duration burst = std::chrono::seconds(1);        ///< what a partition keeps of unused units
  Duration at_most = std::chrono::minutes(10);     ///< of virtual time; then it is cut off
  uint64_t seed = 1;
};

/// What was written of what could have been.
struct Use {
  double units = 0;
  double available = 0;
  [[nodiscard]] double ratio() const { return available > 0 ? units / available : 0; }
};

/// A virtual second, the last one may be shorter.
struct CopySecond {
  double seconds = 0;  ///< how long it was
  Use all;
  Use fast;                  ///< the partitions that are not slow
  fake::BatchTally batches;  ///< in it
  int in_flight_limit = 0;   ///< at its end, as the next two
  int in_flight = 0;
  int segments_open = 0;
};

struct CopyFigures {
  std::string ended;        ///< empty when the copy came to its end; else why not
  uint64_t copied = 0;      ///< items in the target
  double seconds = 0;       ///< virtual: from the start of the job to the last write
  Use all;                  ///< over all of that, nothing cut off
  Use steady;               ///< without the first second, until a partition ran out of items
  Use fast;                 ///< of partitions that are not slow, each until its own last write
  double slowest_fast = 0;  ///< the least ratio of one of them
  double fast_seconds = 0;  ///< until the last of them ran out
  fake::BatchTally batches;
  fake::BatchTally batches_while_fast;  ///< up to the end of the second of `fast_seconds`
  uint64_t refused_writes = 0;
  int segments = 0;
  std::vector<CopySecond> timeline;
};

/// Copies with the real engine in virtual time. The same settings give the same figures. What a
/// partition has saved up at the start counts as available. The processor costs no virtual time,
/// and there is a thread for every call.
[[nodiscard]] CopyFigures CopyInVirtualTime(const CopySettings& settings);

/// One JSON object.
[[nodiscard]] std::string ToJson(const std::string& name, const CopySettings& settings,
                                 const CopyFigures& figures, double wall_seconds);

}  // namespace ddbsync::bench
