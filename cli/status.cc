#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "base/clock.h"
#include "cli/api.h"
#include "cli/checkpoint_json.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/found_job.h"
#include "cli/run_plan.h"
#include "cli/status_json.h"
#include "cli/status_screen.h"

namespace ddbsync::cli {
namespace {

ExitCode NoSuchJob(const Error& error) {
  TellFaults(std::span(&error, 1));
  return ExitCode::kFailed;
}

/// The screen or JSON of a job, running or not.
Result<std::string> Describe(const JobHome& home, const Settings& settings) {
  const bool color = WantsColor(settings.no_color);
  const Result<std::optional<std::string>> answer = AskRunningJob(home, kStatusPath);
  if (!answer) return std::unexpected(answer.error());
  if (*answer) {
    const Result<replicator::JobStatus> status = StatusFromJson(**answer);
    if (!status) return std::unexpected(status.error());
    return settings.json ? StatusToJson(*status, !settings.watch) + "\n"
                         : StatusScreen(*status, color);
  }
  const Result<checkpoint::State> state = LoadStoppedJob(home);
  if (!state) return std::unexpected(state.error());
  return settings.json ? StoppedToJson(*state) + "\n" : StoppedScreen(*state, color);
}

/// Once a second, on a terminal in place, until the job is gone or a signal ends this process.
ExitCode Watch(const JobHome& home, const Settings& settings) {
  constexpr std::chrono::seconds kPause{1};
  SystemClock clock;
  const bool in_place = !settings.json && isatty(STDOUT_FILENO) != 0;
  while (true) {
    const Result<std::string> text = Describe(home, settings);
    if (!text) return NoSuchJob(text.error());
    const std::string shown = in_place        ? "\x1b[H\x1b[J" + *text
                              : settings.json ? *text
                                              : *text + "\n";
    if (std::fputs(shown.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
      return ExitCode::kFailed;  // nobody reads any more
    }
    clock.SleepFor(kPause);
  }
}

}  // namespace

ExitCode RunStatus(const CommandLine& line, const aws::Environment& environment) {
  const auto settings = PlanLook(line, environment);
  if (!settings) return TellFaults(settings.error());
  const Result<JobHome> home = FindJobHome(*settings, environment);
  if (!home) {
    return home.error().code == ErrorCode::kNotFound ? NoSuchJob(home.error())
                                                     : TellFaults(std::span(&home.error(), 1));
  }
  if (settings->watch) return Watch(*home, *settings);
  const Result<std::string> text = Describe(*home, *settings);
  if (!text) return NoSuchJob(text.error());
  std::fputs(text->c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace ddbsync::cli
