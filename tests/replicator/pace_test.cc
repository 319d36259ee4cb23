#include "replicator/pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "replicator/account_capacity.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;
using Feedback = InFlightLimit::Feedback;

constexpr TimePoint kNow{std::chrono::hours(1)};

TEST(InFlightLimit, RefusesPastItsLimitAndWakesWhenAPlaceIsFree) {
  InFlightLimit limit({.initial = 1, .maximum = 8});
  int wakes = 0;
  EXPECT_TRUE(limit.TryEnter({}));
  EXPECT_FALSE(limit.TryEnter(Waker([&] { ++wakes; })));
  limit.Leave(Feedback::kNeutral, 1ms, kNow);
  EXPECT_EQ(wakes, 1);
}

TEST(InFlightLimit, GrowsByOneForALimitsWorthOfSuccesses) {
  InFlightLimit limit({.initial = 4, .maximum = 8});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(limit.TryEnter({}));
    limit.Leave(Feedback::kSuccess, 1ms, kNow);
  }
  EXPECT_EQ(limit.limit(), 5);
}

TEST(InFlightLimit, HalvesOnceForThrottlesThatComeTogether) {
  InFlightLimit limit({.initial = 8, .maximum = 8});
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(limit.TryEnter({}));
    limit.Leave(Feedback::kThrottled, 1ms, kNow);
  }
  EXPECT_EQ(limit.limit(), 4);
  ASSERT_TRUE(limit.TryEnter({}));
  limit.Leave(Feedback::kThrottled, 1ms, kNow + limits::kHalvingPause);
  EXPECT_EQ(limit.limit(), 2);
}

TEST(InFlightLimit, HalvesWhenNoAnswerCameInTime) {
  EXPECT_EQ(InFlightLimit::OfFailure(ErrorCode::kAmbiguous, limits::kLateAnswer), Feedback::kLate);
  EXPECT_EQ(InFlightLimit::OfFailure(ErrorCode::kRetry, limits::kLateAnswer), Feedback::kLate);
  EXPECT_EQ(InFlightLimit::OfFailure(ErrorCode::kAmbiguous, 1ms), Feedback::kNeutral);
  EXPECT_EQ(InFlightLimit::OfFailure(ErrorCode::kThrottled, 1h), Feedback::kThrottled);
  EXPECT_EQ(InFlightLimit::OfFailure(ErrorCode::kInvalid, 1h), Feedback::kNeutral) << "an answer";
  InFlightLimit limit({.initial = 8, .maximum = 8});
  limit.Hear(Feedback::kThrottled, kNow);
  limit.Hear(Feedback::kLate, kNow);  // of the same moment
  EXPECT_TRUE(limit.late());
  limit.Hear(Feedback::kNeutral, kNow + limits::kHalvingPause);  // an item that is refused, say
  EXPECT_FALSE(limit.late());
  EXPECT_EQ(limit.limit(), 4);
  limit.Hear(Feedback::kLate, kNow + limits::kHalvingPause);
  EXPECT_EQ(limit.limit(), 2);
  EXPECT_EQ(limit.last_throttled(), kNow);
  limit.Hear(Feedback::kSuccess, kNow + limits::kHalvingPause);
  EXPECT_FALSE(limit.late());
}

TEST(InFlightLimit, NoMoreThanItIsToldToAndAtOnceMoreAfterwards) {
  InFlightLimit limit({.initial = 8, .maximum = 8});
  limit.SetMost(1);
  EXPECT_EQ(limit.limit(), 1);
  int wakes = 0;
  EXPECT_TRUE(limit.TryEnter({}));
  EXPECT_FALSE(limit.TryEnter(Waker([&] { ++wakes; })));
  EXPECT_FALSE(limit.TryEnter(Waker([&] { ++wakes; })));
  limit.SetMost(std::nullopt);
  EXPECT_EQ(wakes, 2);
  EXPECT_EQ(limit.limit(), 8);
}

