#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/found_job.h"
#include "cli/meant_job.h"
#include "cli/run_plan.h"
#include "cli/verification_store.h"
#include "cli/verify_api.h"
#include "cli/verify_screen.h"

namespace ddbsync::cli {
namespace {

ExitCode Failed(const Error& error) {
  TellFaults({&error, 1});
  return ExitCode::kFailed;
}

/// Also of tables that no job copies: then there is a verification and nothing else.
Result<JobHome> FindVerified(const Settings& settings, const aws::Environment& environment) {
  Result<JobHome> job = FindJobHome(settings, environment);
  if (job || job.error().code != ErrorCode::kNotFound) return job;
  Result<JobHome> home = NewJobHome(settings, environment);
  if (!home && !settings.state.empty()) {  // nobody named it
    home = JobHome{std::filesystem::path(settings.state).filename().string(), settings.state};
  }
  std::error_code gone;
  if (home && std::filesystem::exists(home->VerificationDirectory(), gone)) return home;
  return job;
}

Result<VerifyLook> FromDisk(const JobHome& home) {
  auto store = OpenVerificationStore(home.VerificationDirectory(), /*create=*/false);
  if (!store && store.error().code == ErrorCode::kConflict) {
    return Fail(
        ErrorCode::kConflict,
        "`ddbsync verify` runs now, in a process of its own: it shows itself how far it is, "
        "and what it finds when it ends");
  }
  if (!store) return std::unexpected(store.error());
  const Result<verify::State> state = verify::LoadRun(**store);
  if (!state) return std::unexpected(state.error());
  if (!state->run) return Fail(ErrorCode::kNotFound, "nothing was verified here yet");
  return LookAtRecords(*state, home.job_id, SystemClock().WallNow());
}

/// From the job's process if one verifies or has verified, else from the disk.
Result<VerifyLook> Load(const JobHome& home) {
  const auto answer = AskRunningJob(home, kVerifyPath);
  if (!answer) return std::unexpected(answer.error());
  if (*answer) {
    Result<VerifyLook> look = VerifyLookFromJson(**answer);
    if (!look || look->run > 0) return look;
  }
  return FromDisk(home);
}

}  // namespace

ExitCode RunVerifyShow(const CommandLine& line, const aws::Environment& environment) {
  const auto settings = PlanLook(line, environment);
  if (!settings) return TellFaults(settings.error());
  const Result<JobHome> home = FindVerified(*settings, environment);
  if (!home) {
    return home.error().code == ErrorCode::kNotFound ? Failed(home.error())
                                                     : TellFaults({&home.error(), 1});
  }
  Result<VerifyLook> look = Load(*home);
  if (!look) return Failed(look.error());
  KeepOlder(*look, settings->min_age);
  if (!settings->verify.show_values) ForgetValues(*look);
  const std::string text = settings->json
                               ? VerifyLookToJson(*look, true) + "\n"
                               : VerifyScreen(*look, {.job = JobFlags(*settings),
                                                      .show_values = settings->verify.show_values});
  std::fputs(text.c_str(), stdout);
  return ExitCode::kDone;
}

ExitCode RunVerifyStop(const CommandLine& line, const aws::Environment& environment) {
  const auto settings = PlanLook(line, environment);
  if (!settings) return TellFaults(settings.error());
  const Result<JobHome> home = FindJobHome(*settings, environment);
  if (!home) {
    return home.error().code == ErrorCode::kNotFound ? Failed(home.error())
                                                     : TellFaults({&home.error(), 1});
  }
  const auto answer = TellRunningJob(*home, kVerifyStopPath, "{}");
  if (!answer) return Failed(answer.error());
  if (!*answer) {
    return Failed({ErrorCode::kNotFound,
                   fmt::format("no process runs the job {}; a `ddbsync verify` in a process of its "
                               "own is stopped there, by Ctrl-C",
                               home->job_id)});
  }
  const Result<VerifyLook> look = VerifyLookFromJson(**answer);
  if (!look) return Failed(look.error());
  const std::string text = settings->json ? VerifyLookToJson(*look, true)
                           : look->running
                               ? look->job_id + ": the verification ends; the same `verify` goes on"
                               : look->job_id + ": no verification runs";
  std::printf("%s\n", text.c_str());
  return ExitCode::kDone;
}

}  // namespace ddbsync::cli
