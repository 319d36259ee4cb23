#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "checkpoint/batch.h"

namespace ddbsync::checkpoint {

/// A copy after which rows that only the target has are removed: one that was begun again because
/// changes were lost, or one into a target that was not empty. The latest of its job. What its
/// words mean is replicator/'s (resync.h).
struct ResyncRecord {
  int number = 0;            ///< of this job's, from 1
  std::string cause = {};    ///< "gap" or "mirror"
  std::string reason = {};   ///< the gap's
  std::string step = {};     ///< replicator::ToString(ResyncStep)
  WallTime began = {};       ///< its T0
  bool again = false;        ///< changes were lost since: it counts for nothing and is begun again
  int64_t target_rows = 0;   ///< of the target when its extra rows were counted
  int64_t extra_rows = 0;    ///< of them, that the source did not have
  int64_t removed_rows = 0;  ///< asked to be removed; durable with, or before, the asking
  int64_t most_rows = 0;     ///< the bound by which it was judged last
  std::string some_keys = {};  ///< of the extra rows, for people; JSON of keys, one a line
  WallTime completed = {};     ///< zero: not yet
  friend bool operator==(const ResyncRecord&, const ResyncRecord&) = default;
};

/// It is neither complete nor overtaken by a further loss: the job is making the target equal.
[[nodiscard]] bool IsUnderWay(const ResyncRecord& record);

void PutResync(Batch& batch, const ResyncRecord& record);

}  // namespace ddbsync::checkpoint
