#include <cstdio>

#include "cli/api.h"
#include "cli/checkpoint_json.h"
#include "cli/checkpoint_screen.h"
#include "cli/commands.h"
#include "cli/found_job.h"
#include "cli/run_plan.h"

namespace ddbsync::cli {
namespace {

/// From the running job, else from the disk: LevelDB has one owner.
Result<checkpoint::State> Load(const JobHome& home) {
  const Result<std::optional<std::string>> answer = AskRunningJob(home, kCheckpointPath);
  if (!answer) return std::unexpected(answer.error());
  if (*answer) return CheckpointFromJson(**answer);
  return LoadStoppedJob(home);
}

}  // namespace

ExitCode RunCheckpointShow(const CommandLine& line, const aws::Environment& environment) {
  const auto settings = PlanLook(line, environment);
  if (!settings) return TellFaults(settings.error());
  const Result<JobHome> home = FindJobHome(*settings, environment);
  if (!home && home.error().code != ErrorCode::kNotFound) {
    return TellFaults(std::span(&home.error(), 1));
  }
  const Result<checkpoint::State> state =
      home ? Load(*home) : Result<checkpoint::State>(std::unexpected(home.error()));
  if (!state) {
    TellFaults(std::span(&state.error(), 1));
    return ExitCode::kFailed;
  }
  const std::string text =
      settings->json ? CheckpointToJson(*state, true) + "\n" : CheckpointScreen(*state);
  std::fputs(text.c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace ddbsync::cli
