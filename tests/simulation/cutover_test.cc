#include <gtest/gtest.h>

#include <string>

#include "base/log.h"
#include "base/planted_bug.h"
#include "tests/simulation/cutover_simulation.h"
#include "tests/simulation/tally.h"

namespace ddbsync::simulation {
namespace {

/// Histories that end in cut-overs: committed or taken back, nothing is lost.
class CutoverTest : public testing::Test {
 protected:
  CutoverTest() {
    SetLogSink([](std::string_view) {});
  }
  ~CutoverTest() override {
    planted_bug = PlantedBug::kNone;
    SetLogSink(nullptr);
  }
};

TEST_F(CutoverTest, HistoriesHold) {
  // Few, for the sanitizers' sake; tools/simulate runs hundreds.
  Tally tally;
  for (uint64_t seed = 1; seed <= 12; ++seed) tally.Add(seed, Simulate(DrawCutover(seed)));
  for (const auto& [seed, violation] : tally.violations) {
    ADD_FAILURE() << "seed " << seed << ": " << violation.invariant << ": " << violation.what;
  }
  EXPECT_GT(tally.committed, 3U);
  EXPECT_GT(tally.taken_back.size(), 2U);
}

TEST_F(CutoverTest, OneSeedIsOneHistory) {
  for (const uint64_t seed : {2, 5}) {
    const CutoverVerdict first = Simulate(DrawCutover(seed));
    const CutoverVerdict again = Simulate(DrawCutover(seed));
    EXPECT_EQ(first.trace, again.trace);
    EXPECT_EQ(first.steps, again.steps);
  }
}

}  // namespace
}  // namespace ddbsync::simulation
