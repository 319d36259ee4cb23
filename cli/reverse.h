#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "checkpoint/cutover_record.h"
#include "cli/job_home.h"
#include "cli/run_plan.h"
#include "cutover/status.h"

namespace ddbsync::cli {

/// Turns the plan of a job whose cut-over is committed into that of its way back: from what was its
/// target to what was its source, with everything that was written there since the commit. The job
/// is called JOB-reverse and lives in WayBackHome; of what the job was started with, nothing is
/// left that makes a table, switches a stream on, or removes rows. Errors: every fault at once;
/// kConflict: the job runs, or its cut-over did not prepare a way back.
[[nodiscard]] std::vector<Error> TurnRound(RunPlan& plan);

/// Of the one job that is planned: its cut-over, if that is committed. None also where there is no
/// such job yet. Errors: its checkpoint cannot be read, is damaged or newer, or a process holds it;
/// then nobody knows which table is live, and nothing may be begun.
[[nodiscard]] Result<std::optional<checkpoint::CutoverRecord>> FindCommitted(const RunPlan& plan);

/// It was to prepare a way back.
[[nodiscard]] bool HasWayBack(const checkpoint::CutoverRecord& committed);
/// It is done, and has prepared one.
[[nodiscard]] bool HasWayBack(const cutover::Status& status);

/// Where the way back of the job at `home` lives: beside it; in it, where `--state` gave the job
/// that directory as its own, since a supervisor may let it write to no other.
[[nodiscard]] JobHome WayBackHome(const JobHome& home, bool own_directory);

/// What of a cut-over is left to be done by who reads the last line of the job's process, and what
/// he types; empty: nothing is. `alone`: that process had this one job, so that its command goes on
/// with the way back (FindCommitted).
[[nodiscard]] std::string LeftOfCutover(const cutover::Status& status, const JobPlan& job,
                                        bool alone);

/// How the way back of the job is typed: "`ddbsync reverse --src a --dst b`".
[[nodiscard]] std::string ReverseCommand(const JobPlan& job);

}  // namespace ddbsync::cli