TEST(InFlightLimit, NeverFallsBelowOne) {
  InFlightLimit limit({.initial = 1, .maximum = 8});
  limit.SetShare(0.01);
  ASSERT_TRUE(limit.TryEnter({}));
  limit.Leave(Feedback::kThrottled, 1ms, kNow);
  EXPECT_EQ(limit.limit(), 1);
}

/// How many calls get in beside those that are in flight.
int FreePlaces(InFlightLimit& limit) {
  int free = 0;
  while (limit.TryEnter({})) ++free;
  for (int i = 0; i < free; ++i) limit.Leave(Feedback::kNeutral, 1ms, kNow);
  return free;
}

TEST(InFlightLimit, MoreCallsThanKeepTheProcessorsBusyAreOfNoUse) {
  InFlightLimit limit({.initial = 32, .maximum = 64, .work = 100us, .processors = 2});
  const auto call = [&](Duration took, TimePoint now) {
    ASSERT_TRUE(limit.TryEnter({}));
    limit.Leave(Feedback::kSuccess, took, now);
  };
  EXPECT_EQ(FreePlaces(limit), 32);
  call(200us, kNow);  // of which half is work: four calls keep two processors busy
  EXPECT_EQ(FreePlaces(limit), 4 * static_cast<int>(limits::kUsefulFactor));
  call(5ms, kNow);  // this one waited for something
  EXPECT_EQ(FreePlaces(limit), 4 * static_cast<int>(limits::kUsefulFactor));
  call(1us, kNow);
  EXPECT_EQ(FreePlaces(limit), 2 * static_cast<int>(limits::kUsefulPerProcessor));
  // The way to the server has become longer.
  for (int i = 1; i <= 3; ++i) call(50ms, kNow + i * limits::kLatencyWindow);
  EXPECT_GE(FreePlaces(limit), 32);
}

TEST(InFlightLimit, OfLargeBatchesFewerKeepTheProcessorsBusy) {
  EXPECT_EQ(AsOfUsualBatch(3ms, 0), 3ms);
  EXPECT_EQ(AsOfUsualBatch(3ms, limits::kBytesOfThatBatch), 3ms);
  EXPECT_EQ(AsOfUsualBatch(3ms, 30 * limits::kBytesOfThatBatch), 100us);
  InFlightLimit limit({.initial = 32, .maximum = 64, .work = 100us, .processors = 2});
  ASSERT_TRUE(limit.TryEnter({}));
  limit.Leave(Feedback::kSuccess, AsOfUsualBatch(3ms, 30 * limits::kBytesOfThatBatch), kNow);
  EXPECT_EQ(limit.useful(), 2 * static_cast<int>(limits::kUsefulFactor));
}

TEST(InFlightLimit, WhoGoesOnKeepsItsPlace) {
  InFlightLimit limit({.initial = 1, .maximum = 8});
  int wakes = 0;
  ASSERT_TRUE(limit.TryEnter({}));
  ASSERT_FALSE(limit.TryEnter(Waker([&] { ++wakes; })));
  limit.Leave(Feedback::kNeutral, 1ms, kNow, InFlightLimit::Then::kGoOn);
  EXPECT_EQ(wakes, 0);
  ASSERT_TRUE(limit.TryEnter({}));
  limit.Leave(Feedback::kNeutral, 1ms, kNow);
  EXPECT_EQ(wakes, 1);
}

TEST(InFlightLimit, OneIsWokenForEachFreePlaceAndAllByTheLastToLeave) {
  InFlightLimit limit({.initial = 2, .maximum = 2});
  int wakes = 0;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(limit.TryEnter({}));
  for (int i = 0; i < 4; ++i) ASSERT_FALSE(limit.TryEnter(Waker([&] { ++wakes; })));
  limit.Leave(Feedback::kNeutral, 1ms, kNow);
  EXPECT_EQ(wakes, 1);
  // Who was woken may have had nothing to do.
  limit.Leave(Feedback::kNeutral, 1ms, kNow);
  EXPECT_EQ(wakes, 4);
}

