#pragma once

#include <expected>
#include <vector>

#include "aws/environment.h"
#include "base/error.h"
#include "cli/command_line.h"
#include "cli/endpoint.h"
#include "cli/job_home.h"
#include "cli/settings.h"
#include "cli/table_choice.h"
#include "metrics/http_server.h"

namespace ddbsync::cli {

/// A copy, as far as it can be known before anything is touched.
struct JobPlan {
  Settings settings;
  Endpoint source;
  Endpoint target;
  JobHome home;
  /// Its table was chosen by an earlier start, and is not among those found now.
  bool begun_earlier = false;
};

/// Everything that a run needs to know before it touches anything.
struct RunPlan {
  Settings settings;                  ///< of the process
  metrics::Access access;             ///< to its API
  std::vector<JobPlan> jobs;          ///< at least one, once the tables are known
  std::optional<TableChoice> choice;  ///< the tables are to be found first: cli/chosen_jobs.h
};

/// Reads config and variables beneath the flags. Errors: every fault of all three at once, one
/// Error each, kInvalid or kNotFound.
[[nodiscard]] std::expected<RunPlan, std::vector<Error>> PlanRun(
    const CommandLine& line, const aws::Environment& environment);

/// Names the job and finds its place (NewJobHome).
void FindHome(JobPlan& job, const aws::Environment& environment, bool one_of_several,
              std::vector<Error>& faults);

/// As PlanRun for commands that only look at a job: no endpoints.
[[nodiscard]] std::expected<Settings, std::vector<Error>> PlanLook(
    const CommandLine& line, const aws::Environment& environment);

}  // namespace ddbsync::cli
