#include "base/byte_credit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace ddbsync {
namespace {

using User = ByteCredit::User;

TEST(ByteCredit, GivesUpToItsLimitAndTakesBackWhatIsReleased) {
  ByteCredit credit(100, 0);
  auto first = credit.TryTake(User::kTail, 60, Waker());
  ASSERT_TRUE(first);
  EXPECT_FALSE(credit.TryTake(User::kTail, 41, Waker()));
  auto second = credit.TryTake(User::kTail, 40, Waker());
  ASSERT_TRUE(second);
  EXPECT_EQ(credit.used(), 100U);
  first.reset();
  EXPECT_EQ(credit.used(), 40U);
}

TEST(ByteCredit, TellsHowManyWait) {
  for (const User user : {User::kTail, User::kBackfill}) {
    ByteCredit credit(100, 0);
    auto first = credit.TryTake(user, 60, Waker());
    EXPECT_EQ(credit.waiting(), 0U);
    EXPECT_FALSE(credit.TryTake(user, 41, Waker()));
    EXPECT_EQ(credit.waiting(), 1U);
    first.reset();
    EXPECT_EQ(credit.waiting(), 0U);
  }
}

TEST(ByteCredit, TheBackfillLeavesTheTailItsPart) {
  ByteCredit credit(100, 30);
  const auto backfill = credit.TryTake(User::kBackfill, 70, Waker());
  ASSERT_TRUE(backfill);
  EXPECT_FALSE(credit.TryTake(User::kBackfill, 1, Waker()));
  EXPECT_TRUE(credit.TryTake(User::kTail, 30, Waker()));
}

TEST(ByteCredit, APageLargerThanTheLimitIsReadAlone) {
  ByteCredit credit(100, 30);
  auto large = credit.TryTake(User::kBackfill, 1000, Waker());
  ASSERT_TRUE(large);
  EXPECT_FALSE(credit.TryTake(User::kTail, 1, Waker()));
  large.reset();
  EXPECT_TRUE(credit.TryTake(User::kTail, 1, Waker()));
}

TEST(ByteCredit, GivesBackWhatTheRealSizeDidNotNeed) {
  ByteCredit credit(100, 0);
  auto grant = credit.TryTake(User::kTail, 100, Waker());
  grant->ResizeTo(10);
  EXPECT_EQ(grant->bytes(), 10U);
  EXPECT_EQ(credit.used(), 10U);
  EXPECT_TRUE(credit.TryTake(User::kTail, 90, Waker()));
}

TEST(ByteCredit, ARealSizePastTheLimitHoldsBackTheNext) {
  ByteCredit credit(100, 0);
  auto grant = credit.TryTake(User::kTail, 100, Waker());
  grant->ResizeTo(150);
  EXPECT_EQ(credit.used(), 150U);
  EXPECT_FALSE(credit.TryTake(User::kTail, 1, Waker()));
  grant.reset();
  EXPECT_EQ(credit.used(), 0U);
}

TEST(ByteCredit, WakesWhoWaitedOnceAndTheTailFirst) {
  ByteCredit credit(100, 10);
  auto grant = credit.TryTake(User::kTail, 100, Waker());
  std::vector<int> woken;
  EXPECT_FALSE(credit.TryTake(User::kBackfill, 10, Waker([&] { woken.push_back(2); })));
  EXPECT_FALSE(credit.TryTake(User::kTail, 10, Waker([&] { woken.push_back(1); })));
  EXPECT_TRUE(woken.empty());
  grant->ResizeTo(120);
  EXPECT_TRUE(woken.empty());
  grant->ResizeTo(50);
  EXPECT_EQ(woken, (std::vector<int>{1, 2}));
  grant.reset();
  EXPECT_EQ(woken.size(), 2U);
}

TEST(ByteCredit, WakesNoMoreThanThereIsRoomFor) {
  ByteCredit credit(100, 0);
  std::vector<ByteGrant> grants;
  for (int i = 0; i < 10; ++i) grants.push_back(*credit.TryTake(User::kTail, 10, Waker()));
  std::vector<int> woken;
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(credit.TryTake(User::kTail, 10, Waker([&woken, i] { woken.push_back(i); })));
  }
  grants.pop_back();
  EXPECT_EQ(woken, (std::vector<int>{0}));
  grants[0].ResizeTo(1);
  EXPECT_EQ(woken, (std::vector<int>{0, 1}));  // 19 are free, though who was woken took nothing
  grants[1].ResizeTo(9);
  EXPECT_EQ(woken.size(), 4U);
  grants.clear();
  EXPECT_EQ(woken.size(), 50U) << "nobody holds anything, so nobody else would wake them";
}

