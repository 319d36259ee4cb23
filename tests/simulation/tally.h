#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "cutover/step.h"
#include "tests/simulation/cutover_simulation.h"
#include "tests/simulation/history.h"
#include "tests/simulation/simulation.h"

namespace ddbsync::simulation {

/// What many histories together came to, of either kind.
struct Tally {
  uint64_t histories = 0, changes = 0, writes = 0, starts = 0, gaps = 0, long_ones = 0;
  uint64_t verifications = 0;
  std::chrono::duration<double, std::ratio<3600>> simulated{0};
  std::map<uint64_t, Violation> violations;  ///< by seed

  // Of cut-overs.
  uint64_t committed = 0, reversed = 0, comparisons = 0, strays = 0;
  std::map<cutover::Step, int> taken_back, crashes;

  void Add(uint64_t seed, const Scenario& scenario, const Verdict& verdict);
  void Add(uint64_t seed, const CutoverVerdict& verdict);
};

/// "1000 changes, 800 writes, ...", for the last line of a run.
[[nodiscard]] std::string Told(const Tally& tally, bool cutovers);

}  // namespace ddbsync::simulation
