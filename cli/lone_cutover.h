#pragma once

#include <functional>

#include "aws/environment.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/cutover_json.h"
#include "cli/run_plan.h"
#include "cutover/status.h"

namespace ddbsync::cli {

/// Does in this process what a committed cut-over has left, of a job that no process runs: the
/// target's TTL, its mark, the way back. Holds the job's checkpoint meanwhile, so that no process
/// can begin to run the job. Blocks until it is done, or `go_on` says no; that is called now and
/// then, by this thread, with how far it is.
///
/// Errors: kConflict (a process holds the checkpoint, or nothing is committed), kCancelled (`go_on`
/// said no), else what kept it from being done. After any of them the same call goes on where it
/// was.
[[nodiscard]] Result<cutover::Status> FinishCutoverAlone(
    const JobPlan& plan, const aws::Environment& environment, Clock& clock,
    const std::function<bool(const CutoverLook& look)>& go_on);

}  // namespace ddbsync::cli
