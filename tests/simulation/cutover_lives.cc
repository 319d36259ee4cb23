// The processes of a history with cut-overs: how they start, live and end.
#include "tests/simulation/cutover_simulation_internal.h"

#include <algorithm>

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeToStop = 10min;

}  // namespace

bool CutoverSimulation::LiveUntil(const std::function<bool()>& done, Duration most) {
  const TimePoint deadline = Now() + most;
  while (!Over() && Now() < deadline) {
    if (process_ == nullptr && !StartProcess()) continue;
    const Duration rest = std::min(kLookEvery, Duration(deadline - Now()));
    if (machine_.RunUntil([this] { return StepIsNew(); }, Now() + rest) == Ended::kPowerCut) {
      EndProcess();  // the disk cut it
      machine_.Restart();
      continue;
    }
    Look();
    if (process_ != nullptr && !Over() && done()) return true;
  }
  return false;
}

std::optional<Step> CutoverSimulation::CurrentStep() const {
  if (run_ == nullptr) return std::nullopt;
  const cutover::Status status = run_->cutover().GetStatus();
  return status.number == 0 ? std::nullopt : std::optional(status.step);
}

bool CutoverSimulation::StepIsNew() {
  // The status is made anew for each look; most of the machine's steps are polls.
  constexpr Duration kOften = 10ms;
  if (Now() - step_asked_ < kOften) return false;
  step_asked_ = Now();
  return CurrentStep() != step_;
}

void CutoverSimulation::TryToStart() {
  const auto state = NextProcess();
  if (!state) return;
  CheckCommittedRecord(*state);
  if (!committed_) {
    history_.CheckDurable(*state, source_.Now());
    history_.BeginLife(*state);
  }
  world_.LetDiskFail(true);
  committed_ ? StartAfterCommit(*state) : StartWithJob(*state);
  if (!machine_.powered()) EndProcess();
}

void CutoverSimulation::StartWithJob(const checkpoint::State& state) {
  const auto faults = process_->Start(scenario_.job);
  for (const Error& fault : faults) {
    const bool wrong = fault.code == ErrorCode::kInvalid || fault.code == ErrorCode::kNotFound ||
                       fault.code == ErrorCode::kConflict || fault.code == ErrorCode::kAtRisk;
    if (wrong) Violate("start", "refused: " + ToString(fault));
  }
  if (!faults.empty() || !machine_.powered()) return EndProcess();
  if (auto begun = process_->ReadState()) history_.SetStart(begun->job->start_time);
  run_ = std::make_unique<CutoverRun>(*process_, CutoverRun::Job::kRuns, operator_.NewHook(),
                                      state.cutover);
}

/// The forward job refuses, and what is left is done without it.
void CutoverSimulation::StartAfterCommit(const checkpoint::State& state) {
  const auto faults = process_->Start(scenario_.job);
  const auto refuses = [](const Error& fault) { return fault.code == ErrorCode::kAtRisk; };
  if (faults.empty()) {
    Violate("I10", "after the commit the job starts again");
  } else if (machine_.powered() && std::ranges::none_of(faults, refuses)) {
    Violate("I10", "after the commit the job says: " + ToString(faults.front()));
  }
  run_ = std::make_unique<CutoverRun>(*process_, CutoverRun::Job::kNone, operator_.NewHook(),
                                      state.cutover);
}

void CutoverSimulation::OnPowerFailed() {
  if (run_ != nullptr) verdict_.comparisons += run_->comparisons();
  run_.reset();
}

/// As by SIGTERM: what is under way is taken back first.
void CutoverSimulation::StopInOrder() {
  const TimePoint deadline = Now() + kTimeToStop;
  const bool goes_on = !run_->cutover().Abort("stopped").has_value();  // it is committed
  const auto may = [this] { return run_->cutover().MayStop(); };
  if (machine_.RunUntil(may, deadline) != Ended::kDone || goes_on || committed_) return;
  process_->job().Stop();
  machine_.RunUntil([this] { return process_->job().Ended().has_value(); }, deadline);
}

void CutoverSimulation::Meet(const CutoverEnding& ending) {
  ++verdict_.crashes[ending.at];
  End({.in_order = ending.in_order, .steps = ending.steps, .downtime = ending.downtime});
}

void CutoverSimulation::Look() {
  const auto step = CurrentStep();
  const bool is_new = step != step_;
  if (step && cutover::Committed(*step) && !committed_) OnCommitted();
  if (is_new && step && cutover::TakesBack(*step) && step_ && !cutover::TakesBack(*step_)) {
    ++verdict_.taken_back[*step_];
    repairs_ = repairs_ || cutover::ComparesAll(attempt_->options) || operator_.policy_lifted();
  }
  step_ = step;
  if (is_new && step == Step::kFreezing && !world_.calm()) BreakStream(attempt_->stream_out_for);
  if (attempt_ != nullptr && run_ != nullptr && !committed_) operator_.Look(run_->cutover());
  if (!committed_) LookAtJob();
  if (Over() || process_ == nullptr || attempt_ == nullptr || !is_new || !step) return;
  const auto next = std::ranges::find(endings_, *step, &CutoverEnding::at);
  if (next == endings_.end()) return;
  const CutoverEnding ending = *next;
  endings_.erase(next);
  Meet(ending);
}

}  // namespace ddbsync::simulation
