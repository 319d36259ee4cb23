#include "tests/simulation/resync_simulation.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "tests/simulation/lives.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/sim_executor.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using fake::SimExecutor;
using replicator::JobState;
using replicator::JobStatus;
using replicator::Outcome;

/// A resync that was interrupted copies and walks once more; each round of its removal waits for
/// the watermark, which in some histories is ten minutes behind.
constexpr Duration kCalmAtLast = 6h;

class ResyncSimulation final : private Lives {
 public:
  explicit ResyncSimulation(const ResyncScenario& scenario)
      : Lives(scenario.history), resync_(scenario), endings_(scenario.endings) {}

  ~ResyncSimulation() { EndProcess(); }

  Verdict Run() {
    const TimePoint began = machine_.clock().Now();
    world_.MakeTables();
    PutStrangers();
    source_.SetWriteObserver([this](const auto& write) { history_.OnSource(write); });
    target_.SetWriteObserver([this](const auto& write) { history_.OnTarget(write); });
    application_.Fill();
    machine_.RunFor(scenario_.quiet_before);
    application_.Begin();
    world_.SetFaults();
    PlanLosses();
    for (const Ending& ending : scenario_.endings) {
      if (Over()) break;
      LiveUntil(Now() + ending.after);
      if (!Over()) End(ending);
    }
    if (!Over()) FinishInCalm();
    return {.violation = history_.violation(),
            .gap = gaps_seen_,
            .trace = machine_.trace(),
            .steps = machine_.steps(),
            .changes = history_.changes(),
            .writes = history_.target_writes(),
            .disk_operations = world_.disk_operations(),
            .starts = starts_,
            .verifications = resyncs_,
            .simulated = machine_.clock().Now() - began};
  }

 private:
  void TryToStart() override;
  void Look() override;

  void PutStrangers();
  void PlanLosses();
  void SwitchStream(bool on);
  void Start(const checkpoint::State& state);
  void FinishInCalm();
  void LookAtResync(const JobStatus& status);
  void CheckStrangers();

  const ResyncScenario& resync_;
  std::vector<ResyncEnding> endings_;
  bool stream_on_ = true;
  int losses_to_come_ = 0;
  std::string step_;  ///< of the resync, as seen last
  bool gaps_seen_ = false;
  int resyncs_ = 0;  ///< completed
};

/// Rows of the target from before; of every third the source may have the key.
void ResyncSimulation::PutStrangers() {
  for (int i = 0; i < resync_.strangers; ++i) {
    const std::string id = (i % 3 == 0 ? "cold" : "stranger") + std::to_string(i);
    const std::string item =
        R"({"TableName":"target","Item":{"id":{"S":")" + id + R"("},"stranger":{"BOOL":true}}})";
    while (target_.Handle("DynamoDB_20120810.PutItem", item).status != 200) machine_.RunFor(1s);
  }
}

void ResyncSimulation::PlanLosses() {
  TimePoint at = Now();
  losses_to_come_ = static_cast<int>(resync_.losses.size());
  for (const StreamLoss& loss : resync_.losses) {
    at += loss.after;
    machine_.At(at, [this] { SwitchStream(false); });
    at += loss.off;
    machine_.At(at, [this] { SwitchStream(true); });
  }
}

void ResyncSimulation::SwitchStream(bool on) {
  if (on) --losses_to_come_;
  if (on == stream_on_) return;
  const std::string specification =
      on ? R"({"StreamEnabled":true,"StreamViewType":")" + std::string(scenario_.view) + R"("})"
         : R"({"StreamEnabled":false})";
  const auto reply = source_.Handle(
      "DynamoDB_20120810.UpdateTable",
      R"({"TableName":"source","StreamSpecification":)" + specification + "}", {}, "SOMEBODY");
  // The job may have turned one on meanwhile; or the call failed as any may.
  if (reply.status == 200) stream_on_ = on;
  if (on && reply.status != 200) {
    stream_on_ = reply.body.find("already") != std::string::npos;
    if (!stream_on_) {
      ++losses_to_come_;
      machine_.At(Now() + 1s, [this] { SwitchStream(true); });
    }
  }
}

void ResyncSimulation::TryToStart() {
  if (const auto state = NextProcess()) Start(*state);
}

