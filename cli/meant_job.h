#pragma once

#include <expected>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/error.h"
#include "cli/command_line.h"
#include "cli/job_home.h"
#include "cli/run_plan.h"
#include "cli/settings.h"

namespace ddbsync::cli {

/// The job that is meant, as `start` would find it, and what is needed where no process runs it.
struct MeantJob {
  Settings settings;
  JobHome home;
  std::expected<JobPlan, std::vector<Error>> plan;
};

/// Errors: every fault of flags, variables and config where not even the job's name is known.
[[nodiscard]] std::expected<MeantJob, std::vector<Error>> FindMeantJob(
    const CommandLine& line, const aws::Environment& environment);

/// How a command names the same job: "--src a --dst b".
[[nodiscard]] std::string JobFlags(const Settings& settings);

/// Likewise, of the job at `home`: of several jobs each lives in a directory below the one that was
/// named, and not every command looks for it there.
[[nodiscard]] std::string JobFlags(Settings settings, const JobHome& home);

}  // namespace ddbsync::cli
