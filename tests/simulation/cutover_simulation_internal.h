#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/cutover_run.h"
#include "tests/simulation/cutover_simulation.h"
#include "tests/simulation/lives.h"
#include "tests/simulation/operator.h"

namespace ddbsync::simulation {

using cutover::Step;
using Ended = fake::SimExecutor::Ended;

inline constexpr Duration kLookEvery = std::chrono::seconds(1);
/// After the last fault, as in simulation.cc.
inline constexpr Duration kCalmAtLast = std::chrono::minutes(30);
inline constexpr Duration kWritingAfterwards = std::chrono::seconds(20);

/// One history. What happens is in cutover_simulation.cc, the life of its processes in
/// cutover_lives.cc, what is judged meanwhile in cutover_judge.cc, and what comes after the last
/// attempt in cutover_aftermath.cc.
class CutoverSimulation final : private Lives {
 public:
  explicit CutoverSimulation(const CutoverScenario& scenario)
      : Lives(scenario.history), cutovers_(scenario), operator_(world_, application_) {
    source_.SetWriteObserver([this](const auto& write) { OnSource(write); });
    target_.SetWriteObserver([this](const auto& write) { OnTarget(write); });
  }

  ~CutoverSimulation() { EndProcess(); }

  CutoverVerdict Run();

 private:
  void TryToStart() override;
  void Look() override;
  void OnPowerFailed() override;
  void StopInOrder() override;
  void Violate(const char* invariant, std::string what) {
    history_.Violate(invariant, std::move(what));
  }

  // What the services see.
  void OnSource(const fake::AppliedWrite& write);
  void OnTarget(const fake::AppliedWrite& write);
  void WatchCalls();
  void DeleteByTtl();

  void Prepare();
  void Follow();
  void Try(const Attempt& attempt);
  void BreakStream(Duration duration);
  void SetControlFaults(const Attempt& attempt);
  void FinishTakenBack();
  void FinishCommitted();
  void Reverse(WallTime since);

  // The process.
  bool LiveUntil(const std::function<bool()>& done, Duration most);
  void StartWithJob(const checkpoint::State& state);
  void StartAfterCommit(const checkpoint::State& state);
  void Meet(const CutoverEnding& ending);

  // What it says.
  [[nodiscard]] bool Follows() const;
  [[nodiscard]] std::optional<Step> CurrentStep() const;
  bool StepIsNew();
  void LookAtJob();
  void OnCommitted();
  void CheckCommittedRecord(const checkpoint::State& state);
  void CheckSourceGivenBack();
  void RepairWhatStraysLeft();

  const CutoverScenario& cutovers_;
  Operator operator_;
  std::unique_ptr<CutoverRun> run_;     ///< of the process
  const Attempt* attempt_ = nullptr;    ///< under way
  std::vector<CutoverEnding> endings_;  ///< of the attempt, still to come
  std::optional<Step> step_;            ///< seen last
  TimePoint step_asked_;                ///< ... and when it was asked for
  std::string policy_before_;
  bool committed_ = false;  ///< seen
  bool reversing_ = false;
  bool moved_ = false;    ///< the application writes to the target
  bool repairs_ = false;  ///< a cut-over whose freeze was somebody's word was taken back
  CutoverVerdict verdict_;
};

}  // namespace ddbsync::simulation
