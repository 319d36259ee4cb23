#pragma once

#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/error.h"
#include "cli/settings.h"

namespace ddbsync::cli {

/// What a job is called and where it lives on this machine.
struct JobHome {
  std::string job_id;
  std::string directory;

  /// LevelDB's own folder, so that no file of ours lies among its files.
  [[nodiscard]] std::string StoreDirectory() const { return directory + "/checkpoint"; }
  /// Address and process id of the running job.
  [[nodiscard]] std::string ApiFile() const { return directory + "/api.json"; }
};

/// --job, else SRC-DST; --state, else $XDG_STATE_HOME/ddbsync/JOB (~/.local/state/ddbsync/JOB).
/// Errors: kInvalid.
[[nodiscard]] Result<JobHome> NewJobHome(const Settings& settings,
                                         const aws::Environment& environment);

/// The same for a command that looks at a job. When none is named it is the only one there is.
/// Errors: kInvalid (more than one: names them), kNotFound (no such job).
[[nodiscard]] Result<JobHome> FindJobHome(const Settings& settings,
                                          const aws::Environment& environment);

}  // namespace ddbsync::cli
