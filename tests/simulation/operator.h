#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cutover/cutover.h"
#include "cutover/hook.h"
#include "tests/simulation/application.h"
#include "tests/simulation/cutover_scenario.h"
#include "tests/simulation/world.h"

namespace ddbsync::simulation {

/// The people around a cut-over and their programs: who stops the application and lets it go on,
/// who confirms, commits and aborts, and who does what nobody should. They go on through a crash.
/// One thread; outlives the machine's events.
class Operator {
 public:
  Operator(World& world, Application& application) : world_(world), application_(application) {}

  /// The attempt begins now.
  void Begin(const Attempt& attempt);
  /// They see what it is doing, and act.
  void Look(cutover::Cutover& run);
  /// For one process; ends with it.
  [[nodiscard]] std::unique_ptr<cutover::Hook> NewHook();
  /// The attempt is over; nobody does anything any more.
  void End() { under_way_ = false; }

  /// A write that ignored the freeze.
  struct Stray {
    std::string key_json;
    WallTime at;
  };
  [[nodiscard]] const std::vector<Stray>& strays() const { return strays_; }
  /// Somebody took the source's policy away, in whichever attempt; the application writes since.
  [[nodiscard]] std::optional<WallTime> policy_lifted() const { return policy_lifted_; }

 private:
  class Command;

  void StopApplication();
  void LetApplicationGoOn();
  void AfterFreeze();
  void WriteAStray();
  void LiftPolicy();
  [[nodiscard]] TimePoint Now() const { return world_.Now(); }

  World& world_;
  Application& application_;
  Attempt attempt_;
  TimePoint began_;
  int vetoes_left_ = 0;
  bool aborted_ = false;
  bool frozen_ = false;               ///< seen
  std::optional<TimePoint> stopped_;  ///< by hand
  std::optional<TimePoint> ready_;
  bool under_way_ = false;
  std::vector<Stray> strays_;
  std::optional<WallTime> policy_lifted_;
};

}  // namespace ddbsync::simulation