TEST(ByteCredit, WhoIsWokenMayTakeAtOnce) {
  ByteCredit credit(100, 0);
  auto grant = credit.TryTake(User::kTail, 100, Waker());
  std::optional<ByteGrant> next;
  EXPECT_FALSE(credit.TryTake(User::kTail, 10,
                              Waker([&] { next = credit.TryTake(User::kTail, 10, Waker()); })));
  grant.reset();
  EXPECT_TRUE(next);
  EXPECT_EQ(credit.used(), 10U);
}

TEST(ByteCredit, NoMoreWaitThanThereAreWakersHoweverOftenTheyAsk) {
  constexpr int kWaiters = 10'000;
  ByteCredit credit(100, 0);
  auto all = credit.TryTake(User::kTail, 100, Waker());
  std::vector<int> woken;
  std::vector<Waker> wakers;
  for (int i = 0; i < kWaiters; ++i) wakers.emplace_back([&woken, i] { woken.push_back(i); });
  for (int round = 0; round < 10; ++round) {
    // As tasks that are woken for other reasons do, in any order.
    for (int i = 0; i < kWaiters; ++i) {
      const Waker& waker = wakers[(i * (round == 0 ? 1 : 7919)) % kWaiters];
      ASSERT_FALSE(credit.TryTake(User::kTail, 10, Waker(waker)));
    }
    ASSERT_EQ(credit.waiting(), size_t{kWaiters});
  }
  all.reset();
  ASSERT_EQ(woken.size(), size_t{kWaiters}) << "each once";
  EXPECT_TRUE(std::is_sorted(woken.begin(), woken.end())) << "in the order of their first asking";
  EXPECT_EQ(credit.waiting(), 0U);
}

TEST(ByteCredit, WhoAsksAgainIsServedByItsLastSize) {
  ByteCredit credit(100, 0);
  auto all = credit.TryTake(User::kTail, 100, Waker());
  int woken = 0;
  const Waker waker([&woken] { ++woken; });
  EXPECT_FALSE(credit.TryTake(User::kTail, 10, waker));
  EXPECT_FALSE(credit.TryTake(User::kTail, 50, waker));
  all->ResizeTo(90);
  EXPECT_EQ(woken, 0);
  all->ResizeTo(50);
  EXPECT_EQ(woken, 1);
}

TEST(ByteCredit, WhoIsGivenSomethingWaitsNoMore) {
  ByteCredit credit(100, 0);
  auto all = credit.TryTake(User::kTail, 100, Waker());
  int woken = 0;
  const Waker waker([&woken] { ++woken; });
  EXPECT_FALSE(credit.TryTake(User::kTail, 30, waker));
  all->ResizeTo(80);  // not enough: nobody is woken
  const auto smaller = credit.TryTake(User::kTail, 20, waker);
  ASSERT_TRUE(smaller);
  EXPECT_EQ(credit.waiting(), 0U);
  all.reset();
  EXPECT_EQ(woken, 0);
}

TEST(ByteGrant, MovesItsBytesAndGivesThemBackOnce) {
  ByteCredit credit(100, 0);
  ByteGrant first = *credit.TryTake(User::kTail, 60, Waker());
  ByteGrant second = *credit.TryTake(User::kTail, 40, Waker());
  ByteGrant third(std::move(first));
  EXPECT_EQ(credit.used(), 100U);
  third = std::move(second);
  EXPECT_EQ(credit.used(), 40U) << "what it held before is given back at once";
  third = ByteGrant();
  EXPECT_EQ(credit.used(), 0U);
}

TEST(ByteCredit, StaysWithinItsLimitWhateverManyThreadsDo) {
  constexpr size_t kLimit = 1000;
  ByteCredit credit(kLimit, 100);
  std::atomic<size_t> held = 0;
  std::atomic<bool> exceeded = false;
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        const User user = t % 2 == 0 ? User::kTail : User::kBackfill;
        for (int i = 0; i < 2000; ++i) {
          const size_t bytes = 100 + (i * 37 + t) % 300;
          auto grant = credit.TryTake(user, bytes, Waker());
          if (!grant) continue;
          ++taken;
          if ((held += bytes) > kLimit) exceeded = true;
          std::this_thread::yield();
          held -= bytes;
        }
      });
    }
  }
  EXPECT_FALSE(exceeded);
  EXPECT_GT(taken, 0);
  EXPECT_EQ(credit.used(), 0U);
}

}  // namespace
}  // namespace ddbsync
