#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/found_job.h"
#include "cli/limits.h"
#include "cli/lone_verification.h"
#include "cli/meant_job.h"
#include "cli/open_files.h"
#include "cli/run_plan.h"
#include "cli/stop_signals.h"
#include "cli/text.h"
#include "cli/verify_api.h"
#include "cli/verify_display.h"
#include "verify/limits.h"

namespace ddbsync::cli {
namespace {

using verify::Outcome;

constexpr Duration kSignalLook = limits::kRedrawInterval / 5;

ExitCode Tell(const Error& error) {
  return TellFaults({&error, 1});
}

ExitCode CodeOf(const VerifyLook& look) {
  switch (look.status.outcome.value_or(Outcome::kStopped)) {
    case Outcome::kEqual:
      return ExitCode::kDone;
    case Outcome::kDifferent:
      return ExitCode::kNotReady;
    case Outcome::kFailed:
      return ExitCode::kFailed;
    case Outcome::kStopped:
      break;
  }
  return ExitCode::kInterrupted;
}

VerifyDisplay::Options DisplayOf(const Settings& settings, bool through_job) {
  return {.quiet = settings.quiet,
          .json = settings.json,
          .min_age = settings.min_age,
          .advice = {.job = JobFlags(settings),
                     .show_values = settings.verify.show_values,
                     .through_job = through_job}};
}

std::string GoesOnText(const VerifyLook& look) {
  const verify::Status& s = look.status;
  return fmt::format(
      "goes on with what was begun {}: {} items looked at; --anew begins from nothing",
      TimeText(s.began), CountText(s.source.items + s.target.items));
}

/// Through the process that runs the job.
class Followed {
 public:
  Followed(JobHome home, const Settings& settings, StopSignals& signals, const Clock& clock)
      : home_(std::move(home)),
        settings_(settings),
        signals_(signals),
        clock_(clock),
        display_(DisplayOf(settings, /*through_job=*/true), clock) {}

  ExitCode ToItsEnd() {
    auto begun =
        Take(TellRunningJob(home_, kVerifyPath, VerifyRequestToJson(RequestOf(settings_))));
    if (!begun) return Refused(begun.error());
    const int run = begun->run;
    joined_ = begun->asked_for > 1;
    display_.Line(joined_ ? "looks at the verification that runs already; Ctrl-C leaves it running"
                          : "through the process that runs the job " + home_.job_id);
    VerifyLook look = *std::move(begun);
    while (look.running) {
      display_.Show(look);
      if (const auto code = Wait()) return *code;
      auto next = Take(AskRunningJob(home_, kVerifyPath));
      if (!next) return Refused(next.error());
      if (next->run != run) {
        return Tell({ErrorCode::kConflict,
                     "it has ended, and another verification was begun; `ddbsync verify show` "
                     "tells of that"});
      }
      look = *std::move(next);
      if (!told_ && !look.opening) {
        told_ = true;
        if (!joined_ && look.resumed) display_.Line(GoesOnText(look));
      }
    }
    display_.Finish(look);
    return CodeOf(look);
  }

 private:
  static ExitCode Refused(const Error& error) {
    Tell(error);
    return error.code == ErrorCode::kInvalid ? ExitCode::kUsage : ExitCode::kFailed;
  }

  Result<VerifyLook> Take(const Result<std::optional<std::string>>& answer) const {
    if (!answer) return std::unexpected(answer.error());
    if (!*answer) {
      return Fail(ErrorCode::kRetry,
                  "the job's process has ended; what was found is kept, and the same command goes "
                  "on where it was");
    }
    return VerifyLookFromJson(**answer);
  }

  /// Until the next look is due. A code: a signal ends this.
  std::optional<ExitCode> Wait() {
    const TimePoint due = clock_.Now() + limits::kVerifyLookInterval;
    while (clock_.Now() < due) {
      if (signals_.Wait(kSignalLook) == 0) continue;
      if (joined_ || stopping_) {
        display_.Line("leaves it running; `ddbsync verify stop` ends it");
        return ExitCode::kInterrupted;
      }
      stopping_ = true;
      display_.Line("stopping; a signal now leaves it to itself");
      if (const auto told = TellRunningJob(home_, kVerifyStopPath, "{}"); !told) {
        return Refused(told.error());
      }
    }
    return std::nullopt;
  }

  const JobHome home_;
  const Settings& settings_;
  StopSignals& signals_;
  const Clock& clock_;
  VerifyDisplay display_;
  bool joined_ = false;  ///< somebody else has begun it
  bool told_ = false;    ///< that it goes on
  bool stopping_ = false;
};

/// In this process.
class Lone {
 public:
  Lone(const JobPlan& plan, const aws::Environment& environment, StopSignals& signals,
       SystemClock& clock)
      : plan_(plan),
        signals_(signals),
        display_(DisplayOf(plan.settings, /*through_job=*/false), clock),
        verification_(plan, environment, clock) {}

  ExitCode ToItsEnd() {
    const std::vector<Error> faults = Open();
    if (!faults.empty()) return TellFaults(faults);
    for (const std::string& warning : verification_.warnings()) {
      Log(LogLevel::kWarning, "verification", warning);
    }
    const VerifyLook first = verification_.Look(0);
    if (first.resumed) display_.Line(GoesOnText(first));
    if (const auto started = verification_.Start(); !started) return Tell(started.error());
    while (!verification_.ended()) {
      display_.Show(verification_.Look(0));
      if (signals_.Wait(kSignalLook) == 0) continue;
      if (stopping_) EndAtOnce("ended at once; what was found until the last commit is kept");
      stopping_ = true;
      display_.Line("stopping; a signal now ends at once");
      verification_.Stop();
    }
    const VerifyLook look = verification_.Look(verify::limits::kMostDifferences);
    display_.Finish(look);
    return CodeOf(look);
  }

 private:
  /// Asks remote services, which may take long; signals are looked at meanwhile.
  std::vector<Error> Open() {
    auto opened = std::async(std::launch::async, [this] { return verification_.Open(); });
    while (opened.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      if (signals_.Wait(kSignalLook) != 0) EndAtOnce("asked to stop before anything was compared");
    }
    return opened.get();
  }

  [[noreturn]] void EndAtOnce(std::string_view why) const {
    Log(LogLevel::kWarning, "ended_at_once", why);
    const auto card = ReadApiFile(plan_.home.VerificationFile());
    if (card && card->pid == getpid()) RemoveApiFile(plan_.home.VerificationFile());
    std::_Exit(static_cast<int>(ExitCode::kInterrupted));
  }

  const JobPlan& plan_;
  StopSignals& signals_;
  VerifyDisplay display_;
  LoneVerification verification_;
  bool stopping_ = false;
};

}  // namespace

ExitCode RunVerify(const CommandLine& line, const aws::Environment& environment) {
  auto meant = FindMeantJob(line, environment);
  if (!meant) return TellFaults(meant.error());
  const Settings& settings = meant->settings;
  ConfigureLog(settings.log_level, settings.log_format);
  StopSignals signals;
  SystemClock clock;
  const auto running = AskRunningJob(meant->home, kStatusPath);
  if (!running) {
    Tell(running.error());
    return ExitCode::kFailed;
  }
  if (*running) return Followed(meant->home, settings, signals, clock).ToItsEnd();
  if (!meant->plan) return TellFaults(meant->plan.error());
  RaiseOpenFiles(1);
  return Lone(*meant->plan, environment, signals, clock).ToItsEnd();
}

}  // namespace ddbsync::cli
