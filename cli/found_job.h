#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "checkpoint/records.h"
#include "cli/api.h"
#include "cli/job_home.h"
#include "cli/limits.h"

namespace ddbsync::cli {

/// A job's own answer to GET `path`; nothing when no process runs it (an api.json left behind by a
/// killed one counts as none, also when another job or any other server took its address since).
/// Errors: kRetry when its process is there but does not answer, kConflict when it cannot answer
/// this.
[[nodiscard]] Result<std::optional<std::string>> AskRunningJob(const JobHome& home,
                                                               const std::string& path);

/// Its answer to POST `path`, likewise; kInvalid: it does not understand the body.
[[nodiscard]] Result<std::optional<std::string>> TellRunningJob(
    const JobHome& home, const std::string& path, const std::string& body,
    std::chrono::seconds patience = limits::kApiTimeout);

/// All jobs of the one process that runs any of these, and which of these it does not.
struct JobsTogether {
  std::vector<JobLook> running;
  std::vector<std::string> others;
};

/// Nothing when no process runs any of them, or more than one does. Errors: kRetry when one is
/// there but does not answer.
[[nodiscard]] Result<std::optional<JobsTogether>> AskOnlyProcess(const std::vector<JobHome>& homes);

/// The checkpoint of a job that does not run. Errors: kNotFound (never began), kConflict (a process
/// holds it all the same), kIo, kCorrupt, kInvalid.
[[nodiscard]] Result<checkpoint::State> LoadStoppedJob(const JobHome& home);

}  // namespace ddbsync::cli
