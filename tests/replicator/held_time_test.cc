#include "replicator/held_time.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

constexpr auto kMemory = static_cast<size_t>(HeldBy::kMemory);
constexpr auto kRechecks = static_cast<size_t>(HeldBy::kRechecks);

HeldTime::Reasons Only(size_t reason) {
  return HeldTime::Reasons().set(reason);
}

TEST(HeldTime, AReasonLastsFromTheLookThatFindsItToTheLookThatFindsItGone) {
  fake::ManualClock clock;
  HeldTime held;
  held.Look(clock.Now(), {});
  clock.Advance(10s);
  held.Look(clock.Now(), Only(kMemory));
  EXPECT_EQ(held.Totals()[kMemory], 0);  // what was before nobody knows
  clock.Advance(2s);
  held.Look(clock.Now(), Only(kMemory));
  EXPECT_EQ(held.Totals()[kMemory], 2);  // while it goes on
  clock.Advance(500ms);
  held.Look(clock.Now(), {});
  EXPECT_EQ(held.Totals()[kMemory], 2.5);
  clock.Advance(1h);
  held.Look(clock.Now(), {});
  EXPECT_EQ(held.Totals()[kMemory], 2.5);
}

TEST(HeldTime, SeveralReasonsHoldAtOnceAndEachHasItsOwnTime) {
  fake::ManualClock clock;
  HeldTime held;
  held.Look(clock.Now(), Only(kMemory));
  clock.Advance(1s);
  held.Look(clock.Now(), Only(kMemory) | Only(kRechecks));
  clock.Advance(1s);
  held.Look(clock.Now(), Only(kRechecks));
  clock.Advance(1s);
  held.Look(clock.Now(), {});
  EXPECT_EQ(held.Totals()[kMemory], 2);
  EXPECT_EQ(held.Totals()[kRechecks], 2);
  EXPECT_EQ(held.Totals()[static_cast<size_t>(HeldBy::kSourceRead)], 0);
}

TEST(HeldTime, TheFirstLookAddsNothing) {
  HeldTime held;
  held.Look(TimePoint(1h), Only(kMemory));
  EXPECT_EQ(held.Totals()[kMemory], 0);
}

}  // namespace
}  // namespace ddbsync::replicator
