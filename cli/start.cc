#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>

#include "base/clock.h"
#include "base/log.h"
#include "cli/api_file.h"
#include "cli/call_metrics.h"
#include "cli/chosen_jobs.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/endpoint_clients.h"
#include "cli/engine.h"
#include "cli/limits.h"
#include "cli/open_files.h"
#include "cli/progress_line.h"
#include "cli/reverse.h"
#include "cli/run_plan.h"
#include "cli/service_manager.h"
#include "cli/stop_signals.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

/// A person who asks twice does not want to wait. The next start settles what was in flight.
[[noreturn]] void EndAtOnce(ExitCode code, const RunPlan& plan, std::string_view why) {
  Log(LogLevel::kWarning, "ended_at_once", why);
  for (const JobPlan& job : plan.jobs) {
    const auto card = ReadApiFile(job.home.ApiFile());
    if (card && card->pid == getpid()) RemoveApiFile(job.home.ApiFile());
  }
  std::_Exit(static_cast<int>(code));
}

/// What asks remote services may take long; signals are looked at meanwhile. `stop_asked`: somebody
/// else wants it to end.
template <class Work>
auto UnlessStopped(Work work, const std::function<bool()>& stop_asked, StopSignals& signals,
                   const RunPlan& plan) {
  auto done = std::async(std::launch::async, work);
  while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (signals.Wait(limits::kRedrawInterval / 5) != 0 || stop_asked()) {
      EndAtOnce(ExitCode::kDone, plan, "asked to stop before the copy began");
    }
  }
  return done.get();
}

using Tables = std::vector<std::string>;

Result<Tables> LookForTables(const RunPlan& plan, const aws::Environment& environment,
                             Clock& clock) {
  CallMetrics nobodys;  // these calls are no job's
  auto clients = EndpointClients::Make(plan.choice->source, plan.settings.job.settle, environment,
                                       clock, nobodys);
  if (!clients) return std::unexpected(clients.error());
  return FindTables(*plan.choice, *(*clients)->Side().tables, clock);
}

/// Before anything is done, what is going to be.
void TellChosen(const RunPlan& plan, Console& console) {
  const size_t count = plan.jobs.size();
  Log(LogLevel::kInfo, "tables_chosen", "each table found is a job of its own",
      {{"tables", std::to_string(count)},
       {"memory", BytesText(static_cast<int64_t>(count * plan.jobs[0].settings.job.memory_bytes))},
       {"whose", plan.choice->Description()}});
  for (const JobPlan& job : plan.jobs) {
    console.Line(fmt::format("table   {} to {}", job.source.table, job.target.table));
  }
}

/// Runs open jobs to their end.
class Run {
 public:
  Run(Engine& engine, StopSignals& signals, Console& console, ServiceManager& manager,
      const RunPlan& plan, const Clock& clock)
      : engine_(engine),
        signals_(signals),
        console_(console),
        manager_(manager),
        plan_(plan),
        clock_(clock),
        following_(engine.jobs().size()) {}

  ExitCode ToItsEnd() {
    Introduce();
    for (const auto& job : engine_.jobs()) {
      if (job->Ended()) continue;  // given up
      if (const auto started = job->Start(); !started) TellFaults({&started.error(), 1});
    }
    manager_.Ready();
    while (!FollowAll()) {
      if (const int signal = signals_.Wait(limits::kRedrawInterval / 5)) OnSignal(signal);
      // A look at the whole job is not for free: 10,000 shards are asked how far they are.
      if (const TimePoint now = clock_.Now(); now >= next_look_) {
        next_look_ = now + console_.pace();
        // Takes every lock of the engine: one that hangs keeps this loop from saying it is alive.
        const std::vector<JobLook> looks = engine_.Looks();
        console_.Show(looks);
        manager_.Alive(SummaryLine(looks, limits::kLongestServiceStatus));
      }
    }
    manager_.Stopping();
    const std::vector<JobLook> looks = engine_.Looks();
    console_.Finish(looks, EndLines(looks));
    std::vector<ExitCode> codes;
    for (const JobLook& look : looks) codes.push_back(ExitCodeOf(*look.ended));
    return MostSerious(codes);
  }

 private:
  /// What this loop has done for a job.
  struct Following {
    bool stopping = false;
    std::future<void> reopened;  ///< valid while it is
    std::future<void> released;  ///< valid once it has ended
  };

