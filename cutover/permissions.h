#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "cutover/gates.h"
#include "replicator/job.h"

namespace ddbsync::cutover {

/// Something that a run does and that keys may not be allowed to do. TagResource after the commit
/// is not among them: no call proves it without tagging, and nothing depends on it.
struct PermissionNeed {
  enum class Call {
    kSwitchSourceStream,
    kChangeSourceTtl,
    kPutPolicy,
    kDeletePolicy,
    kProbeWrites,
    kChangeTargetTtl,
    kSwitchTargetStream,
    kDescribeTargetStream,
    kReadTargetStream,
    kReadTarget,
    kWriteSource,
  };
  Call call;
  std::string action;        ///< as Permission::action
  bool for_reverse = false;  ///< what the job of the way back does
};

/// As the options and the tables have it. Pure.
[[nodiscard]] std::vector<PermissionNeed> PermissionNeeds(const GateFacts& facts);

/// Proves what a run with `facts.options` needs, after LookAtTables, each by a call that changes
/// nothing: one that asks for what is so already, expects what cannot be, or deletes a key that was
/// just seen not to exist. Sends nothing when a table is unknown, or is not the checkpoint's. Not
/// while a cut-over is under way: what is so already may then be about to change. Blocks, for at
/// most limits::kLookPatience and a call.
[[nodiscard]] std::vector<Permission> ProbePermissions(const replicator::Side& source,
                                                       const replicator::Side& target,
                                                       const GateFacts& facts, Clock& clock);

}  // namespace ddbsync::cutover
