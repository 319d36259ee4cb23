#include "checkpoint/committer.h"

#include <gtest/gtest.h>

#include <string>

#include "base/log.h"
#include "checkpoint/limits.h"
#include "tests/checkpoint/memory_store.h"

namespace ddbsync::checkpoint {
namespace {

using Records = MemoryStore::Records;

Batch One(const std::string& key, const std::string& value) {
  Batch batch;
  batch.Put(key, value);
  return batch;
}

class CommitterTest : public testing::Test {
 protected:
  CommitterTest() {
    SetLogSink([](std::string_view) {});
  }
  ~CommitterTest() override { SetLogSink(nullptr); }

  /// Time since the last step until the next one is due.
  Duration Step() {
    const Next next = committer_.Step(now_);
    EXPECT_FALSE(next.done());
    return next.due() - now_;
  }

  TimePoint now_{std::chrono::hours(1)};
  MemoryStore store_;
  Ledger ledger_;
  Committer committer_{ledger_, store_};
};

TEST_F(CommitterTest, WritesAllThatIsStagedAsOneBatchEachInterval) {
  ledger_.Stage(One("a", "1"));
  const auto ticket = ledger_.Stage(One("b", "2"));
  EXPECT_EQ(Step(), limits::kCommitInterval);
  EXPECT_EQ(store_.commits(), 1);
  EXPECT_EQ(store_.records(), (Records{{"a", "1"}, {"b", "2"}}));
  EXPECT_TRUE(ledger_.IsDurable(ticket));
}

TEST_F(CommitterTest, WritesNothingWhenNothingIsStaged) {
  EXPECT_EQ(Step(), limits::kCommitInterval);
  EXPECT_EQ(store_.commits(), 0);
  EXPECT_EQ(committer_.Status().commits_ok, 0U);
  EXPECT_EQ(committer_.Status().last_ok, now_);
}

TEST_F(CommitterTest, AFailedCommitLosesNothingAndOverwritesNothingNewer) {
  store_.SetBroken(true);
  const auto first = ledger_.Stage(One("kept", "1"));
  ledger_.Stage(One("changed", "1"));
  Step();
  EXPECT_FALSE(ledger_.IsDurable(first));
  EXPECT_EQ(committer_.Status().commits_failed, 1U);
  ASSERT_TRUE(committer_.Status().last_error);
  EXPECT_EQ(committer_.Status().last_error->code, ErrorCode::kIo);
  const auto second = ledger_.Stage(One("changed", "2"));
  store_.SetBroken(false);
  Step();
  EXPECT_EQ(store_.records(), (Records{{"kept", "1"}, {"changed", "2"}}));
  EXPECT_TRUE(ledger_.IsDurable(second));
  EXPECT_FALSE(committer_.Status().last_error);
  EXPECT_EQ(committer_.Status().commits_ok, 1U);
}

TEST_F(CommitterTest, PausesLongerAfterEachFailureUpToABound) {
  store_.SetBroken(true);
  ledger_.Stage(One("a", "1"));
  Duration before = Step();
  EXPECT_EQ(before, limits::kFirstCommitRetry);
  for (int i = 0; i < 20; ++i) {
    const Duration pause = Step();
    EXPECT_GE(pause, before);
    EXPECT_LE(pause, limits::kLongestCommitRetry);
    before = pause;
  }
  EXPECT_EQ(before, limits::kLongestCommitRetry);
  store_.SetBroken(false);
  EXPECT_EQ(Step(), limits::kCommitInterval);
}

TEST_F(CommitterTest, AgeGrowsWhileChangesCannotBecomeDurable) {
  EXPECT_EQ(committer_.Status().Age(now_), Duration{0});
  store_.SetBroken(true);
  ledger_.Stage(One("a", "1"));
  Step();
  now_ += std::chrono::seconds(7);
  EXPECT_EQ(committer_.Status().Age(now_), std::chrono::seconds(7));
  store_.SetBroken(false);
  Step();
  EXPECT_EQ(committer_.Status().Age(now_), Duration{0});
}

TEST_F(CommitterTest, AStopCanWaitUntilAllIsDurable) {
  bool woken = false;
  store_.SetBroken(true);
  ledger_.Stage(One("a", "1"));
  ledger_.WakeWhenDurable(ledger_.LastStaged(), Waker([&] { woken = true; }));
  Step();
  EXPECT_FALSE(woken);
  store_.SetBroken(false);
  Step();
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace ddbsync::checkpoint