void ResyncSimulation::Start(const checkpoint::State& state) {
  if (state.job) history_.BeginAgain(state.job->start_time);
  history_.CheckDurable(state, source_.Now());
  const bool makes_up =
      state.resync && checkpoint::IsUnderWay(*state.resync) && state.resync->cause == "gap";
  if (makes_up && state.gaps.empty()) {
    history_.Violate("gap", "a resync is not complete, and its loss is no longer on record");
  }
  history_.BeginLife(state);
  world_.LetDiskFail(true);
  replicator::JobOptions options = scenario_.job;
  // Only the first start needs it.
  if (state.job) options.mirror = false;
  const auto faults = process_->Start(options);
  for (const Error& fault : faults) {
    const bool wrong = fault.code == ErrorCode::kInvalid || fault.code == ErrorCode::kNotFound ||
                       fault.code == ErrorCode::kAtRisk;
    // Nobody copies from a table that has no stream yet.
    if (wrong && (state.job || stream_on_)) {
      history_.Violate("start", "refused: " + ToString(fault));
    }
  }
  if (!faults.empty() || !machine_.powered()) return EndProcess();
  if (auto begun = process_->ReadState()) history_.BeginAgain(begun->job->start_time);
}

void ResyncSimulation::FinishInCalm() {
  while ((!application_.done() || losses_to_come_ > 0) && !Over()) {
    LiveUntil(Now() + scenario_.look_every);
  }
  const WallTime last_write = source_.Now();
  world_.BecomeCalm();
  const TimePoint deadline = Now() + kCalmAtLast;
  std::string standing = "no process";
  while (!Over() && Now() < deadline) {
    LiveUntil(Now() + scenario_.look_every);
    if (process_ == nullptr) continue;
    const JobStatus status = process_->job().Status();
    standing = std::string(ToString(status.state)) + ", " + status.resync.step + ", " +
               std::to_string(status.rechecks) + " rechecks, " + status.reason;
    const bool drained = status.state == JobState::kFollowing && status.rechecks == 0 &&
                         status.tail.watermark && *status.tail.watermark > last_write;
    if (!drained) continue;
    if (status.gaps > 0) history_.Violate("gap", "it follows, and a loss stands");
    history_.CheckEqual(source_.Items("source"), target_.Items("target"));
    StopInOrder();
    const auto ended = process_->job().Ended();
    if (machine_.powered() && ended != Outcome::kDone) {
      history_.Violate("stop", "it ended otherwise: " + process_->job().Status().reason);
    }
    EndProcess();
    machine_.Restart();
    TryToStart();  // what it left is read once more
    return;
  }
  if (!Over()) history_.Violate("progress", "it never came to the end: " + standing);
}

void ResyncSimulation::Look() {
  if (process_ == nullptr) return;
  const JobStatus status = process_->job().Status();
  if (const auto ended = process_->job().Ended()) {
    if (ended != Outcome::kRestart) {
      return history_.Violate("progress", "the job ended by itself: " + status.reason);
    }
    EndProcess();  // its process opens it again
    return machine_.Restart();
  }
  gaps_seen_ = gaps_seen_ || status.gaps > 0;
  if (status.gaps > 0 && status.ready) {
    history_.Violate("gap", "a loss is on record, and the job is ready");
  }
  if (status.tail.watermark) history_.CheckWatermark(*status.tail.watermark);
  if (status.state != JobState::kGap) LookAtOrder(status);
  LookAtResync(status);
}

void ResyncSimulation::LookAtResync(const JobStatus& status) {
  const std::string before = std::exchange(step_, status.resync.step);
  const bool under_way = status.resync.step != "none";
  if (under_way && (status.ready || (!status.backfill.complete && status.tail.watermark))) {
    history_.Violate("resync", "it is not in step yet, and says so not: " + status.reason);
  }
  if (before == "removing" && !under_way && status.gaps == 0 &&
      status.state == JobState::kFollowing) {
    ++resyncs_;
    CheckStrangers();
  }
  if (before == step_) return;
  const auto next = std::ranges::find(endings_, step_, &ResyncEnding::step);
  if (next == endings_.end()) return;
  const ResyncEnding ending = *next;
  endings_.erase(next);
  End({.in_order = false, .steps = ending.steps, .downtime = ending.downtime});
}

/// Of rows that never were the source's none is left.
void ResyncSimulation::CheckStrangers() {
  for (const auto& [key, item] : target_.Items("target")) {
    if (key.find("stranger") == std::string::npos) continue;
    return history_.Violate("resync", "it is complete, and the target has " + key);
  }
}

}  // namespace

Verdict Simulate(const ResyncScenario& scenario) {
  return ResyncSimulation(scenario).Run();
}

}  // namespace ddbsync::simulation
