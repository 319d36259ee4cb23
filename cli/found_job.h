#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "checkpoint/records.h"
#include "cli/job_home.h"

namespace ddbsync::cli {

/// A job's own answer to GET `path`; nothing when no process runs it (an api.json left behind by a
/// killed one counts as none, also when another job or any other server took its address since).
/// Errors: kRetry when its process is there but does not answer, kConflict when it cannot answer
/// this.
[[nodiscard]] Result<std::optional<std::string>> AskRunningJob(const JobHome& home,
                                                               const std::string& path);

/// Its answer to POST `path`, likewise.
[[nodiscard]] Result<std::optional<std::string>> TellRunningJob(const JobHome& home,
                                                                const std::string& path,
                                                                const std::string& body);

/// The checkpoint of a job that does not run. Errors: kNotFound (never began), kConflict (a process
/// holds it all the same), kIo, kCorrupt, kInvalid.
[[nodiscard]] Result<checkpoint::State> LoadStoppedJob(const JobHome& home);

}  // namespace ddbsync::cli
