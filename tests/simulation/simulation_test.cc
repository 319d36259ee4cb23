#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/log.h"
#include "tests/simulation/planted.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using fake::MemoryDisk;

class SimulationTest : public testing::Test {
 protected:
  SimulationTest() {
    SetLogSink([](std::string_view) {});
  }
  ~SimulationTest() override {
    planted_bug = PlantedBug::kNone;
    SetLogSink(nullptr);
  }
};

std::string Told(const Verdict& verdict) {
  return verdict.violation ? verdict.violation->invariant + ": " + verdict.violation->what : "";
}

TEST_F(SimulationTest, HistoriesHold) {
  // Few, for the sanitizers' sake; tools/simulate runs thousands.
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Verdict verdict = Simulate(Draw(seed));
    EXPECT_FALSE(verdict.violation) << "seed " << seed << ": " << Told(verdict);
  }
}

TEST_F(SimulationTest, OneSeedIsOneHistory) {
  for (const uint64_t seed : {3, 7, 12}) {
    const Verdict first = Simulate(Draw(seed));
    const Verdict again = Simulate(Draw(seed));
    EXPECT_EQ(first.trace, again.trace);
    EXPECT_EQ(first.steps, again.steps);
    EXPECT_EQ(first.writes, again.writes);
  }
  EXPECT_NE(Simulate(Draw(3)).trace, Simulate(Draw(4)).trace);
}

TEST_F(SimulationTest, ABugIsCaught) {
  planted_bug = PlantedBug::kFenceOff;
  bool caught = false;
  for (uint64_t seed = 1; seed <= 20 && !caught; ++seed) {
    caught = Simulate(Draw(seed)).violation.has_value();
  }
  EXPECT_TRUE(caught);
}

/// A copy, some changes, the roll of a shard, a stop in good order and a second start: each kind of
/// record is written, changed and deleted.
Scenario Small() {
  Scenario scenario;
  scenario.target.seed = 2;  // two services: their tables have ids of their own
  scenario.cold_keys = 6;
  scenario.hot_keys = 1;
  scenario.quiet_before = 20min;
  scenario.pause_between_writes = 500ms;
  scenario.writing = 12s;
  scenario.look_every = 1s;
  scenario.source.page_bytes = 100;
  scenario.source.streams.initial_shards = 1;
  scenario.source.streams.shard_life = 10min;
  scenario.job.job_id = "a-b";
  scenario.job.segments = 2;
  scenario.endings = {{.after = 5s, .in_order = true, .steps = 0, .downtime = 1s}};
  // An unclear write, so that there is a recheck.
  scenario.target_write_faults = {{fake::FaultKind::kErrorAfter, 0.2}};
  return scenario;
}

TEST_F(SimulationTest, EveryPersistencePointBeforeAfterAndTorn) {
  const Verdict whole = Simulate(Small());
  ASSERT_FALSE(whole.violation) << Told(whole);
  const uint64_t operations = whole.disk_operations;
  ASSERT_GT(operations, 100U);
  uint64_t restarts = 0;
  for (uint64_t operation = 0; operation < operations; ++operation) {
    for (const auto fate :
         {MemoryDisk::Fate::kCutBefore, MemoryDisk::Fate::kCutTorn, MemoryDisk::Fate::kCutAfter,
          MemoryDisk::Fate::kFails, MemoryDisk::Fate::kTorn}) {
      Scenario scenario = Small();
      scenario.disk_fault = {operation, fate};
      const Verdict verdict = Simulate(scenario);
      ASSERT_FALSE(verdict.violation) << "operation " << operation << ", fate "
                                      << static_cast<int>(fate) << ": " << Told(verdict);
      restarts += static_cast<uint64_t>(verdict.starts) - 2;
    }
  }
  // Each cut is a start more, but for those during the last; a fault alone is none.
  EXPECT_GE(restarts, operations * 2);
}

}  // namespace
}  // namespace ddbsync::simulation
