#pragma once

#include "base/error.h"
#include "cli/cutover_json.h"
#include "cli/job_home.h"

namespace ddbsync::cli {

/// A job's latest cut-over; of number 0 when there was none.
struct FoundCutover {
  CutoverLook look;
  bool alone = false;  ///< no process runs the job: it is read from the checkpoint
};

/// Errors: as AskRunningJob, and LoadStoppedJob where no process runs it; kCorrupt: what is there
/// cannot be read.
[[nodiscard]] Result<FoundCutover> FindCutover(const JobHome& home);

}  // namespace ddbsync::cli