/// Units taken within `seconds` by calls that each cost `actual` where `estimate` was believed.
double Taken(double rate, double estimate, double actual, int seconds) {
  CapacityBucket bucket("write-capacity", rate);
  double taken = 0;
  TimePoint now = kNow;
  while (now < kNow + std::chrono::seconds(seconds)) {
    if (auto retry_at = bucket.TakeOrRetryAt(CapacityBucket::User::kBackfill, estimate, now)) {
      now = *retry_at;
    } else {
      bucket.Charge(estimate, actual, 0);
      taken += actual;
    }
  }
  return taken;
}

class CapacityLogTest : public testing::Test {
 protected:
  void SetUp() override {
    lines_.clear();
    SetLogSink([](std::string_view line) { lines_.emplace_back(line); });
  }
  void TearDown() override { SetLogSink(nullptr); }

  static std::vector<std::string> lines_;
};
std::vector<std::string> CapacityLogTest::lines_;

TEST(CapacityBucket, ACostThatCannotBeIsNotBelieved) {
  CapacityBucket bucket("write-capacity", 100);
  EXPECT_EQ(bucket.Charge(25, 1e18, 30), 30);
  EXPECT_EQ(bucket.Charge(25, -5, 30), 30);
  EXPECT_EQ(bucket.Charge(25, 10, 30), 10);
}

TEST(CapacityBucket, ARateNextToNothingIsWaitedForInSmallSteps) {
  CapacityBucket bucket("write-capacity", 1e-300);
  (void)bucket.TakeOrRetryAt(CapacityBucket::User::kTail, 25, kNow);
  bucket.Charge(0, 1000, 0);
  const auto retry_at = bucket.TakeOrRetryAt(CapacityBucket::User::kTail, 25, kNow + 1s);
  ASSERT_TRUE(retry_at);
  EXPECT_EQ(*retry_at, kNow + 1s + limits::kCapacityLook);
}

TEST_F(CapacityLogTest, ThatCostsAreComputedIsSaidOnceWhereABoundIsKept) {
  CapacityBucket bounded("read-capacity", 10);
  EXPECT_EQ(bounded.Charge(1, 3, 128), 3);
  EXPECT_TRUE(lines_.empty());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(bounded.Charge(1, {}, 128), 128);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(lines_[0].find("capacity_computed"), std::string::npos);
  EXPECT_NE(lines_[0].find("read-capacity"), std::string::npos);
  CapacityBucket unbounded("write-capacity", {});
  EXPECT_EQ(unbounded.Charge(1, {}, 25), 25);
  EXPECT_EQ(lines_.size(), 1U);
}

TEST(CapacityBucket, KeepsItsRateWhateverTheEstimate) {
  EXPECT_NEAR(Taken(500, 25, 25, 60), 500 * 60, 500);
  EXPECT_NEAR(Taken(500, 25, 100, 60), 500 * 60, 500);
  EXPECT_NEAR(Taken(500, 25, 5, 60), 500 * 60, 1500);
}

TEST(CapacityBucket, WhatWasTakenTooMuchIsOthersAtOnce) {
  CapacityBucket bucket("write-capacity", 60);
  const auto backfill = CapacityBucket::User::kBackfill;
  auto begun = kNow;
  while (auto retry_at = bucket.TakeOrRetryAt(backfill, 256, begun)) begun = *retry_at;
  const auto other = bucket.TakeOrRetryAt(backfill, 256, begun);
  ASSERT_TRUE(other);  // 256 units are over four seconds' worth
  bucket.Charge(256, 1, 0);
  EXPECT_LE(*other, begun + std::chrono::milliseconds(100));
  EXPECT_EQ(bucket.TakeOrRetryAt(backfill, 256, *other), std::nullopt);
}

