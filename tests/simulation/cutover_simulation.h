#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/simulation/cutover_scenario.h"
#include "tests/simulation/history.h"

namespace ddbsync::simulation {

/// How a history with cut-overs went.
struct CutoverVerdict {
  std::optional<Violation> violation;
  uint64_t trace = 0;  ///< equal for equal runs, to the byte
  uint64_t steps = 0;
  uint64_t changes = 0;  ///< of the source
  int starts = 0;
  int comparisons = 0;  ///< of everything, in cut-overs
  int strays = 0;       ///< writes that ignored a freeze
  int reversed = 0;     ///< ways back that were gone
  bool committed = false;
  /// By the step that was left for the way back; what was taken back.
  std::map<cutover::Step, int> taken_back;
  std::map<cutover::Step, int> crashes;  ///< and stops, by the step they came in
  Duration simulated{0};
};

/// Runs the real engine through one history with cut-overs: it copies and follows, then the writers
/// are frozen, the stream is sealed, and everything is committed or taken back while calls fail,
/// processes end at each step, and writes ignore the freeze. I10, I11 and I12 of docs/guarantees.md
/// are checked, and the history's other invariants beside them. One thread.
[[nodiscard]] CutoverVerdict Simulate(const CutoverScenario& scenario);

}  // namespace ddbsync::simulation
