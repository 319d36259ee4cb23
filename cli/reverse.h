#pragma once

#include <vector>

#include "aws/environment.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/run_plan.h"

namespace ddbsync::cli {

/// Turns the plan of a job whose cut-over is committed into that of its way back: from what was its
/// target to what was its source, with everything that was written there since the commit. The job
/// is called JOB-reverse and lives beside JOB. Errors: every fault at once; kConflict: the job
/// runs, or its cut-over did not prepare a way back.
[[nodiscard]] std::vector<Error> TurnRound(RunPlan& plan);

}  // namespace ddbsync::cli
