#include "cli/found_way_back.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "cli/api.h"
#include "cli/found_job.h"
#include "cli/reverse.h"
#include "cli/state_directory.h"
#include "cli/status_json.h"

namespace ddbsync::cli {
namespace {

bool HasBegun(const replicator::JobStatus& status) {
  return status.state != replicator::JobState::kStarting &&
         status.state != replicator::JobState::kFailed;
}

bool WasCutOver(const JobHome& home) {
  const auto store = OpenStoppedStore(home);
  if (!store) return false;
  const auto state = checkpoint::LoadState(**store);
  return state && state->cutover && checkpoint::IsCommitted(*state->cutover);
}

}  // namespace

WayBack LookForWayBack(const JobHome& home) {
  WayBack found;
  // Who looks may have named the job in another way than who started it.
  for (const bool own_directory : {true, false}) {
    const JobHome place = WayBackHome(home, own_directory);
    const auto answer = AskRunningJob(place, kStatusPath);
    if (answer && !*answer) {
      std::error_code failed;
      const bool followed = std::filesystem::exists(place.StoreDirectory(), failed);
      if (!followed || !found.home.directory.empty()) continue;
      found.home = place;
      found.switched_back = WasCutOver(place) && !LookForWayBack(place).switched_back;
      continue;
    }
    found = {.run = WayBack::Run::kBegins, .home = place};
    if (!answer) continue;  // it is there, and does not answer yet
    const auto status = StatusFromJson(**answer);
    if (!status) continue;
    found.home.job_id = status->job_id;
    if (HasBegun(*status)) found.run = WayBack::Run::kFollows;
    return found;
  }
  return found;
}

std::string AfterCommitText(const checkpoint::CutoverRecord& committed, const WayBack& way_back,
                            std::string_view flags) {
  const JobHome& home = way_back.home;
  if (HasWayBack(committed) && way_back.run == WayBack::Run::kFollows) {
    return fmt::format(
        "its cut-over is committed, and job {} carries what is written to the target back: "
        "`ddbsync status --state {}`",
        home.job_id, home.directory);
  }
  if (HasWayBack(committed) && way_back.run == WayBack::Run::kBegins) {
    return fmt::format(
        "its cut-over is committed, and its process begins the way back: `ddbsync status --state "
        "{}`",
        home.directory);
  }
  if (way_back.switched_back) {
    return fmt::format(
        "nothing: its cut-over is committed, and so is that of its way back, job {}, so that the "
        "source is the live table again: `ddbsync status --state {}`",
        home.job_id, home.directory);
  }
  if (committed.step != ToString(cutover::Step::kDone)) {
    return fmt::format(
        "its cut-over is committed, and what comes after is not finished: `ddbsync cutover commit "
        "{}`",
        flags);
  }
  if (!HasWayBack(committed)) {
    return "nothing: its cut-over is committed, and the target is the live table";
  }
  return fmt::format(
      "its cut-over is committed, and nothing follows its way back: `ddbsync reverse {}`{}", flags,
      home.directory.empty() ? "" : fmt::format(", as job {} in {}", home.job_id, home.directory));
}

}  // namespace ddbsync::cli
