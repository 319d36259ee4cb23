#include "replicator/lane_pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "replicator/lane_limits.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr TimePoint kAtOnce = TimePoint::min();

/// A key range that takes so many units a second, saves up a second's worth and refuses the rest.
class KeyRange {
 public:
  explicit KeyRange(double rate) : rate_(rate), saved_(rate) {}

  void SetRate(double rate) { rate_ = rate; }

  bool Take(TimePoint now) {
    saved_ = std::min(rate_, saved_ + rate_ * std::chrono::duration<double>(now - at_).count());
    at_ = now;
    if (saved_ < 1) return false;
    saved_ -= 1;
    return true;
  }

 private:
  double rate_;
  double saved_;
  TimePoint at_ = kStart;
};

struct Use {
  int taken = 0;
  int refused = 0;
};

/// A lane with items of one unit, dealt as soon as the pace allows, at most one each 100 us.
class LaneRun {
 public:
  explicit LaneRun(TimePoint start = kStart) : now_(start) {}

  Use For(Duration duration, KeyRange& range, LanePace& pace) {
    Use use;
    for (const TimePoint end = now_ + duration; now_ < end; now_ += 100us) {
      if (now_ < due_) continue;
      due_ = pace.OnDealt(1, now_);
      if (range.Take(now_)) {
        pace.OnWritten(1, now_);
        ++use.taken;
      } else {
        due_ = std::max(due_, pace.OnRefused(1, now_));
        ++use.refused;
      }
    }
    return use;
  }

 private:
  TimePoint now_;
  TimePoint due_ = kAtOnce;
};

TEST(LanePace, NobodyWaitsBeforeTheFirstRefusal) {
  LanePace pace;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(pace.OnDealt(400, kStart), kAtOnce);
    pace.OnWritten(400, kStart);
  }
}

TEST(LanePace, KeepsCloseToWhatTheKeyRangeTakes) {
  for (const double rate : {30.0, 100.0, 1000.0, 3000.0}) {
    KeyRange range(rate);
    LanePace pace;
    LaneRun run;
    (void)run.For(10s, range, pace);  // until it has found out
    const Use use = run.For(60s, range, pace);
    EXPECT_GE(use.taken, 60 * rate * 0.9) << rate;
    EXPECT_LE(use.refused, 60) << rate;
  }
}

TEST(LanePace, FindsMoreWhenTheKeyRangeTakesMore) {
  KeyRange range(100);
  LanePace pace;
  LaneRun run;
  (void)run.For(20s, range, pace);
  range.SetRate(1000);
  (void)run.For(40s, range, pace);
  EXPECT_GE(run.For(10s, range, pace).taken, 9000);
}

TEST(LanePace, WhatWasNotRefusedForHoursComesDownSoon) {
  for (const Duration calm : {Duration(10min), Duration(48h)}) {
    LanePace pace;
    (void)pace.OnRefused(1, kStart);
    // Nothing was dealt for so long, and now the key range takes little.
    KeyRange range(100);
    LaneRun run(kStart + calm);
    (void)run.For(5s, range, pace);
    const Use use = run.For(60s, range, pace);
    EXPECT_GE(use.taken, 5000);
    EXPECT_LE(use.refused, 60);
  }
}

TEST(LanePace, AfterAnOutageItGoesOnAsBefore) {
  KeyRange range(1000);
  LanePace pace;
  LaneRun run;
  (void)run.For(20s, range, pace);
  range.SetRate(0);
  const Use outage = run.For(60s, range, pace);
  EXPECT_LE(outage.refused, 25);  // rests longer and longer
  range.SetRate(1000);
  (void)run.For(limits::kLongestLeftoverPause, range, pace);
  EXPECT_GE(run.For(10s, range, pace).taken, 9000);
}

/// Of a server that refuses items without regard to how fast they come.
TEST(LanePace, AFewRefusalsAtRandomDoNotSlowItToNothing) {
  for (const int one_in : {12, 16, 50}) {
    std::minstd_rand random(7);
    LanePace pace;
    int taken = 0;
    TimePoint due = kAtOnce;
    for (TimePoint now = kStart; now < kStart + 120s; now += 1ms) {
      if (now < due) continue;
      due = pace.OnDealt(1, now);
      if (random() % one_in != 0) {
        pace.OnWritten(1, now);
        ++taken;
      } else {
        due = std::max(due, pace.OnRefused(1, now));
      }
    }
    // The rest after each refusal is what remains of the time.
    EXPECT_GE(taken, 120 * 0.6 * one_in / (0.1 + one_in * 0.001)) << one_in;
  }
}

TEST(LanePace, ItemsOfOneBatchThatComeBackAreOneRefusal) {
  LanePace pace;
  const TimePoint rested = pace.OnRefused(1, kStart);
  EXPECT_EQ(rested, kStart + limits::kFirstLeftoverPause);
  for (int i = 0; i < 24; ++i) EXPECT_EQ(pace.OnRefused(1, kStart), rested);
  EXPECT_EQ(pace.OnFailed(rested), rested + 2 * limits::kFirstLeftoverPause);
}

TEST(LanePace, AFailedCallSaysNothingOfTheKeyRange) {
  LanePace pace;
  (void)pace.OnFailed(kStart);
  EXPECT_EQ(pace.OnDealt(1, kStart + 1s), kAtOnce);
}

TEST(LanePace, ALargeItemAtALowRateHoldsNobodyForMinutes) {
  KeyRange range(0.5);
  LanePace pace;
  (void)LaneRun().For(60s, range, pace);
  const TimePoint later = kStart + 60s;
  EXPECT_LE(pace.OnDealt(400, later), later + limits::kLongestLeftoverPause + limits::kLaneGrain);
}

TEST(LanePace, LanesAreDueTogether) {
  LanePace a, b;
  (void)a.OnRefused(1, kStart);
  (void)b.OnRefused(1, kStart + 3ms);
  const TimePoint due_a = a.OnDealt(30, kStart + 200ms);
  const TimePoint due_b = b.OnDealt(30, kStart + 201ms);
  EXPECT_GT(due_a, kStart + 200ms);
  EXPECT_EQ(due_a.time_since_epoch() % limits::kLaneGrain, 0s);
  EXPECT_EQ(due_b.time_since_epoch() % limits::kLaneGrain, 0s);
}

}  // namespace
}  // namespace ddbsync::replicator
