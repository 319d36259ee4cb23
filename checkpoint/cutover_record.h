#pragma once

#include <string>

#include "base/clock.h"
#include "checkpoint/batch.h"

namespace ddbsync::checkpoint {

/// The journal of a job's latest cut-over. A step is recorded before its first call is made, so
/// whoever finds it does that step again, or takes it back; what a step found out is recorded with
/// the step after it. What its words mean is cutover/'s.
struct CutoverRecord {
  int number = 0;            ///< of this job's cut-overs, from 1
  std::string step = {};     ///< cutover::ToString(Step)
  std::string options = {};  ///< JSON of cutover::Options
  WallTime began = {};

  // What is to be as it was if the cut-over is taken back.
  bool source_noted = false;    ///< what follows is known
  std::string source_ttl = {};  ///< attribute; empty: it was off

  std::string old_stream_arn = {};
  std::string stream_view = {};     ///< ToString(dynamodb::StreamView), of both streams
  std::string new_stream_arn = {};  ///< empty until it is known to be ENABLED
  WallTime frozen_at = {};          ///< the freeze was effective; zero: never
  WallTime sealed_at = {};          ///< just before the old stream was switched off; zero: never
  WallTime drained_at = {};
  WallTime thawed_at = {};  ///< taken back, and writes to the source are let in again

  // For the way back.
  std::string target_stream_arn = {};
  WallTime reverse_start = {};  ///< T0 of the job from the target to the source
  WallTime committed_at = {};

  std::string reason = {};       ///< why it was taken back; empty: it was not
  bool source_ttl_owed = false;  ///< taken back, but the source's TTL could not be turned on yet
  std::string report = {};       ///< JSON: what happened when

  friend bool operator==(const CutoverRecord&, const CutoverRecord&) = default;
};

/// The old stream is ended, or about to be, by this cut-over.
[[nodiscard]] bool Seals(const CutoverRecord& record);
/// The target is the live table from then on.
[[nodiscard]] bool IsCommitted(const CutoverRecord& record);

void PutCutover(Batch& batch, const CutoverRecord& record);

}  // namespace ddbsync::checkpoint
