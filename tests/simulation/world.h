#pragma once

#include <cstdint>

#include "tests/simulation/process.h"
#include "tests/simulation/scenario.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/memory_disk.h"
#include "tests/support/random.h"
#include "tests/support/sim_executor.h"

namespace ddbsync::simulation {

/// All that is outside of ddbsync in a history: the machine it runs on, its disk, the two services,
/// and what goes wrong with them by a scenario's chances. One thread.
class World {
 public:
  /// The scenario outlives the world.
  explicit World(const Scenario& scenario);

  /// A source with its stream, and an empty target.
  void MakeTables();
  /// From now on calls fail, and the disk whenever it may.
  void SetFaults();
  /// No more faults.
  void BecomeCalm();
  [[nodiscard]] bool calm() const { return calm_; }
  /// Of the disk's operations some go wrong, as long as it is not calm.
  void LetDiskFail(bool may) { disk_may_fail_ = may; }

  /// The power fails. What ran is destroyed after this and before PowerReturns.
  void PowerFails();
  /// The disk holds what was synced. The machine stays off until it is restarted.
  void PowerReturns();

  [[nodiscard]] Surroundings Outside();
  [[nodiscard]] TimePoint Now() const { return machine_.clock().Now(); }

  [[nodiscard]] fake::SimExecutor& machine() { return machine_; }
  [[nodiscard]] fake::FakeDynamoDb& source() { return source_; }
  [[nodiscard]] fake::FakeDynamoDb& target() { return target_; }
  [[nodiscard]] fake::Random& chance() { return chance_; }
  [[nodiscard]] uint64_t disk_operations() const { return disk_operations_; }

 private:
  fake::MemoryDisk::Fate JudgeDisk();

  const Scenario& scenario_;
  fake::Random chance_;
  fake::SimExecutor machine_;
  fake::MemoryDisk disk_;
  fake::FakeDynamoDb source_, target_;
  bool disk_may_fail_ = false;
  bool calm_ = false;
  uint64_t disk_operations_ = 0;
};

}  // namespace ddbsync::simulation
