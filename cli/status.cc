#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <functional>

#include "base/clock.h"
#include "cli/api.h"
#include "cli/checkpoint_json.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/found_job.h"
#include "cli/found_way_back.h"
#include "cli/jobs_screen.h"
#include "cli/meant_job.h"
#include "cli/run_plan.h"
#include "cli/status_json.h"
#include "cli/status_screen.h"

namespace ddbsync::cli {
namespace {

ExitCode NotShown(const Error& error) {
  TellFaults(std::span(&error, 1));
  return ExitCode::kFailed;
}

/// Of a job whose cut-over is committed, which its start does not resume; empty: none is.
std::string NextAfterCommit(const checkpoint::State& state, const JobHome& home,
                            const Settings& settings) {
  if (!state.cutover || !checkpoint::IsCommitted(*state.cutover)) return "";
  std::string flags = JobFlags(settings, home);
  // `status` finds a job by its directory alone; who switches or goes back needs its endpoints.
  if (settings.src.empty()) flags = "--src SRC --dst DST" + (flags.empty() ? "" : " " + flags);
  return AfterCommitText(*state.cutover, LookForWayBack(home), flags);
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
  const std::string next = NextAfterCommit(*state, home, settings);
  return settings.json ? StoppedToJson(*state, next) + "\n" : StoppedScreen(*state, color, next);
}

/// All jobs of the one process that runs any, where several are kept; else `which`, the fault of
/// not saying which is meant.
Result<std::string> DescribeAll(const Settings& settings, const aws::Environment& environment,
                                const Error& which) {
  const Result<std::vector<JobHome>> homes = AllJobHomes(settings, environment);
  if (!homes) return std::unexpected(homes.error());
  const auto jobs = AskOnlyProcess(*homes);
  if (!jobs) return std::unexpected(jobs.error());
  if (!*jobs) return std::unexpected(which);
  return settings.json
             ? JobsToJson((*jobs)->running, !settings.watch) + "\n"
             : JobsScreen((*jobs)->running, (*jobs)->others, WantsColor(settings.no_color));
}

/// What FindJobHome refuses because nothing says which of several jobs is meant.
bool NamesNone(const Settings& settings, const Error& error) {
  return error.code == ErrorCode::kInvalid && settings.job_name.empty() &&
         NameOfCopy(settings.src, settings.dst).empty();
}

using Look = std::function<Result<std::string>()>;

/// Once a second, on a terminal in place, until nothing is seen or a signal ends this process.
ExitCode Watch(const Look& look, const Settings& settings) {
  constexpr std::chrono::seconds kPause{1};
  SystemClock clock;
  const bool in_place = !settings.json && isatty(STDOUT_FILENO) != 0;
  while (true) {
    const Result<std::string> text = look();
    if (!text) return NotShown(text.error());
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
  if (!home && !NamesNone(*settings, home.error())) {
    return home.error().code == ErrorCode::kNotFound ? NotShown(home.error())
                                                     : TellFaults(std::span(&home.error(), 1));
  }
  const Look look = [&] {
    return home ? Describe(*home, *settings) : DescribeAll(*settings, environment, home.error());
  };
  const Result<std::string> text = look();
  if (!text) return home ? NotShown(text.error()) : TellFaults(std::span(&text.error(), 1));
  if (settings->watch) return Watch(look, *settings);
  std::fputs(text->c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace ddbsync::cli
