#include "cli/found_cutover.h"

#include <utility>

#include "base/clock.h"
#include "cli/cutover_api.h"
#include "cli/found_job.h"
#include "cutover/journal.h"

namespace ddbsync::cli {

Result<FoundCutover> FindCutover(const JobHome& home) {
  const auto answer = AskRunningJob(home, kCutoverPath);
  if (!answer) return std::unexpected(answer.error());
  if (*answer) {
    auto look = CutoverLookFromJson(**answer);
    if (!look) return std::unexpected(look.error());
    return FoundCutover{*std::move(look)};
  }
  const auto state = LoadStoppedJob(home);
  if (!state) return std::unexpected(state.error());
  FoundCutover found{.look = {}, .alone = true};
  if (state->cutover) {
    // What cannot be read is no end.
    const auto readable = cutover::StatusOf(*state->cutover);
    if (!readable) return std::unexpected(readable.error());
    found.look = LookFromRecord(*state->cutover);
  }
  found.look.job_id = state->job->job_id;
  found.look.now = SystemClock().WallNow();
  return found;
}

}  // namespace ddbsync::cli
