// The commands about a cut-over that switch nothing: plan, status, frozen, abort.

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/cutover_api.h"
#include "cli/cutover_display.h"
#include "cli/cutover_request.h"
#include "cli/cutover_screen.h"
#include "cli/followed_cutover.h"
#include "cli/found_cutover.h"
#include "cli/found_job.h"
#include "cli/limits.h"
#include "cli/meant_job.h"
#include "cli/reverse.h"
#include "cli/run_plan.h"

namespace ddbsync::cli {
namespace {

ExitCode Failed(const Error& error) {
  TellFaults({&error, 1});
  return ExitCode::kFailed;
}

/// A job that is only asked or told something.
struct Asked {
  Settings settings;
  JobHome home;
};

/// Or what the process ends with: it has been told why.
std::expected<Asked, ExitCode> Find(const CommandLine& line, const aws::Environment& environment) {
  const auto settings = PlanLook(line, environment);
  if (!settings) return std::unexpected(TellFaults(settings.error()));
  const Result<JobHome> home = FindJobHome(*settings, environment);
  if (home) return Asked{*settings, *home};
  if (home.error().code == ErrorCode::kNotFound) return std::unexpected(Failed(home.error()));
  return std::unexpected(TellFaults({&home.error(), 1}));
}

/// A job that was named by its directory alone has no other name here.
std::string NameOf(const Asked& asked) {
  return asked.home.job_id.empty() ? "in " + asked.home.directory : asked.home.job_id;
}

Error NobodyRuns(const Asked& asked, std::string_view so) {
  return {ErrorCode::kNotFound, fmt::format("no process runs the job {}; {}", NameOf(asked), so)};
}

CutoverAdvice AdviceOf(const Asked& asked, bool alone) {
  return {.job = JobFlags(asked.settings, asked.home), .alone = alone};
}

/// Of an abort for which no process is there.
ExitCode AbortAlone(const Asked& asked) {
  const auto found = FindCutover(asked.home);
  if (!found) return Failed(found.error());
  const CutoverLook& look = found->look;
  const CutoverAdvice advice = AdviceOf(asked, /*alone=*/true);
  if (look.status.number > 0 && look.status.step != cutover::Step::kRolledBack) {
    return Failed({ErrorCode::kConflict, CutoverVerdict(look, advice)});
  }
  std::printf("%s: no cut-over is under way\n", look.job_id.c_str());
  return ExitCode::kDone;
}

}  // namespace

ExitCode RunCutoverPlan(const CommandLine& line, const aws::Environment& environment) {
  const auto asked = Find(line, environment);
  if (!asked) return asked.error();
  const auto answer =
      TellRunningJob(asked->home, kGatesPath, CutoverRequestToJson(asked->settings.cutover),
                     limits::kGatesTimeout);
  if (!answer) return Failed(answer.error());
  if (!*answer) {
    return Failed(NobodyRuns(
        *asked, "the gates are judged by the one that follows its source: `ddbsync start` first"));
  }
  const Result<GatesLook> look = GatesLookFromJson(**answer);
  if (!look) return Failed(look.error());
  const std::string text = asked->settings.json ? GatesLookToJson(*look, true) + "\n"
                                                : GatesScreen(*look, AdviceOf(*asked, false));
  std::fputs(text.c_str(), stdout);
  return look->ready ? ExitCode::kDone : ExitCode::kNotReady;
}

ExitCode RunCutoverStatus(const CommandLine& line, const aws::Environment& environment) {
  const auto asked = Find(line, environment);
  if (!asked) return asked.error();
  const auto found = FindCutover(asked->home);
  if (!found) return Failed(found.error());
  if (found->look.status.number == 0) {
    return Failed({ErrorCode::kNotFound,
                   fmt::format("there was no cut-over of the job {} yet", NameOf(*asked))});
  }
  CutoverAdvice advice = AdviceOf(*asked, found->alone);
  if (HasWayBack(found->look.status)) advice.way_back = LookForWayBack(asked->home);
  const std::string text = asked->settings.json ? CutoverLookToJson(found->look, true) + "\n"
                                                : CutoverScreen(found->look, advice);
  std::fputs(text.c_str(), stdout);
  return ExitCode::kDone;
}

ExitCode RunCutoverFrozen(const CommandLine& line, const aws::Environment& environment) {
  const auto asked = Find(line, environment);
  if (!asked) return asked.error();
  const auto answer = TellRunningJob(asked->home, kFrozenPath, "{}");
  if (!answer) return Failed(answer.error());
  if (!*answer) return Failed(NobodyRuns(*asked, "nothing waits for writers to be stopped"));
  const Result<CutoverLook> look = CutoverLookFromJson(**answer);
  if (!look) return Failed(look.error());
  const std::string text = asked->settings.json
                               ? CutoverLookToJson(*look, true)
                               : look->job_id +
                                     ": it knows that the writers are stopped, and goes "
                                     "on; `ddbsync cutover status` tells how far it is";
  std::printf("%s\n", text.c_str());
  return ExitCode::kDone;
}

ExitCode RunCutoverAbort(const CommandLine& line, const aws::Environment& environment) {
  const auto asked = Find(line, environment);
  if (!asked) return asked.error();
  StopSignals signals;
  const SystemClock clock;
  const auto answer =
      TellRunningJob(asked->home, kAbortPath, AbortReasonToJson(asked->settings.reason));
  if (!answer) return Failed(answer.error());
  if (!*answer) return AbortAlone(*asked);
  Result<CutoverLook> look = CutoverLookFromJson(**answer);
  if (!look) return Failed(look.error());
  CutoverDisplay display(asked->settings.json, AdviceOf(*asked, false), clock);
  if (look->status.number == 0 || Ended(look->status.step)) {
    if (display.json()) display.Finish(*look);
    display.Line(look->job_id + ": no cut-over is under way");
    return ExitCode::kDone;
  }
  display.Skip(*look);
  const FollowedCutover::Options options{.wants_back = true, .may_wait = false};
  return FollowedCutover(asked->home, options, display, signals, clock).ToItsEnd(*std::move(look));
}

}  // namespace ddbsync::cli
