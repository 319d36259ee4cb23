#include <gtest/gtest.h>

#include <string>

#include "base/log.h"
#include "base/planted_bug.h"
#include "tests/simulation/simulation.h"

namespace ddbsync::simulation {
namespace {

/// Histories with verifications beside the job: what they say is true, whatever fails.
class VerifyingTest : public testing::Test {
 protected:
  VerifyingTest() {
    SetLogSink([](std::string_view) {});
  }
  ~VerifyingTest() override {
    planted_bug = PlantedBug::kNone;
    SetLogSink(nullptr);
  }

  static Verdict SimulateVerifying(uint64_t seed) {
    Scenario scenario = Draw(seed);
    scenario.verifying = true;
    return Simulate(scenario);
  }

  /// The seeds that it takes to catch the bug; 0: none of `most` did.
  static uint64_t SeedsToCatch(PlantedBug bug, uint64_t most) {
    planted_bug = bug;
    for (uint64_t seed = 1; seed <= most; ++seed) {
      const Verdict verdict = SimulateVerifying(seed);
      if (verdict.violation && verdict.violation->invariant == "verify") return seed;
    }
    return 0;
  }
};

TEST_F(VerifyingTest, NoFalseAlarmAndNothingPassedOver) {
  // Few, for the sanitizers' sake; tools/simulate --verifying runs hundreds.
  int verifications = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const Verdict verdict = SimulateVerifying(seed);
    EXPECT_FALSE(verdict.violation) << "seed " << seed << ": " << verdict.violation->invariant
                                    << ": " << verdict.violation->what;
    verifications += verdict.verifications;
  }
  EXPECT_GE(verifications, 10);
}

TEST_F(VerifyingTest, SuspectsThatCountAtOnceAreFalseAlarms) {
  EXPECT_GT(SeedsToCatch(PlantedBug::kSuspectIsADifference, 40), 0U);
}

TEST_F(VerifyingTest, ExtraKeysThatAreNotLookedForAreMissed) {
  EXPECT_GT(SeedsToCatch(PlantedBug::kExtraKeysUnseen, 40), 0U);
}

}  // namespace
}  // namespace ddbsync::simulation
