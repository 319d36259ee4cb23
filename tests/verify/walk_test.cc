#include "verify/walk.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ddbsync::verify {
namespace {

TEST(Walk, GivesEachSegmentToOneWalker) {
  Walk walk(3, {0, 2});
  EXPECT_EQ(walk.Take()->segment, 0);
  EXPECT_EQ(walk.Take()->segment, 2);
  EXPECT_FALSE(walk.Take());
  walk.GiveBack(2);
  EXPECT_EQ(walk.Take()->segment, 2);
}

TEST(Walk, IsFinishedWhenEachSegmentIs) {
  Walk walk(2, {0, 1});
  walk.Advance({.segment = 0, .finished = true, .items = 3, .bytes = 30});
  EXPECT_FALSE(walk.finished());
  walk.Advance({.segment = 1, .cursor = "c", .items = 1, .bytes = 10});
  EXPECT_FALSE(walk.finished());
  walk.Advance({.segment = 1, .finished = true, .items = 2, .bytes = 20});
  EXPECT_TRUE(walk.finished());
  EXPECT_EQ(walk.items(), 5);
  EXPECT_EQ(walk.bytes(), 50);
}

TEST(Walk, GoesOnWhereItWas) {
  Walk walk(3, {0, 1, 2});
  walk.Restore({.segment = 1, .finished = true, .items = 7});
  walk.Restore({.segment = 2, .cursor = "here", .items = 2});
  EXPECT_EQ(walk.Take()->segment, 0);
  const auto third = walk.Take();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->segment, 2);
  EXPECT_EQ(third->cursor, "here");
  EXPECT_FALSE(walk.Take());
  EXPECT_EQ(walk.items(), 9);
}

TEST(Walk, LeavesSegmentsOfAnotherWalkAlone) {
  Walk walk(4, {1});
  walk.Restore({.segment = 3, .finished = true});
  EXPECT_EQ(walk.segments_finished(), 0U);
}

TEST(Walk, OfNoSegmentsIsFinished) {
  EXPECT_TRUE(Walk(4, {}).finished());
}

TEST(ChooseSample, TakesEachSegmentOnceAndTheSameForASeed) {
  const std::vector<int> sample = ChooseSample(1000, 50, 7);
  EXPECT_EQ(sample.size(), 50U);
  EXPECT_TRUE(std::ranges::is_sorted(sample));
  EXPECT_EQ(std::ranges::adjacent_find(sample), sample.end());
  EXPECT_EQ(sample, ChooseSample(1000, 50, 7));
  EXPECT_NE(sample, ChooseSample(1000, 50, 8));
  EXPECT_EQ(ChooseSample(3, 3, 7), (std::vector{0, 1, 2}));
}

}  // namespace
}  // namespace ddbsync::verify
