#pragma once

#include <string>
#include <string_view>
#include <vector>

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
  /// What a verification knows, likewise.
  [[nodiscard]] std::string VerificationDirectory() const { return directory + "/verification"; }
  /// What a removal of rows that only the target has knows, likewise (verify/extras_removal.h).
  [[nodiscard]] std::string RemovalDirectory() const { return directory + "/removal"; }
  /// Process id of a verification that no job's process makes.
  [[nodiscard]] std::string VerificationFile() const { return directory + "/verification.json"; }
  /// Address and process id of the running job.
  [[nodiscard]] std::string ApiFile() const { return directory + "/api.json"; }
};

/// What a copy is called that nobody named: SRC-DST; empty when one of them is.
[[nodiscard]] std::string NameOfCopy(const std::string& src, const std::string& dst);

/// --job, else SRC-DST; --state (with `one_of_several` jobs: JOB below it), else
/// $XDG_STATE_HOME/ddbsync/JOB (~/.local/state/ddbsync/JOB). Errors: kInvalid.
[[nodiscard]] Result<JobHome> NewJobHome(const Settings& settings,
                                         const aws::Environment& environment,
                                         bool one_of_several = false);

/// The same for a command that looks at a job: --state may be the job's, or that of several. When
/// none is named it is the only one there is. Errors: kInvalid (more than one: names them),
/// kNotFound (no such job).
[[nodiscard]] Result<JobHome> FindJobHome(const Settings& settings,
                                          const aws::Environment& environment);

/// Of all jobs that are kept where `settings` say, by name. Errors: kInvalid (no such place can
/// be).
[[nodiscard]] Result<std::vector<JobHome>> AllJobHomes(const Settings& settings,
                                                       const aws::Environment& environment);

}  // namespace ddbsync::cli
