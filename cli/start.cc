#include <fmt/format.h>

#include <cstdio>
#include <future>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "cli/call_metrics.h"
#include "cli/chosen_jobs.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/endpoint_clients.h"
#include "cli/engine.h"
#include "cli/jobs_run.h"
#include "cli/limits.h"
#include "cli/lone_cutover.h"
#include "cli/open_files.h"
#include "cli/reverse.h"
#include "cli/run_plan.h"
#include "cli/service_manager.h"
#include "cli/stop_signals.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using Tables = std::vector<std::string>;

Result<Tables> LookForTables(const RunPlan& plan, const aws::Environment& environment,
                             Clock& clock) {
  CallMetrics nobodys;  // these calls are no job's
  auto clients = EndpointClients::Make(plan.choice->source, plan.settings.job.settle, environment,
                                       clock, nobodys);
  if (!clients) return std::unexpected(clients.error());
  return FindTables(*plan.choice, *(*clients)->Side().tables, clock);
}

/// A process that copies: the jobs that it was started for and, when the cut-over of its one job
/// has prepared a way back, the job of that. For the main thread.
class CopyProcess {
 public:
  /// `environment` outlives this. `turns_round`: it goes on with a way back.
  CopyProcess(RunPlan plan, bool turns_round, const aws::Environment& environment)
      : plan_(std::move(plan)),
        turns_round_(turns_round),
        environment_(environment),
        console_({.quiet = plan_.settings.quiet,
                  .json = plan_.settings.json,
                  .color = WantsColor(plan_.settings.no_color)},
                 clock_),
        manager_(environment, clock_) {}

  ExitCode ToItsEnd() {
    if (plan_.choice) {
      if (const auto code = ChooseTables()) return *code;
    }
    RaiseOpenFiles(plan_.jobs.size());
    while (true) {
      if (const auto code = TurnRoundIfCommitted()) return *code;
      const JobsRun::End end = RunJobs();
      if (!end.goes_on) return end.code;
      was_ready_ = true;
    }
  }

