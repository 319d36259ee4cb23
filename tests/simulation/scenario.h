#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "replicator/job.h"
#include "tests/support/faults.h"
#include "tests/support/memory_disk.h"
#include "tests/support/options.h"

namespace ddbsync::simulation {

/// How the life of a process ends.
struct Ending {
  Duration after{0};      ///< since the process before ended, or since the beginning
  bool in_order = false;  ///< a stop as by SIGTERM; else the power fails
  uint64_t steps = 0;     ///< the power fails so many steps later: between any two of them
  Duration downtime{0};   ///< until the next process starts
};

/// One operation of the disk that goes wrong.
struct DiskFault {
  uint64_t operation = 0;  ///< counted from zero over all processes
  fake::MemoryDisk::Fate fate = fake::MemoryDisk::Fate::kDone;
};

/// Everything that chance decides about a history, from one seed.
struct Scenario {
  /// Every hundredth seed is a backfill of 60 hours; the rest are minutes, under harder faults.
  static constexpr uint64_t kLongEvery = 100;

  uint64_t seed = 1;
  bool is_long = false;

  // The world.
  fake::Options source;
  fake::Options target;
  const char* view = "NEW_AND_OLD_IMAGES";
  fake::FaultPlan::Rates source_read_faults, stream_faults, target_write_faults, control_faults;
  Duration longest_delay{0};            ///< of a message, each way
  Duration longest_start_delay{0};      ///< of a step, as when threads are busy
  Duration late_bound{0};               ///< of a write after its sender gave up
  double failing_disk_rate = 0;         ///< of the disk's operations
  std::optional<DiskFault> disk_fault;  ///< besides those by chance
  bool wall_clock_jumps = false;

  // What the application does.
  Duration quiet_before{0};  ///< between what is there at first and the first write of the others
  int cold_keys = 100;
  int hot_keys = 3;
  double hot_share = 0.5;            ///< of the writes
  int padding_bytes = 40;            ///< at most, in each item
  Duration pause_between_writes{0};  ///< on average
  Duration writing{0};               ///< it stops then

  // What the operator does.
  replicator::JobOptions job;
  std::vector<Ending> endings;
  bool stream_outage = false;  ///< the stream's endpoint is out of order for some minutes
  /// So is the target's, for writes: how each of them fails then.
  fake::FaultKind target_outage = fake::FaultKind::kNone;
  Duration look_every{0};  ///< between looks at the job's status
  /// Verifications run beside the job, one after the other, and at last somebody else writes to the
  /// target, which one of them has to find and repair. Not drawn.
  bool verifying = false;

  /// A process was down so long that changes may have left the stream unread.
  [[nodiscard]] bool MayLoseChanges() const;
};

[[nodiscard]] Scenario Draw(uint64_t seed);

/// For who replays it.
[[nodiscard]] std::string Describe(const Scenario& scenario);

}  // namespace ddbsync::simulation
