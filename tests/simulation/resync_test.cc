#include <gtest/gtest.h>

#include <string>

#include "base/log.h"
#include "base/planted_bug.h"
#include "tests/simulation/resync_simulation.h"

namespace ddbsync::simulation {
namespace {

/// Histories that lose changes, or begin with a target that is not empty.
class ResyncSimulationTest : public testing::Test {
 protected:
  ResyncSimulationTest() {
    SetLogSink([](std::string_view) {});
  }
  ~ResyncSimulationTest() override {
    planted_bug = PlantedBug::kNone;
    SetLogSink(nullptr);
  }

  /// Whether one of the first `most` seeds is a history that breaks a promise.
  static bool Caught(PlantedBug bug, uint64_t most) {
    planted_bug = bug;
    for (uint64_t seed = 1; seed <= most; ++seed) {
      if (Simulate(DrawResync(seed)).violation) return true;
    }
    return false;
  }
};

TEST_F(ResyncSimulationTest, HistoriesHold) {
  int gaps = 0, removals = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const Verdict verdict = Simulate(DrawResync(seed));
    EXPECT_FALSE(verdict.violation) << "seed " << seed << ": " << verdict.violation->invariant
                                    << ": " << verdict.violation->what;
    gaps += verdict.gap ? 1 : 0;
    removals += verdict.verifications;
  }
  EXPECT_GT(gaps, 15);
  EXPECT_GT(removals, 10);
}

TEST_F(ResyncSimulationTest, ALossTakenOffTheRecordEarlyIsNoticed) {
  EXPECT_TRUE(Caught(PlantedBug::kGapRecordRemovedEarly, 20));
}

TEST_F(ResyncSimulationTest, ACopyThatDoesNotBeginAgainIsNoticed) {
  EXPECT_TRUE(Caught(PlantedBug::kResyncKeepsSegments, 20));
}

}  // namespace
}  // namespace ddbsync::simulation