 private:
  /// What asks remote services may take long; signals are looked at meanwhile. `stop_asked`:
  /// somebody else wants it to end.
  template <class Work, class StopAsked>
  auto UnlessStopped(Work work, StopAsked stop_asked) {
    auto done = std::async(std::launch::async, work);
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      if (signals_.Wait(limits::kRedrawInterval / 5) != 0 || stop_asked()) {
        if (!way_back_.empty()) console_.Line(NotFollowed());
        EndAtOnce(ExitCode::kDone, plan_, "asked to stop before the copy began");
      }
      // Who was told once that this process is ready expects to hear from it.
      if (was_ready_) manager_.Alive("opening the way back");
    }
    return done.get();
  }

  /// A code: the process ends with it.
  std::optional<ExitCode> ChooseTables() {
    const auto tables = UnlessStopped([&] { return LookForTables(plan_, environment_, clock_); },
                                      [] { return false; });
    if (!tables) return TellFaults({&tables.error(), 1});
    if (auto added = AddChosen(plan_, *tables, environment_); !added) {
      return TellFaults(added.error());
    }
    TellChosen();
    return std::nullopt;
  }

  /// Before anything is done, what is going to be.
  void TellChosen() {
    const size_t count = plan_.jobs.size();
    const size_t memory = count * plan_.jobs[0].settings.job.memory_bytes;
    Log(LogLevel::kInfo, "tables_chosen", "each table found is a job of its own",
        {{"tables", std::to_string(count)},
         {"memory", BytesText(static_cast<int64_t>(memory))},
         {"whose", plan_.choice->Description()}});
    for (const JobPlan& job : plan_.jobs) {
      console_.Line(fmt::format("table   {} to {}", job.source.table, job.target.table));
    }
  }

  /// After a commit the forward job must not run any more, whoever starts it; what it was started
  /// for goes on as the way back. A code: the process ends with it.
  std::optional<ExitCode> TurnRoundIfCommitted() {
    while (turns_round_) {
      const auto found = FindCommitted(plan_);
      if (!found) return NotOpened({found.error()});
      const auto& cutover = *found;
      if (!cutover) break;
      if (!HasWayBack(*cutover)) {
        way_back_.clear();  // who opens it refuses, and says what is live
        break;
      }
      const JobPlan before = plan_.jobs.front();
      way_back_ = ReverseCommand(before);
      if (cutover->step != ToString(cutover::Step::kDone)) {
        if (const auto code = FinishCutover(before)) return *code;
      }
      if (const std::vector<Error> faults = TurnRound(plan_); !faults.empty()) {
        return NotOpened(faults);
      }
      // What was to be watched is the live table now; the old one may have no stream by now.
      plan_.jobs.front().settings.job.watch_target = false;
      const JobPlan& after = plan_.jobs.front();
      const std::string what = fmt::format(
          "the cut-over of job {} is committed: {} is the live table, and this process goes on as "
          "job {}, which carries what is written there back to {}",
          before.home.job_id, after.source.table, after.home.job_id, after.target.table);
      Log(LogLevel::kInfo, "reverse_begins", what);
      console_.Line(what);
    }
    return std::nullopt;
  }

  /// What a commit has left, of a process that was killed after it.
  std::optional<ExitCode> FinishCutover(const JobPlan& job) {
    const TimePoint patience = clock_.Now() + limits::kFinishPatience;
    bool stopped = false;
    const auto done =
        FinishCutoverAlone(job, environment_, clock_, [&](const CutoverLook& /*look*/) {
          stopped = stopped || signals_.Wait(Duration(0)) != 0;
          return !stopped && clock_.Now() < patience;
        });
    if (stopped) {
      console_.Line(NotFollowed());
      return ExitCode::kDone;
    }
    if (done) {
      Log(LogLevel::kInfo, "cutover_finished", "what its commit had left is done",
          {{"job", job.home.job_id}});
    } else if (done.error().code == ErrorCode::kCancelled ||
               done.error().code == ErrorCode::kConflict) {  // `cutover commit` is at it
      Log(LogLevel::kWarning, "cutover_not_finished",
          "what its commit has left cannot be done yet: `ddbsync cutover commit` does it, or the "
          "next start",
          {{"job", job.home.job_id}});
    } else {
      return NotOpened({done.error()});
    }
    return std::nullopt;
  }

  JobsRun::End RunJobs() {
    Engine engine(plan_, environment_, clock_);
    const auto opened = UnlessStopped([&engine] { return engine.Open(); },
                                      [&engine] { return engine.stop_asked(); });
    if (!opened) return {.code = NotOpened(opened.error())};
    JobsRun run(engine, signals_, console_, manager_, plan_, clock_);
    JobsRun::End end = run.ToItsEnd();
    end.goes_on = end.goes_on && turns_round_;
    return end;
  }

  ExitCode NotOpened(const std::vector<Error>& faults) {
    const ExitCode code = TellFaults(faults);
    if (!way_back_.empty()) std::fprintf(stderr, "ddbsync: %s\n", NotFollowed().c_str());
    return code;
  }

  [[nodiscard]] std::string NotFollowed() const {
    return fmt::format(
        "the cut-over itself is committed and stays so; this process does not follow its way back: "
        "{} does, or the same command again",
        way_back_);
  }

  RunPlan plan_;
  const bool turns_round_;
  const aws::Environment& environment_;
  StopSignals signals_;  // before any thread
  SystemClock clock_;
  Console console_;
  ServiceManager manager_;
  std::string way_back_;    ///< how it is typed; empty: this process has begun none
  bool was_ready_ = false;  ///< some job ran here before
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
  ConfigureLog(plan->settings.log_level, plan->settings.log_format);
  // `backfill` follows nothing: it is not to go on for ever.
  const bool turns_round = line.command != Command::kBackfill;
  return CopyProcess(*std::move(plan), turns_round, environment).ToItsEnd();
}

}  // namespace ddbsync::cli