  void Introduce() {
    for (const JobLook& look : engine_.Looks()) {
      console_.Line("source  " + look.status.source_arn);
      console_.Line("target  " + look.status.target_arn);
      console_.Line("job     " + look.status.job_id + ", " + engine_.url());
    }
  }

  /// Hands on what was asked of each job, and lets go of those that have ended. True when all have.
  bool FollowAll() {
    bool all = true;
    for (size_t i = 0; i < following_.size(); ++i) {
      RunningJob& job = *engine_.jobs()[i];
      if (job.stop_asked() && !following_[i].stopping) BeginStop(i, "the API");
      job.Tend();
      if (std::future<void>& reopened = following_[i].reopened; reopened.valid()) {
        if (reopened.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
          reopened = {};
        }
      } else if (job.WantsReopening()) {
        reopened = std::async(std::launch::async, [&job] { job.Reopen(); });
      }
      if (!job.Ended()) {
        all = false;
      } else if (!following_[i].released.valid()) {
        // Waits for calls in hand; the other jobs and a second signal do not.
        following_[i].released = std::async(std::launch::async, [&job] { job.Release(); });
      }
    }
    return all;
  }

  void OnSignal(int signal) {
    if (asked_to_stop_) {
      console_.Finish(engine_.Looks(), {"ended at once; the same command resumes"});
      EndAtOnce(ExitCode::kFailed, plan_,
                "asked a second time to stop: writes in flight are left behind; the next start "
                "waits for them and resumes");
    }
    asked_to_stop_ = true;
    manager_.Stopping();
    for (size_t i = 0; i < following_.size(); ++i) {
      if (!following_[i].stopping) BeginStop(i, StopSignals::Name(signal));
    }
  }

  void BeginStop(size_t i, std::string_view asked_by) {
    RunningJob& job = *engine_.jobs()[i];
    following_[i].stopping = true;
    if (engine_.stop_asked()) {
      asked_to_stop_ = true;
      manager_.Stopping();
    }
    Log(LogLevel::kInfo, "stopping", "finishing what is in flight; a signal now ends at once",
        {{"asked_by", asked_by}});
    job.Stop();
  }

  std::vector<std::string> EndLines(const std::vector<JobLook>& looks) const {
    std::vector<std::string> lines;
    for (size_t i = 0; i < looks.size(); ++i) {
      const std::string line = EndLine(looks[i].status, *looks[i].ended, following_[i].stopping);
      lines.push_back(looks.size() == 1 ? line : looks[i].status.job_id + ": " + line);
    }
    return lines;
  }

  Engine& engine_;
  StopSignals& signals_;
  Console& console_;
  ServiceManager& manager_;
  const RunPlan& plan_;
  const Clock& clock_;
  TimePoint next_look_;
  bool asked_to_stop_ = false;  ///< all of them
  std::vector<Following> following_;
};

}  // namespace

ExitCode TellFaults(std::span<const Error> faults) {
  for (const Error& fault : faults) {
    std::fprintf(stderr, "ddbsync: %s\n", ToString(fault).c_str());
  }
  return ExitCodeOf(faults);
}

ExitCode RunCopy(const CommandLine& line, const aws::Environment& environment) {
  auto plan = PlanRun(line, environment);
  if (!plan) return TellFaults(plan.error());
  if (line.command == Command::kReverse) {
    if (const std::vector<Error> faults = TurnRound(*plan); !faults.empty()) {
      return TellFaults(faults);
    }
  }
  const Settings& settings = plan->settings;
  ConfigureLog(settings.log_level, settings.log_format);

  StopSignals signals;
  SystemClock clock;
  Console console(
      {.quiet = settings.quiet, .json = settings.json, .color = WantsColor(settings.no_color)},
      clock);
  ServiceManager manager(environment, clock);
  if (plan->choice) {
    const auto tables = UnlessStopped([&] { return LookForTables(*plan, environment, clock); },
                                      [] { return false; }, signals, *plan);
    if (!tables) return TellFaults({&tables.error(), 1});
    if (auto added = AddChosen(*plan, *tables, environment); !added) {
      return TellFaults(added.error());
    }
    TellChosen(*plan, console);
  }
  RaiseOpenFiles(plan->jobs.size());
  Engine engine(*plan, environment, clock);
  const auto opened = UnlessStopped([&engine] { return engine.Open(); },
                                    [&engine] { return engine.stop_asked(); }, signals, *plan);
  if (!opened) return TellFaults(opened.error());
  return Run(engine, signals, console, manager, *plan, clock).ToItsEnd();
}

}  // namespace ddbsync::cli
