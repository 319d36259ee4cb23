#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "dynamodb/batch.h"
#include "dynamodb/record_page.h"
#include "replicator/watch_limits.h"

namespace ddbsync::replicator {

/// What this process sent to the target, so that a record of the target's own stream can be told
/// from a write of somebody else. A write is remembered before it is sent, and stays when a record
/// has matched it: an attempt of unknown outcome may land twice, and late.
///
/// Of each write a fingerprint of 64 bits is kept (limits::kOwnWrites bounds them, and so the
/// memory); the oldest go first, a generation at a time. Records that may be of a forgotten write
/// are not judged. What it cannot tell: somebody who writes exactly what this process wrote to the
/// same key and still remembers. Any thread.
class OwnWrites {
 public:
  struct Options {
    bool images = true;  ///< of the target's stream; without them: by key and kind of write
    /// Until then writes of an earlier process may still have landed; target's time.
    WallTime since;
    /// From sending a write to the last moment at which it may land.
    Duration landing;
    size_t generations = limits::kOwnWriteGenerations;  ///< at least 2
    size_t per_generation = limits::kOwnWritesPerGeneration;
  };

  explicit OwnWrites(Options options);

  /// `ops` are about to be sent, at `now` (target's time). Reads the items as a whole.
  void Remember(std::span<const dynamodb::WriteOp> ops, WallTime now) EXCLUDES(mutex_);

  enum class Verdict {
    kOurs,
    kForeign,
    kBefore,   ///< it may be of an earlier process
    kUnknown,  ///< it may be of a write that is forgotten, or cannot be read
  };
  [[nodiscard]] Verdict Judge(const dynamodb::RecordView& record) const EXCLUDES(mutex_);

  /// Records created later than this are judged, as long as nothing is forgotten.
  [[nodiscard]] WallTime since() const { return options_.since; }
  [[nodiscard]] bool images() const { return options_.images; }

 private:
  /// Fingerprints of a while. Open addressing, half full at most; 0 is an empty place.
  struct Generation {
    std::vector<uint64_t> places;
    size_t count = 0;
    WallTime last;  ///< when the youngest was remembered
  };

  void Insert(uint64_t fingerprint, WallTime now) REQUIRES(mutex_);
  void BeginGeneration() REQUIRES(mutex_);
  [[nodiscard]] bool Knows(uint64_t fingerprint) const REQUIRES(mutex_);
  [[nodiscard]] bool MayBeForgotten(WallTime created) const REQUIRES(mutex_);

  const Options options_;

  mutable Mutex mutex_;
  std::deque<Generation> generations_ GUARDED_BY(mutex_);  ///< the youngest first
  WallTime forgotten_ GUARDED_BY(mutex_);                  ///< the youngest that is; none: long ago
};

}  // namespace ddbsync::replicator
