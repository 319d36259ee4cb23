#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "cutover/options.h"
#include "cutover/report.h"
#include "cutover/step.h"

namespace ddbsync::cutover {

/// One consistent look at a job's latest cut-over.
struct Status {
  int number = 0;  ///< 0: there was none
  Step step = Step::kRolledBack;
  Options options;
  std::string doing;               ///< what it waits for; empty when it has ended
  std::string reason;              ///< why it was taken back
  bool asks_confirmation = false;  ///< ConfirmFrozen is what it waits for
  bool asks_commit = false;        ///< Commit is
  std::optional<WallTime> began, frozen_at, sealed_at, drained_at, committed_at;
  std::optional<WallTime> thawed_at;
  std::string old_stream_arn, new_stream_arn, target_stream_arn;
  std::optional<WallTime> reverse_start;
  bool source_ttl_owed = false;
  std::optional<Duration> left;  ///< of the time-out
  Report report;
};

}  // namespace ddbsync::cutover
