#pragma once

#include <memory>
#include <optional>

#include "tests/simulation/application.h"
#include "tests/simulation/history.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/world.h"

namespace ddbsync::simulation {

/// The processes of one history: how they start, live and end, one after the other, in a world that
/// goes on meanwhile. What happens in it, and what is looked at, is its own. One thread.
class Lives {
 protected:
  /// The scenario outlives this.
  explicit Lives(const Scenario& scenario);
  /// The history has called EndProcess: what belongs to the last process is its own.
  ~Lives() = default;
  Lives(const Lives&) = delete;
  Lives& operator=(const Lives&) = delete;

  /// Starts a process. Afterwards it runs, or the machine is off.
  virtual void TryToStart() = 0;
  /// From time to time while one lives.
  virtual void Look() = 0;
  /// The power has failed: what belongs to the process, and is not it, is destroyed.
  virtual void OnPowerFailed() {}
  [[nodiscard]] virtual bool Over() const { return history_.violation().has_value(); }

  [[nodiscard]] TimePoint Now() const { return world_.Now(); }

  /// A new process, and what it finds durable. Null: it could not read that, and was ended.
  [[nodiscard]] std::optional<checkpoint::State> NextProcess();
  /// TryToStart and, if it did not, a pause. Whether a process runs.
  bool StartProcess();
  void LiveUntil(TimePoint end);
  /// As by SIGTERM.
  virtual void StopInOrder();
  /// The power fails.
  void EndProcess();
  /// ... or it is stopped first; the machine returns after the downtime.
  void End(const Ending& ending);

  /// Tells the judge, once in a life, when the copy is complete and all that was changed while it
  /// copied is applied.
  void LookAtOrder(const replicator::JobStatus& status);

  const Scenario& scenario_;
  World world_;
  fake::SimExecutor& machine_ = world_.machine();
  fake::FakeDynamoDb& source_ = world_.source();
  fake::FakeDynamoDb& target_ = world_.target();
  History history_;
  Application application_;
  std::unique_ptr<Process> process_;  ///< none: it does not run
  int starts_ = 0;
  bool in_order_ = false;  ///< seen in this life

 private:
  std::optional<WallTime> copied_;  ///< seen in this life
};

}  // namespace ddbsync::simulation
