#pragma once

#include "tests/simulation/resync_scenario.h"
#include "tests/simulation/simulation.h"

namespace ddbsync::simulation {

/// Runs the real engine through a history in which changes are lost, or the target has rows of its
/// own at first; the job makes up for it by itself, through crashes at every step of that. Until it
/// has, a loss stays on record and the job is not ready; in the end the tables are equal. One
/// thread.
[[nodiscard]] Verdict Simulate(const ResyncScenario& scenario);

}  // namespace ddbsync::simulation