TEST(CapacityBucket, TheTailGoesFirst) {
  using User = CapacityBucket::User;
  CapacityBucket bucket("write-capacity", 100);
  ASSERT_TRUE(bucket.TakeOrRetryAt(User::kBackfill, 25, kNow));
  const TimePoint later = kNow + 1s;
  ASSERT_FALSE(bucket.TakeOrRetryAt(User::kBackfill, 25, later));
  const auto tail = bucket.TakeOrRetryAt(User::kTail, 25, later);
  ASSERT_TRUE(tail);  // it goes into no debt: the bound is kept with it too
  ASSERT_TRUE(bucket.TakeOrRetryAt(User::kBackfill, 25, later));
  TimePoint due = *tail;
  for (;;) {
    EXPECT_TRUE(bucket.TakeOrRetryAt(User::kBackfill, 25, due)) << "before the tail";
    const auto again = bucket.TakeOrRetryAt(User::kTail, 25, due);
    if (!again) break;
    due = *again;
  }
  EXPECT_LE(due, later + 250ms);  // what the backfill's call cost, at the rate
  EXPECT_FALSE(bucket.TakeOrRetryAt(User::kBackfill, 25, due + 1s));
}

TEST(CapacityBucket, ASecondAfterARestHasOneCallMore) {
  constexpr double kRate = 500;
  constexpr double kCall = 25;
  CapacityBucket bucket("write-capacity", kRate);
  TimePoint now = kNow;
  double taken = 0;
  (void)bucket.TakeOrRetryAt(CapacityBucket::User::kTail, kCall, now);
  now += 10s;
  for (const TimePoint end = now + 1s; now < end; now += 1ms) {
    if (!bucket.TakeOrRetryAt(CapacityBucket::User::kTail, kCall, now)) taken += kCall;
  }
  EXPECT_LE(taken, kRate + kCall);
  EXPECT_GE(taken, kRate);
}

/// A tail of which each poll brings some changes, and a backfill that takes whatever it gets, with
/// some writers each that come up to a few milliseconds late, and now and then, when the machine
/// was busy with something else, all of them later.
class TailAndBackfill {
 public:
  using User = CapacityBucket::User;

  TailAndBackfill(double rate, uint64_t seed)
      : bucket_("write-capacity", rate), random_(static_cast<uint_fast32_t>(seed)) {}

  /// `changes`: of each poll, about. Without any there is no tail.
  void Run(std::chrono::seconds time, int changes) {
    TimePoint poll = now_;
    for (const TimePoint end = now_ + time; now_ < end; now_ += Random(1, 500) == 1 ? 40ms : 1ms) {
      if (changes > 0 && now_ >= poll) {
        poll += kPoll;
        for (int left = Random(changes * 9 / 10, changes * 11 / 10); left > 0; left -= kBatch) {
          queued_.push_back({now_, std::min(left, kBatch)});
        }
      }
      for (TimePoint& ask_at : tail_) Step(User::kTail, ask_at);
      for (TimePoint& ask_at : backfill_) Step(User::kBackfill, ask_at);
    }
  }
  [[nodiscard]] double units() const { return units_; }
  [[nodiscard]] double most_in_a_second() const { return most_; }
  [[nodiscard]] Duration longest_wait() const { return longest_wait_; }

 private:
  static constexpr int kBatch = 25;
  static constexpr auto kPoll = 250ms;
  struct Queued {
    TimePoint since;
    int units;
  };

  int Random(int least, int most) { return std::uniform_int_distribution(least, most)(random_); }

