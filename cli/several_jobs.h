#pragma once

#include <vector>

#include "base/error.h"
#include "cli/run_plan.h"

namespace ddbsync::cli {

/// To each job of the plan its part of --memory: one that stands still with all its pages must not
/// keep the others waiting. Errors: kInvalid (too little for so many).
[[nodiscard]] std::vector<Error> ShareMemory(RunPlan& plan);

/// Jobs that would spoil each other's work, as far as their settings tell. kInvalid each.
[[nodiscard]] std::vector<Error> CompareJobs(const std::vector<JobPlan>& jobs);

}  // namespace ddbsync::cli
