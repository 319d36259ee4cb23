#pragma once

#include <expected>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/error.h"
#include "cli/run_plan.h"

namespace ddbsync::cli {

/// A job for each of the tables that FindTables found for `plan.choice`, and for each that an
/// earlier start found and begun: what nobody looks after any more must not look well. With --job
/// for that one alone. Errors: as PlanRun's.
[[nodiscard]] std::expected<void, std::vector<Error>> AddChosen(
    RunPlan& plan, const std::vector<std::string>& tables, const aws::Environment& environment);

}  // namespace ddbsync::cli
