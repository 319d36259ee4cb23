#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "replicator/fence.h"
#include "replicator/pace.h"

namespace ddbsync::replicator {

/// What a verification asks of the running job whose copy it looks at. Any thread; lives as long as
/// its job.
class LiveCopy {
 public:
  virtual ~LiveCopy() = default;

  /// Up to when everything is on the target; none: not known.
  [[nodiscard]] virtual std::optional<WallTime> watermark() const = 0;
  /// Before both sides' items of some keys are read, to be asked about those keys afterwards.
  [[nodiscard]] virtual FencedRead BeginRead() = 0;
  /// A change of the key was applied, or repaired, or is on its way since `read` began. When it is
  /// not, and the watermark has passed the end of the read of the source, what the two sides had is
  /// what they should have had.
  [[nodiscard]] virtual bool MayHaveChanged(std::string_view key, const FencedRead& read) = 0;
  /// For reads of the source, which the tail and a backfill take from too.
  [[nodiscard]] virtual CapacityBucket& read_capacity() = 0;
  /// The job ends, or writes nothing any more: so should whoever asks.
  [[nodiscard]] virtual bool ending() const = 0;

  /// The key is to become what the source has, or to vanish if the source has nothing: through the
  /// fence, once the watermark has passed the read. Durable with the next commit.
  virtual void AskRepair(std::string_view key, std::string_view key_json) = 0;
  /// Asked for, or of unknown outcome, and not done yet.
  [[nodiscard]] virtual bool RepairPending(std::string_view key) const = 0;
  /// So many are pending that no more should be asked for.
  [[nodiscard]] virtual bool RepairsFull() const = 0;

  /// From now on keys that the tail has written, or that are of unknown outcome, are remembered;
  /// or no more.
  virtual void RememberChanges(bool on) = 0;
  struct Changes {
    std::vector<std::pair<std::string, std::string>> keys;  ///< canonical bytes, and as JSON
    bool complete = true;  ///< false: there were more than are remembered
  };
  /// What was remembered since the last call.
  [[nodiscard]] virtual Changes TakeChanges() = 0;
};

}  // namespace ddbsync::replicator