  void Step(User user, TimePoint& ask_at) {
    const bool tail = user == User::kTail;
    if (ask_at > now_ || (tail && queued_.empty())) return;
    const auto retry_at = bucket_.TakeOrRetryAt(user, kBatch, now_);
    ask_at = retry_at.value_or(now_ + 2ms) + std::chrono::milliseconds(Random(0, 3));
    if (retry_at) return;
    int units = kBatch;
    if (tail) {
      units = queued_.front().units;
      longest_wait_ = std::max(longest_wait_, now_ - queued_.front().since);
      queued_.pop_front();
    }
    bucket_.Correct(kBatch, units);
    units_ += bucket_.Charge(units, units, units);
    last_.emplace_back(now_, units);
    while (now_ - last_.front().first >= 1s) last_.pop_front();
    double in_a_second = 0;
    for (const auto& [at, taken] : last_) in_a_second += taken;
    most_ = std::max(most_, in_a_second);
  }

  CapacityBucket bucket_;
  std::mt19937 random_;
  TimePoint now_ = kNow;
  std::deque<Queued> queued_;
  std::array<TimePoint, 8> tail_{};
  std::array<TimePoint, 8> backfill_{};
  double units_ = 0;
  double most_ = 0;
  Duration longest_wait_{0};
  std::deque<std::pair<TimePoint, double>> last_;
};

TEST(CapacityBucket, NoSecondHasMoreThanTheRateAndOneCallWhoeverDrawsFromIt) {
  constexpr double kCall = 25;
  for (const double rate : {500.0, 350.0, 499.0}) {
    for (const int changes : {0, 10, 75}) {
      TailAndBackfill both(rate, static_cast<uint64_t>(rate) + static_cast<uint64_t>(changes));
      both.Run(60s, changes);
      EXPECT_LE(both.most_in_a_second(), rate + kCall) << rate << "/s, " << changes;
      EXPECT_GE(both.units(), 0.97 * rate * 60) << rate << "/s, " << changes;
      EXPECT_LE(both.longest_wait(), 300ms) << rate << "/s, " << changes;
    }
  }
}

TEST(CapacityBucket, WithoutARateThereIsNoBound) {
  CapacityBucket bucket("write-capacity", std::nullopt);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(bucket.TakeOrRetryAt(CapacityBucket::User::kBackfill, 1e9, kNow), std::nullopt);
  }
}

TEST(AccountCapacity, IsAnAccountsAndARegionsElseAServersAndARegions) {
  const auto of = [](const char* arn) { return AccountCapacity::Of(arn, "http://there:8000/"); };
  EXPECT_EQ(of("arn:aws:dynamodb:eu-west-1:111111111111:table/a"), "111111111111 eu-west-1");
  EXPECT_EQ(of("arn:aws:dynamodb:ddblocal:000000000000:table/a"), "http://there:8000/ ddblocal");
  EXPECT_EQ(of("table/a"), "http://there:8000/ ");
  AccountCapacity accounts(10, std::nullopt);
  EXPECT_EQ(&accounts.Reads("a"), &accounts.Reads("a"));
  EXPECT_NE(&accounts.Reads("a"), &accounts.Reads("b"));
  EXPECT_EQ(accounts.Reads("a").rate(), 10);
  EXPECT_EQ(accounts.Writes("a").rate(), std::nullopt);
}

/// Jobs whose writers ask for the same capacity, as fast as they are let.
struct Rivals {
  explicit Rivals(SharedCapacity& shared) : shared_(shared) {}

  /// One job with so many writers.
  void Add(CapacityBucket::User user, int writers, std::optional<double> own = std::nullopt) {
    jobs.push_back(std::make_unique<Job>(user, own, shared_));
    jobs.back()->ask_at.resize(static_cast<size_t>(writers), kNow);
  }
  /// In steps of a millisecond, each writer when it was told to.
  void Run(std::chrono::milliseconds time) {
    for (TimePoint end = now_ + time; now_ < end; now_ += 1ms) {
      for (auto& job : jobs) {
        for (TimePoint& ask_at : job->ask_at) {
          if (ask_at > now_) continue;
          const auto retry_at = job->bucket.TakeOrRetryAt(job->user, 25, now_);
          ask_at = retry_at.value_or(now_ + 5ms);
          if (!retry_at) job->units += job->bucket.Charge(25, 25, 25);
        }
      }
    }
  }
  [[nodiscard]] double Units() const {
    double all = 0;
    for (const auto& job : jobs) all += job->units;
    return all;
  }

