#pragma once

#include <string>
#include <string_view>

#include "checkpoint/cutover_record.h"
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
  JobHome home = {};  ///< of the job that is to follow it; empty: nobody ever has
  /// Its own cut-over is committed and was not gone back on, so that the source is the live table
  /// again. Where nobody runs.
  bool switched_back = false;
};

/// Of the job at `home`, as it is now. Asks its process, if there is one.
[[nodiscard]] WayBack LookForWayBack(const JobHome& home);

/// What comes next for a stopped job whose cut-over is `committed`. `flags`: how commands name it.
[[nodiscard]] std::string AfterCommitText(const checkpoint::CutoverRecord& committed,
                                          const WayBack& way_back, std::string_view flags);

}  // namespace ddbsync::cli
