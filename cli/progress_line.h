#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cli/api.h"
#include "replicator/job.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// For a line that is never cut.
inline constexpr int kAnyWidth = std::numeric_limits<int>::max();

/// One line that fits `width` columns and says how far a job is and why it is not faster. The least
/// important parts go first when there is no room; what is left of the line belongs to the reason.
[[nodiscard]] std::string ProgressLine(const replicator::JobStatus& status, int width);

/// A line of its own when a job's state changed: "copy complete: 20,000 items; following". Nothing
/// when there is nothing to tell.
[[nodiscard]] std::optional<std::string> StateChange(const replicator::JobStatus& before,
                                                     const replicator::JobStatus& now);

/// The same of all jobs of a process in one line: how many do what, the worst lag, the whole rate.
/// Where there is but one it is that one's ProgressLine.
[[nodiscard]] std::string SummaryLine(const std::vector<JobLook>& jobs, int width);

/// The last line of a run.
[[nodiscard]] std::string EndLine(const replicator::JobStatus& status, replicator::Outcome outcome,
                                  bool asked_to_stop);

}  // namespace ddbsync::cli
