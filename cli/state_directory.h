#pragma once

#include <memory>

#include "base/error.h"
#include "checkpoint/store.h"
#include "cli/job_home.h"

namespace ddbsync::cli {

/// Makes a job's state directory if it is missing. Errors: kDenied (a place that may not be used is
/// a wrong setting), kIo (anything else is the disk's).
[[nodiscard]] Result<void> MakeStateDirectory(const JobHome& home);

/// `locked`, said by a store in `home`: with who holds it and what to type, where that process has
/// left its card.
[[nodiscard]] Error WithHolder(Error locked, const JobHome& home);

/// `unread`, said by what was loaded from the checkpoint in `home`: with where that is.
[[nodiscard]] Error InDirectory(Error unread, const JobHome& home);

/// The checkpoint of a job that no process runs. Who only looks at it, as `cutover status` does,
/// has it open for a moment: that is waited for, and does not pass for a job that runs. Errors: as
/// checkpoint::OpenLevelDbStore.
[[nodiscard]] Result<std::unique_ptr<checkpoint::Store>> OpenStoppedStore(const JobHome& home);

}  // namespace ddbsync::cli
