// `cutover run` and `cutover commit`: the commands that switch.

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/cutover_api.h"
#include "cli/cutover_display.h"
#include "cli/cutover_request.h"
#include "cli/followed_cutover.h"
#include "cli/found_job.h"
#include "cli/limits.h"
#include "cli/lone_cutover.h"
#include "cli/meant_job.h"
#include "cli/reverse.h"
#include "cli/status_json.h"

namespace ddbsync::cli {
namespace {

using cutover::Step;

ExitCode Tell(const Error& error) {
  return TellFaults({&error, 1});
}

ExitCode Failed(const Error& error) {
  Tell(error);
  return ExitCode::kFailed;
}

/// What the job's process would not do, or nobody knows whether it does.
ExitCode Refused(Error error, const CutoverAdvice& advice) {
  if (error.code == ErrorCode::kRetry) {
    error.message += fmt::format("; it may have begun all the same: `ddbsync cutover status{}{}`",
                                 advice.job.empty() ? "" : " ", advice.job);
  }
  Tell(error);
  if (error.code == ErrorCode::kInvalid) return ExitCode::kUsage;
  return error.code == ErrorCode::kConflict ? ExitCode::kNotReady : ExitCode::kFailed;
}

/// One of the two commands on one job.
class Switch {
 public:
  Switch(const CommandLine& line, const aws::Environment& environment, const MeantJob& meant)
      : line_(line),
        environment_(environment),
        meant_(meant),
        advice_{.job = JobFlags(meant.settings, meant.home)},
        display_(meant.settings.json, advice_, clock_) {}

  ExitCode CarryOut() {
    const auto found = FindCutover(meant_.home);
    // A checkpoint that was never made has no cut-over to finish either.
    if (!found && found.error().code != ErrorCode::kNotFound) return Failed(found.error());
    if (!found) return Failed(NobodyRuns());
    return found->alone ? Alone(found->look) : ThroughJob(found->look);
  }

 private:
  [[nodiscard]] bool commits() const { return line_.command == Command::kCutoverCommit; }

  ExitCode ThroughJob(const CutoverLook& before) {
    if (line_.flags.contains("cutover-hook")) {
      return Tell({ErrorCode::kInvalid,
                   "--cutover-hook: a process runs the job, and a command to run is never taken "
                   "over its API: say it where the job is started"});
    }
    const bool switched = before.status.number > 0 && Committed(before.status.step);
    if (switched) return Follow(before);
    const auto told = commits() ? TellRunningJob(meant_.home, kCommitPath, "{}")
                                : TellRunningJob(meant_.home, kCutoverPath,
                                                 CutoverRequestToJson(meant_.settings.cutover),
                                                 limits::kGatesTimeout);
    if (!told) return Refused(told.error(), advice_);
    if (!*told) return Failed(NobodyRuns());
    auto look = CutoverLookFromJson(**told);
    if (!look) return Failed(look.error());
    if (commits()) {
      display_.Skip(before);
    } else {
      Announce(*look);
    }
    return Follow(*std::move(look));
  }

  void Announce(const CutoverLook& look) {
    display_.Line(fmt::format("{}: cut-over {}, {}", look.job_id, look.status.number,
                              OptionsText(look.status.options)));
    if (const std::string caveat = DrainCaveat(look.status.options); !caveat.empty()) {
      display_.Line(caveat);
    }
  }

  ExitCode Follow(CutoverLook look) {
    FollowedCutover::Options options{.aborts = !commits(), .may_wait = !commits()};
    if (const auto answer = AskRunningJob(meant_.home, kStatusPath); answer && *answer) {
      if (const auto status = StatusFromJson(**answer)) options.source = status->source_arn;
    }
    return FollowedCutover(meant_.home, std::move(options), display_, signals_, clock_)
        .ToItsEnd(std::move(look));
  }

  /// What was committed is finished here; nothing else can be done without the job.
  ExitCode Alone(const CutoverLook& before) {
    const Step step = before.status.step;
    if (before.status.number > 0 && step == Step::kDone) {
      if (HasWayBack(before.status)) display_.TellOf(LookForWayBack(meant_.home));
      display_.Finish(before);
      return ExitCode::kDone;
    }
    if (before.status.number > 0 && Committed(step)) return Finish(before);
    Error fault = NobodyRuns();
    if (before.status.number > 0 && !Ended(step)) {
      CutoverAdvice advice = advice_;
      advice.alone = true;
      fault.message = CutoverVerdict(before, advice);
    }
    return Failed(fault);
  }

  ExitCode Finish(const CutoverLook& before) {
    if (!meant_.plan) return TellFaults(meant_.plan.error());
    display_.Line("no process runs the job: what the commit left to do is done here");
    display_.Skip(before);
    CutoverLook last = before;
    const auto go_on = [&](const CutoverLook& look) {
      last = look;
      display_.Show(look);
      return signals_.Wait(Duration(0)) == 0;
    };
    const auto done = FinishCutoverAlone(*meant_.plan, environment_, clock_, go_on);
    if (!done) {
      Tell(done.error());
      return done.error().code == ErrorCode::kCancelled ? ExitCode::kInterrupted
                                                        : ExitCode::kFailed;
    }
    last.status = *done;
    display_.Finish(last);
    return last.status.step == Step::kDone ? ExitCode::kDone : ExitCode::kFailed;
  }

  [[nodiscard]] Error NobodyRuns() const {
    return {ErrorCode::kNotFound,
            fmt::format("no process runs the job {}, and only one that follows its source can "
                        "switch: `ddbsync start {}` first",
                        meant_.home.job_id, advice_.job)};
  }

  const CommandLine& line_;
  const aws::Environment& environment_;
  const MeantJob& meant_;
  const CutoverAdvice advice_;
  StopSignals signals_;
  SystemClock clock_;
  CutoverDisplay display_;
};

ExitCode RunSwitch(const CommandLine& line, const aws::Environment& environment) {
  const auto meant = FindMeantJob(line, environment);
  if (!meant) return TellFaults(meant.error());
  return Switch(line, environment, *meant).CarryOut();
}

}  // namespace

ExitCode RunCutover(const CommandLine& line, const aws::Environment& environment) {
  return RunSwitch(line, environment);
}

ExitCode RunCutoverCommit(const CommandLine& line, const aws::Environment& environment) {
  return RunSwitch(line, environment);
}

}  // namespace ddbsync::cli
