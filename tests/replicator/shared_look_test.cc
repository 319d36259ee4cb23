#include "replicator/shared_look.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace ddbsync::replicator {
namespace {

using std::chrono::milliseconds;

/// How often it was looked at something, which every look shows.
class SharedLookTest : public ::testing::Test {
 protected:
  int Ask(TimePoint now) {
    return look_.Get(now, [this] { return ++looks_; });
  }

  const TimePoint start_{std::chrono::hours(1)};
  SharedLook<int> look_;
  std::atomic<int> looks_ = 0;
};

TEST_F(SharedLookTest, TheFirstOneLooks) {
  EXPECT_EQ(Ask(start_), 1);
}

TEST_F(SharedLookTest, AnHourOfManyWhoAskIsFiveLooksASecond) {
  for (int i = 0; i < 3'600'000; i += 20) Ask(start_ + milliseconds(i));
  EXPECT_EQ(looks_, 3600 * 5);
}

TEST_F(SharedLookTest, NobodyIsShownWhatIsOlderThanTheLimit) {
  Ask(start_);
  EXPECT_EQ(Ask(start_ + limits::kSharedLook - milliseconds(1)), 1);
  EXPECT_EQ(Ask(start_ + limits::kSharedLook), 2);
}

TEST_F(SharedLookTest, WhoCameBeforeButAskedLaterSharesTheNewerLook) {
  Ask(start_);
  EXPECT_EQ(Ask(start_ - milliseconds(1)), 1);
}

TEST_F(SharedLookTest, AfterAChangeTheNextLooksAnew) {
  Ask(start_);
  look_.Forget();
  EXPECT_EQ(Ask(start_), 2);
  EXPECT_EQ(Ask(start_), 2);
}

TEST_F(SharedLookTest, ALookThatDoesNotFitIsTakenAnew) {
  const auto odd = [](int number) { return number % 2 == 1; };
  const auto take = [this] { return looks_ += 1; };
  EXPECT_EQ(look_.Get(start_, take, odd), 1);
  EXPECT_EQ(look_.Get(start_, take, odd), 1);
  EXPECT_EQ(look_.Get(start_, take, [](int) { return false; }), 2);
  EXPECT_EQ(look_.Get(start_, take, odd), 3);
}

TEST_F(SharedLookTest, ThreadsThatAskAtOnceWaitForOneLook) {
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([this] {
        for (int i = 0; i < 1000; ++i) EXPECT_EQ(Ask(start_ + milliseconds(i % 100)), 1);
      });
    }
  }
  EXPECT_EQ(looks_, 1);
}

}  // namespace
}  // namespace ddbsync::replicator
