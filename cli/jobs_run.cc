#include "cli/jobs_run.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "cli/api_file.h"
#include "cli/commands.h"
#include "cli/limits.h"
#include "cli/progress_line.h"
#include "cli/reverse.h"

namespace ddbsync::cli {
namespace {

/// Which of several jobs a line is about.
std::string Prefix(const std::vector<JobLook>& looks, size_t i) {
  return looks.size() == 1 ? "" : looks[i].status.job_id + ": ";
}

}  // namespace

void EndAtOnce(ExitCode code, const RunPlan& plan, std::string_view why) {
  Log(LogLevel::kWarning, "ended_at_once", why);
  for (const JobPlan& job : plan.jobs) {
    const auto card = ReadApiFile(job.home.ApiFile());
    if (card && card->pid == getpid()) RemoveApiFile(job.home.ApiFile());
  }
  std::_Exit(static_cast<int>(code));
}

JobsRun::JobsRun(Engine& engine, StopSignals& signals, Console& console, ServiceManager& manager,
                 const RunPlan& plan, const Clock& clock)
    : engine_(engine),
      signals_(signals),
      console_(console),
      manager_(manager),
      plan_(plan),
      clock_(clock),
      following_(engine.jobs().size()) {}

JobsRun::End JobsRun::ToItsEnd() {
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
  const std::vector<JobLook> looks = engine_.Looks();
  const bool goes_on = GoesOn(looks);
  if (!goes_on) manager_.Stopping();
  console_.Finish(looks, EndLines(looks, goes_on));
  std::vector<ExitCode> codes;
  for (const JobLook& look : looks) codes.push_back(ExitCodeOf(*look.ended));
  return {.code = MostSerious(codes), .goes_on = goes_on};
}

void JobsRun::Introduce() {
  for (const JobLook& look : engine_.Looks()) {
    console_.Line("source  " + look.status.source_arn);
    console_.Line("target  " + look.status.target_arn);
    console_.Line("job     " + look.status.job_id + ", " + engine_.url());
  }
}

bool JobsRun::FollowAll() {
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

void JobsRun::OnSignal(int signal) {
  if (asked_to_stop_) {
    std::vector<std::string> lines = {"ended at once; the same command resumes"};
    const std::vector<JobLook> looks = engine_.Looks();
    for (size_t i = 0; i < looks.size(); ++i) {
      if (const std::string left = CutoverLine(i); !left.empty()) {
        lines.push_back(Prefix(looks, i) + left);
      }
    }
    console_.Finish(looks, lines);
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

void JobsRun::BeginStop(size_t i, std::string_view asked_by) {
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

bool JobsRun::GoesOn(const std::vector<JobLook>& looks) {
  if (plan_.choice || looks.size() != 1) return false;
  if (looks.front().ended != replicator::Outcome::kDone) return false;
  if (!HasWayBack(engine_.jobs().front()->LookAtCutover().status)) return false;
  // Waits for calls in hand: whoever asks a second time to stop does not, nor does the service
  // manager when it takes longer than calls can.
  const TimePoint hangs = clock_.Now() + limits::kReleasePatience;
  while (following_.front().released.wait_for(std::chrono::seconds(0)) !=
         std::future_status::ready) {
    if (const int signal = signals_.Wait(limits::kRedrawInterval / 5)) OnSignal(signal);
    if (clock_.Now() < hangs) manager_.Alive("closing the job that was cut over");
  }
  // A stop that somebody was told has been taken must not be lost between two jobs.
  engine_.StopServing();
  if (const int signal = signals_.Wait(Duration(0))) OnSignal(signal);
  return !following_.front().stopping && !engine_.stop_asked();
}

std::vector<std::string> JobsRun::EndLines(const std::vector<JobLook>& looks, bool goes_on) const {
  std::vector<std::string> lines;
  for (size_t i = 0; i < looks.size(); ++i) {
    const std::string job = Prefix(looks, i);
    lines.push_back(job + EndLine(looks[i].status, *looks[i].ended, following_[i].stopping));
    const std::string left = goes_on ? "" : CutoverLine(i);
    if (!left.empty()) lines.push_back(job + left);
  }
  return lines;
}

std::string JobsRun::CutoverLine(size_t i) const {
  const bool alone = !plan_.choice && plan_.jobs.size() == 1;
  return LeftOfCutover(engine_.jobs()[i]->LookAtCutover().status, plan_.jobs[i], alone);
}

}  // namespace ddbsync::cli
