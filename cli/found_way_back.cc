#include "cli/found_way_back.h"

#include "cli/api.h"
#include "cli/found_job.h"
#include "cli/reverse.h"
#include "cli/status_json.h"

namespace ddbsync::cli {
namespace {

bool HasBegun(const replicator::JobStatus& status) {
  return status.state != replicator::JobState::kStarting &&
         status.state != replicator::JobState::kFailed;
}

}  // namespace

WayBack LookForWayBack(const JobHome& home) {
  WayBack found;
  // Who looks may have named the job in another way than who started it.
  for (const bool own_directory : {true, false}) {
    const JobHome place = WayBackHome(home, own_directory);
    const auto answer = AskRunningJob(place, kStatusPath);
    if (answer && !*answer) continue;
    found.home = place;
    found.run = WayBack::Run::kBegins;
    if (!answer) continue;  // it is there, and does not answer yet
    const auto status = StatusFromJson(**answer);
    if (!status) continue;
    found.home.job_id = status->job_id;
    if (HasBegun(*status)) found.run = WayBack::Run::kFollows;
    return found;
  }
  return found;
}

}  // namespace ddbsync::cli
