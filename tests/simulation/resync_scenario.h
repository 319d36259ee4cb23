#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/simulation/scenario.h"

namespace ddbsync::simulation {

/// The source's stream is switched off, and on again: what is written meanwhile is in none.
struct StreamLoss {
  Duration after{0};  ///< since the application began to write, or since the loss before
  Duration off{0};
};

/// The power fails so many steps after a resync is first seen to be at this.
struct ResyncEnding {
  std::string step;  ///< replicator::ToString(ResyncStep)
  uint64_t steps = 0;
  Duration downtime{0};
};

/// A history with `--on-gap resync`, whose changes are lost, and perhaps `--mirror`, whose target
/// has rows of its own when it begins.
struct ResyncScenario {
  Scenario history;   ///< all else
  int strangers = 0;  ///< rows that the target has at first; of some, the source has the key
  std::vector<StreamLoss> losses;
  std::vector<ResyncEnding> endings;
};

/// Everything that chance decides about a history with resyncs, from one seed.
[[nodiscard]] ResyncScenario DrawResync(uint64_t seed);

/// For who replays it.
[[nodiscard]] std::string Describe(const ResyncScenario& scenario);

}  // namespace ddbsync::simulation
