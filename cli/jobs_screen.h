#pragma once

#include <string>
#include <vector>

#include "cli/api.h"

namespace ddbsync::cli {

/// A line for each job of a process: its name, its state, how far it is and, where it does not
/// progress, why; then one for all. `stopped` are those that are kept beside them and do not run.
[[nodiscard]] std::string JobsScreen(const std::vector<JobLook>& jobs,
                                     const std::vector<std::string>& stopped, bool color);

}  // namespace ddbsync::cli
