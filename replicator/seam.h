#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "checkpoint/batch.h"
#include "checkpoint/ledger.h"

namespace ddbsync::replicator {

/// What a cut-over asks of the running job whose tables it switches. Any thread; lives as long as
/// its job.
class Seam {
 public:
  virtual ~Seam() = default;

  /// The job's: what is staged here becomes durable with, or after, what the job staged before.
  [[nodiscard]] virtual checkpoint::Ledger& ledger() = 0;

  /// From now on the end of the stream is no gap, and neither is another stream of the source.
  virtual void ExpectEndOfStream() = 0;
  /// The stream has ended, all its shards were read to their ends, and all of it is on the target.
  /// What says so is staged.
  [[nodiscard]] virtual bool StreamEnded() const = 0;
  /// When the youngest change that was applied in this process was made (whole seconds); none yet.
  [[nodiscard]] virtual std::optional<WallTime> LastChange() const = 0;
  /// Nothing is left to be written, and nothing of unknown outcome.
  [[nodiscard]] virtual bool Idle() const = 0;

  /// The job ends in good order to be opened again (Outcome::kRestart) on another stream of its
  /// source, of which every change since `since` counts. Its last commit has `with` in it. Only
  /// once StreamEnded.
  virtual void FollowFrom(std::string stream_arn, WallTime since, checkpoint::Batch with) = 0;
};

}  // namespace ddbsync::replicator
