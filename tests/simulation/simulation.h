#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulation/history.h"
#include "tests/simulation/scenario.h"

namespace ddbsync::simulation {

/// How a history went.
struct Verdict {
  std::optional<Violation> violation;
  bool gap = false;    ///< changes left the stream unread, and the job said so
  uint64_t trace = 0;  ///< equal for equal runs, to the byte
  uint64_t steps = 0;
  uint64_t changes = 0;  ///< of the source
  uint64_t writes = 0;   ///< of the target
  uint64_t disk_operations = 0;
  int starts = 0;
  int verifications = 0;  ///< that came to their end while others wrote
  int64_t undecided = 0;  ///< keys of them that changed whenever they were looked at
  Duration simulated{0};
};

/// Runs the real engine through one history: an application writes to a table, ddbsync copies it
/// and follows, everything around it fails, the machine crashes between any two steps; at last all
/// is calm, and the copy has to become equal. The invariants of docs/guarantees.md are checked
/// while it runs. The same scenario gives the same verdict, to the byte. One thread.
[[nodiscard]] Verdict Simulate(const Scenario& scenario);

}  // namespace ddbsync::simulation
