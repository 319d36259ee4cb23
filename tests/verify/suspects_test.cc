#include "verify/suspects.h"

#include <gtest/gtest.h>

#include "verify/limits.h"

namespace ddbsync::verify {
namespace {

const Image kNone;
Image Version(uint64_t version) {
  return dynamodb::Digest{version, 0};
}

TEST(Judge, AKeyThatBecameEqualIsEqual) {
  Suspect suspect{.look = Suspect::Look{Version(1), {}}};
  EXPECT_EQ(Judge(suspect, Version(2), Version(2), {}, true), Fate::kEqual);
  Suspect gone;
  EXPECT_EQ(Judge(gone, kNone, kNone, {}, true), Fate::kEqual);
}

TEST(Judge, WhereAJobFollowsADifferenceIsForProving) {
  Suspect suspect;
  EXPECT_EQ(Judge(suspect, Version(1), kNone, {}, true), Fate::kDiffers);
  EXPECT_EQ(suspect.look->source, Version(1));
  Suspect extra;
  EXPECT_EQ(Judge(extra, kNone, Version(3), {}, true), Fate::kDiffers);
}

TEST(Judge, WhereNoneDoesTheSourceMustStayWhatItWas) {
  Suspect suspect;
  EXPECT_EQ(Judge(suspect, Version(1), kNone, {}, false), Fate::kLookAgain);
  EXPECT_EQ(Judge(suspect, Version(2), kNone, {}, false), Fate::kLookAgain);
  EXPECT_EQ(Judge(suspect, Version(2), kNone, {}, false), Fate::kDiffers);
}

TEST(Judge, AKeyThatChangesAllTheTimeIsEqualIfTheTargetFollows) {
  Suspect suspect{.look = Suspect::Look{Version(1), {}}};
  uint64_t version = 2;
  for (int i = 1; i < limits::kLooksInStep; ++i, ++version) {
    EXPECT_EQ(Judge(suspect, Version(version), Version(version - 1), {}, true), Fate::kDiffers);
    EXPECT_EQ(Unproven(suspect), Fate::kLookAgain);
  }
  EXPECT_EQ(Judge(suspect, Version(version), Version(version - 1), {}, true), Fate::kEqual);
}

TEST(Judge, ATargetThatStaysBehindIsNotInStep) {
  Suspect suspect{.look = Suspect::Look{Version(1), {}}};
  for (int i = 0; i < 2 * limits::kLooksInStep; ++i) {
    EXPECT_EQ(Judge(suspect, Version(2), Version(1), {}, true), Fate::kDiffers);
  }
}

TEST(Judge, WhatNeverStandsStillIsUndecidedAtLast) {
  Suspect suspect;
  for (uint64_t version = 1; version < limits::kMostLooks; ++version) {
    EXPECT_EQ(Judge(suspect, Version(version), Version(version + 1000), {}, false),
              Fate::kLookAgain);
  }
  EXPECT_EQ(Judge(suspect, Version(100), Version(99), {}, false), Fate::kUndecided);
}

TEST(Suspects, AreTakenWhenDueAndByOneOnly) {
  Suspects suspects;
  const TimePoint now{std::chrono::hours(1)};
  suspects.Add({.key = "a"}, now);
  suspects.Add({.key = "b"}, now + std::chrono::seconds(1));
  TimePoint next;
  auto taken = suspects.TakeDue(now, 10, next);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].key, "a");
  EXPECT_EQ(next, now + std::chrono::seconds(1));
  EXPECT_TRUE(suspects.TakeDue(now, 10, next).empty());
  suspects.PutBack(taken[0], now);
  EXPECT_EQ(suspects.TakeDue(now, 10, next).size(), 1U);
  suspects.Remove("a");
  suspects.PutBack(taken[0], now);  // too late
  EXPECT_TRUE(suspects.TakeDue(now, 10, next).empty());
  EXPECT_EQ(suspects.size(), 1U);
}

TEST(Suspects, KeepTheirFirstSighting) {
  Suspects suspects;
  const WallTime first{std::chrono::seconds(5)};
  suspects.Add({.key = "a", .since = first}, TimePoint());
  suspects.Add({.key = "a", .since = first + std::chrono::seconds(9)}, TimePoint());
  TimePoint next;
  EXPECT_EQ(suspects.TakeDue(TimePoint(), 10, next).at(0).since, first);
}

}  // namespace
}  // namespace ddbsync::verify