  struct Job {
    Job(CapacityBucket::User u, std::optional<double> own, SharedCapacity& shared)
        : user(u), bucket("write-capacity", own, &shared) {}
    CapacityBucket::User user;
    CapacityBucket bucket;
    std::vector<TimePoint> ask_at;
    double units = 0;
  };
  std::vector<std::unique_ptr<Job>> jobs;

 private:
  SharedCapacity& shared_;
  TimePoint now_ = kNow;
};

TEST(SharedCapacity, IsKeptByAllTogetherAndSharedWhateverEachAsksFor) {
  SharedCapacity shared("account-write-capacity", 1000);
  Rivals rivals(shared);
  rivals.Add(CapacityBucket::User::kBackfill, 64);
  rivals.Add(CapacityBucket::User::kBackfill, 1);
  rivals.Add(CapacityBucket::User::kBackfill, 8);
  rivals.Run(10s);
  EXPECT_LE(rivals.Units(), 10'000 + 25);
  EXPECT_GE(rivals.Units(), 9'000);
  for (const auto& job : rivals.jobs) EXPECT_NEAR(job->units, rivals.Units() / 3, 500);
}

TEST(SharedCapacity, WhatOneDoesNotUseIsTheOthers) {
  SharedCapacity shared("account-write-capacity", 1000);
  Rivals rivals(shared);
  rivals.Add(CapacityBucket::User::kBackfill, 8, 100);
  rivals.Add(CapacityBucket::User::kBackfill, 8);
  rivals.Run(10s);
  EXPECT_NEAR(rivals.jobs[0]->units, 1'000, 100);
  EXPECT_GE(rivals.jobs[1]->units, 8'000);
}

TEST(SharedCapacity, ATailGoesBeforeTheBackfillOfEveryJob) {
  SharedCapacity shared("account-write-capacity", 1000);
  Rivals rivals(shared);
  rivals.Add(CapacityBucket::User::kBackfill, 64);
  rivals.Run(2s);
  const double before = rivals.jobs[0]->units;
  rivals.Add(CapacityBucket::User::kTail, 64);  // wants more than there is
  rivals.Run(5s);
  EXPECT_LE(rivals.jobs[0]->units - before, 200);
  EXPECT_GE(rivals.jobs[1]->units, 4'500);
}

TEST(SharedCapacity, WhoComesLateOrGoesHoldsNobodyUp) {
  SharedCapacity shared("account-write-capacity", 1000);
  Rivals rivals(shared);
  rivals.Add(CapacityBucket::User::kBackfill, 8);
  rivals.Run(10s);
  const double before = rivals.jobs[0]->units;
  rivals.Add(CapacityBucket::User::kBackfill, 8);
  rivals.Run(4s);
  EXPECT_NEAR(rivals.jobs[0]->units - before, 2'000, 300);
  rivals.jobs.pop_back();
  rivals.Run(2s);
  EXPECT_GE(rivals.jobs[0]->units - before, 3'500);
}

TEST(SharedCapacity, IsChangedWhileItIsUsed) {
  SharedCapacity shared("account-write-capacity", std::nullopt);
  Rivals rivals(shared);
  rivals.Add(CapacityBucket::User::kBackfill, 8);
  rivals.Run(1s);
  const double before = rivals.Units();
  EXPECT_GT(before, 20'000);
  shared.SetRate(100);
  rivals.Run(10s);
  EXPECT_LE(rivals.Units() - before, 1'000 + 100);
  EXPECT_TRUE(rivals.jobs[0]->bucket.refused_by_shared());
}

}  // namespace
}  // namespace ddbsync::replicator
