#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "cli/api_file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/engine.h"
#include "cli/limits.h"
#include "cli/progress_line.h"
#include "cli/run_plan.h"
#include "cli/service_manager.h"
#include "cli/stop_signals.h"

namespace ddbsync::cli {
namespace {

using OpenResult = std::expected<void, std::vector<Error>>;

/// A person who asks twice does not want to wait. The next start settles what was in flight.
[[noreturn]] void EndAtOnce(ExitCode code, const JobHome& home, std::string_view why) {
  Log(LogLevel::kWarning, "ended_at_once", why);
  const auto card = ReadApiFile(home.ApiFile());
  if (card && card->pid == getpid()) RemoveApiFile(home.ApiFile());
  std::_Exit(static_cast<int>(code));
}

/// Opening asks remote services and may take long; signals are looked at meanwhile.
OpenResult OpenUnlessStopped(Engine& engine, StopSignals& signals, const JobHome& home) {
  std::future<OpenResult> opened =
      std::async(std::launch::async, [&engine] { return engine.Open(); });
  while (opened.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (signals.Wait(limits::kRedrawInterval / 5) != 0 || engine.stop_asked()) {
      EndAtOnce(ExitCode::kDone, home, "asked to stop before the copy began");
    }
  }
  return opened.get();
}

/// Where a table does not exist, its name may have been meant as an endpoint's.
std::vector<Error> WithHints(std::vector<Error> faults, const RunPlan& plan) {
  for (Error& fault : faults) {
    if (fault.code != ErrorCode::kNotFound) continue;
    for (const Endpoint* side : {&plan.source, &plan.target}) {
      const bool about_it = ToString(fault).find(side->label) != std::string::npos;
      if (about_it && !side->not_found_hint.empty()) fault.message += "; " + side->not_found_hint;
    }
  }
  return faults;
}

/// Runs an open job to its end.
class Run {
 public:
  Run(Engine& engine, StopSignals& signals, Console& console, ServiceManager& manager,
      const JobHome& home, const Clock& clock)
      : engine_(engine),
        signals_(signals),
        console_(console),
        manager_(manager),
        home_(home),
        clock_(clock) {}

  ExitCode ToItsEnd() {
    Introduce();
    if (const auto started = engine_.job().Start(); !started) {
      return TellFaults({&started.error(), 1});
    }
    manager_.Ready();
    std::optional<replicator::Outcome> outcome;
    while (!(outcome = engine_.job().Ended())) {
      if (const int signal = signals_.Wait(limits::kRedrawInterval / 5)) OnSignal(signal);
      if (engine_.stop_asked() && !asked_to_stop_) BeginStop("the API");
      // A look at the whole job is not for free: 10,000 shards are asked how far they are.
      if (const TimePoint now = clock_.Now(); now >= next_look_) {
        next_look_ = now + limits::kRedrawInterval;
        // Takes every lock of the engine: one that hangs keeps this loop from saying it is alive.
        const replicator::JobStatus status = engine_.Status();
        console_.Show(status);
        manager_.Alive(ProgressLine(status, limits::kLongestServiceStatus));
      }
    }
    manager_.Stopping();
    if (stopping_.joinable()) stopping_.join();
    const replicator::JobStatus status = engine_.Status();
    console_.Finish(status, EndLine(status, *outcome, asked_to_stop_));
    return ExitCodeOf(*outcome);
  }

 private:
  void Introduce() {
    const replicator::JobStatus status = engine_.Status();
    console_.Line("source  " + status.source_arn);
    console_.Line("target  " + status.target_arn);
    console_.Line("job     " + status.job_id + ", " + engine_.url());
  }

  void OnSignal(int signal) {
    if (asked_to_stop_) {
      console_.Finish(engine_.Status(), "ended at once; the same command resumes");
      EndAtOnce(ExitCode::kFailed, home_,
                "asked a second time to stop: writes in flight are left behind; the next start "
                "waits for them and resumes");
    }
    BeginStop(StopSignals::Name(signal));
  }

  void BeginStop(std::string_view asked_by) {
    asked_to_stop_ = true;
    manager_.Stopping();
    Log(LogLevel::kInfo, "stopping", "finishing what is in flight; a signal now ends at once",
        {{"asked_by", asked_by}});
    // May wait for what is in flight; the second signal must be heard meanwhile.
    stopping_ = std::jthread([this] { engine_.job().Stop(); });
  }

  Engine& engine_;
  StopSignals& signals_;
  Console& console_;
  ServiceManager& manager_;
  const JobHome& home_;
  const Clock& clock_;
  TimePoint next_look_;
  bool asked_to_stop_ = false;
  std::jthread stopping_;
};

}  // namespace

ExitCode TellFaults(std::span<const Error> faults) {
  for (const Error& fault : faults) {
    std::fprintf(stderr, "ddbsync: %s\n", ToString(fault).c_str());
  }
  return ExitCodeOf(faults);
}

ExitCode RunCopy(const CommandLine& line, const aws::Environment& environment) {
  const auto plan = PlanRun(line, environment);
  if (!plan) return TellFaults(plan.error());
  const Settings& settings = plan->settings;
  ConfigureLog(settings.log_level, settings.log_format);

  StopSignals signals;
  SystemClock clock;
  Console console(
      {.quiet = settings.quiet, .json = settings.json, .color = WantsColor(settings.no_color)},
      clock);
  ServiceManager manager(environment, clock);
  Engine engine(*plan, environment, clock);
  if (auto opened = OpenUnlessStopped(engine, signals, plan->home); !opened) {
    return TellFaults(WithHints(std::move(opened.error()), *plan));
  }
  return Run(engine, signals, console, manager, plan->home, clock).ToItsEnd();
}

}  // namespace ddbsync::cli
