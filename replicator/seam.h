#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "checkpoint/batch.h"
#include "checkpoint/ledger.h"
#include "checkpoint/records.h"
#include "dynamodb/key_schema.h"

namespace ddbsync::replicator {

/// The tag of a table that became the live one by a cut-over; its value is the ARN of the table
/// that it replaced, from which nothing may be copied over it any more.
inline constexpr std::string_view kCutoverTag = "ddbsync:cutover";

/// What a cut-over asks of the running job whose tables it switches. Any thread; lives as long as
/// its job.
class Seam {
 public:
  virtual ~Seam() = default;

  /// The job's: what is staged here becomes durable with, or after, what the job staged before.
  [[nodiscard]] virtual checkpoint::Ledger& ledger() = 0;

  /// Which copy this is, and the stream that it follows.
  [[nodiscard]] virtual const checkpoint::JobRecord& record() const = 0;
  /// Of both tables.
  [[nodiscard]] virtual const dynamodb::KeySchema& schema() const = 0;
  /// From now on the end of the stream is no gap, and neither is another stream of the source; or
  /// they are again. A job that finds a seal in its checkpoint expects it from its start.
  virtual void ExpectEndOfStream(bool expected) = 0;
  /// The seal is taken back: since that time the source may have been written, into another stream
  /// or into none, and the watermark goes no further. Until this is said, once the stream has
  /// ended, the target is up to date at every moment: nothing else can have changed as long as the
  /// freeze holds. A job that finds a seal in its checkpoint says it to itself: it was interrupted,
  /// and will be taken back.
  virtual void NoteWritesResume(WallTime since) = 0;
  /// The stream has ended, all its shards were read to their ends, and all of it is on the target.
  /// What says so is staged.
  [[nodiscard]] virtual bool StreamEnded() const = 0;
  /// When the youngest change that was applied in this process was made (whole seconds); none yet.
  [[nodiscard]] virtual std::optional<WallTime> LastChange() const = 0;
  /// Nothing is left to be written, and nothing of unknown outcome.
  [[nodiscard]] virtual bool Idle() const = 0;

  /// Nothing is written to the target any more, by any part of the job.
  virtual void StopWriting() = 0;
  /// The job ends in good order to be opened again (Outcome::kRestart) on another stream of its
  /// source, of which every change since `since` counts. Its last commit has `with` in it. Only
  /// once StreamEnded.
  virtual void FollowFrom(std::string stream_arn, WallTime since, checkpoint::Batch with) = 0;
};

}  // namespace ddbsync::replicator
