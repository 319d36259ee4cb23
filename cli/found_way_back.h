#pragma once

#include <string>

#include "cli/job_home.h"

namespace ddbsync::cli {

/// What becomes of the way back that a cut-over has prepared.
struct WayBack {
  enum class Run {
    kNobody,   ///< no process follows it
    kBegins,   ///< the job's process goes on with it, or one is opening it
    kFollows,  ///< a job does
  };
  Run run = Run::kNobody;
  JobHome home = {};  ///< of the job that is to follow it
};

/// Of the job at `home`, as it is now. Asks its process, if there is one.
[[nodiscard]] WayBack LookForWayBack(const JobHome& home);

}  // namespace ddbsync::cli
