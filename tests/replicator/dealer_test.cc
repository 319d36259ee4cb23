#include "replicator/dealer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dynamodb/canonical_key.h"
#include "replicator/limits.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

class DealerTest : public ::testing::Test, public PageOwner {
 protected:
  void OnPageSettled(BackfillPage& page, TimePoint) override { settled_.insert(&page); }
  void OnRefused() override { ++refusals_; }

  /// A page of `count` items "<segment>-<i>".
  BackfillPage& AddPage(int segment, int count, FencedRead read) {
    std::string body = R"({"Items":[)";
    for (int i = 0; i < count; ++i) {
      if (i > 0) body += ',';
      body += R"({"id":{"S":")" + std::to_string(segment) + "-" + std::to_string(i) + R"("}})";
    }
    body += "]}";
    auto page = dynamodb::ItemPage::Parse(std::move(body), schema_);
    EXPECT_TRUE(page) << ToString(page.error());
    auto grant = credit_.TryTake(ByteCredit::User::kBackfill, 100, {});
    pages_.push_back(std::make_unique<BackfillPage>(*std::move(page), *std::move(grant),
                                                    std::move(read), segment, ""));
    dealer_.Add(*pages_.back(), clock_.Now());
    return *pages_.back();
  }
  BackfillPage& AddPage(int segment, int count) {
    return AddPage(segment, count, fence_.BeginRead());
  }

  /// How many ops of each segment a batch has; keys begin with the segment's number.
  static std::map<char, int> Segments(const WriteBatch& batch) {
    std::map<char, int> counts;
    constexpr std::string_view kBeforeId = R"({"id":{"S":")";
    for (const auto& op : batch.ops()) ++counts[op.json[kBeforeId.size()]];
    return counts;
  }

  static Result<dynamodb::BatchWriteResult> Answer(std::vector<size_t> unprocessed = {}) {
    return dynamodb::BatchWriteResult{.unprocessed = std::move(unprocessed), .consumed_units = {}};
  }

  void TouchByTail(std::string_view id) {
    std::string key;
    ASSERT_TRUE(dynamodb::AppendCanonical(dynamodb::KeyType::kString, id, key));
    const std::string_view view = key;
    EXPECT_TRUE(fence_.Touch({&view, 1}, clock_.Now(), {}));
  }

  fake::ManualClock clock_;
  dynamodb::KeySchema schema_{.partition = {"id", dynamodb::KeyType::kString}, .sort = {}};
  aws::ServerClock server_clock_{clock_};
  checkpoint::Ledger ledger_;
  ByteCredit credit_{1 << 20, 1};
  Fence fence_{{.max_bytes = 1 << 20, .eventual_margin = Duration::zero()}};
  Rechecks rechecks_{ledger_, server_clock_, 5s, {}, clock_.Now()};
  DeadLetters dead_letters_{ledger_, server_clock_, {}};
  std::vector<std::unique_ptr<BackfillPage>> pages_;
  std::set<BackfillPage*> settled_;
  int refusals_ = 0;
  Dealer dealer_{{schema_, fence_, rechecks_, dead_letters_}, *this};
};

TEST_F(DealerTest, DealsEachBatchFromAllOpenSegments) {
  for (int segment = 0; segment < 5; ++segment) AddPage(segment, 100);
  for (int i = 0; i < 4; ++i) {
    auto batch = dealer_.Take(clock_.Now());
    ASSERT_NE(batch, nullptr);
    ASSERT_EQ(batch->ops().size(), 25u);
    for (const auto& [segment, count] : Segments(*batch)) EXPECT_EQ(count, 5) << segment;
    batch->Settle(Answer(), clock_.Now());
  }
}

TEST_F(DealerTest, SettlesAPageWhenItsLastItemIsAcknowledged) {
  BackfillPage& page = AddPage(0, 30);
  auto first = dealer_.Take(clock_.Now());
  auto second = dealer_.Take(clock_.Now());
  second->Settle(Answer(), clock_.Now());
  EXPECT_TRUE(settled_.empty());
  first->Settle(Answer(), clock_.Now());
  EXPECT_TRUE(settled_.contains(&page));
  EXPECT_EQ(page.written, 30);
  EXPECT_EQ(refusals_, 0);
  EXPECT_EQ(dealer_.Take(clock_.Now()), nullptr);
}

TEST_F(DealerTest, UnprocessedItemsComeAgainAndHoldBackOnlyTheirOwnSegment) {
  AddPage(0, 1);
  AddPage(1, 60);
  auto batch = dealer_.Take(clock_.Now());
  ASSERT_EQ(Segments(*batch)['0'], 1);
  const auto zero = std::ranges::find_if(
      batch->ops(), [](const auto& op) { return op.json.find("\"0-") != std::string::npos; });
  batch->Settle(Answer({static_cast<size_t>(zero - batch->ops().begin())}), clock_.Now());
  auto next = dealer_.Take(clock_.Now());
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(Segments(*next).count('0'), 0u);
  EXPECT_EQ(refusals_, 1);
  next->Settle(Answer(), clock_.Now());
  clock_.Advance(limits::kFirstLeftoverPause);
  auto again = dealer_.Take(clock_.Now());
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(Segments(*again)['0'], 1);
  again->Settle(Answer(), clock_.Now());
  EXPECT_EQ(settled_.size(), 2u);
}

TEST_F(DealerTest, TellsWhichSegmentsTheTargetThrottlesWhileOthersGoOn) {
  AddPage(3, 10);
  AddPage(8, 60);
  EXPECT_EQ(dealer_.LookForThrottles(clock_.Now()).waiting, 2);
  auto batch = dealer_.Take(clock_.Now());
  std::vector<size_t> refused;
  for (size_t i = 0; i < batch->ops().size(); ++i) {
    if (batch->ops()[i].json.find("\"3-") != std::string::npos) refused.push_back(i);
  }
  ASSERT_FALSE(refused.empty());
  batch->Settle(Answer(refused), clock_.Now());
  const auto look = dealer_.LookForThrottles(clock_.Now());
  EXPECT_EQ(look.waiting, 2);
  EXPECT_EQ(look.segments, std::vector{3});
  clock_.Advance(limits::kRecently);
  EXPECT_TRUE(dealer_.LookForThrottles(clock_.Now()).segments.empty()) << "not refused any more";
}

TEST_F(DealerTest, WhoTakesABatchWakesAnotherSlotForWhatIsLeft) {
  std::set<int> woken;
  for (int slot = 0; slot < 3; ++slot) {
    TimePoint retry_at;
    const Waker waker([&woken, slot] { woken.insert(slot); });
    ASSERT_FALSE(dealer_.HasWork(slot, waker, clock_.Now(), retry_at));
  }
  AddPage(0, 30);
  EXPECT_EQ(woken, (std::set{0, 1}));
  auto first = dealer_.Take(clock_.Now());
  EXPECT_TRUE(woken.contains(2)) << "five items are left";
  auto second = dealer_.Take(clock_.Now());
  first->Settle(Answer(), clock_.Now());
  second->Settle(Answer(), clock_.Now());
}

TEST_F(DealerTest, AWholeBatchThatFailsComesAgain) {
  BackfillPage& page = AddPage(0, 10);
  for (const ErrorCode code : {ErrorCode::kThrottled, ErrorCode::kRetry, ErrorCode::kAmbiguous,
                               ErrorCode::kDenied, ErrorCode::kNotFound}) {
    auto batch = dealer_.Take(clock_.Now());
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(batch->ops().size(), 10u);
    batch->Settle(Fail(code, "refused"), clock_.Now());
    EXPECT_TRUE(settled_.empty());
    clock_.Advance(limits::kLongestLeftoverPause);
  }
  EXPECT_EQ(refusals_, 1) << "only a throttle says that the target takes no more";
  dealer_.Take(clock_.Now())->Settle(Answer(), clock_.Now());
  EXPECT_TRUE(settled_.contains(&page));
}

TEST_F(DealerTest, OnlyAnUnclearOutcomeIsNotedForRecheck) {
  AddPage(0, 3);
  dealer_.Take(clock_.Now())->Settle(Fail(ErrorCode::kThrottled, ""), clock_.Now());
  EXPECT_EQ(rechecks_.count(), 0);
  clock_.Advance(limits::kLongestLeftoverPause);
  dealer_.Take(clock_.Now())->Settle(Fail(ErrorCode::kAmbiguous, ""), clock_.Now());
  EXPECT_EQ(rechecks_.count(), 3);
}

TEST_F(DealerTest, HalvesARejectedBatchUntilTheItemIsFound) {
  BackfillPage& page = AddPage(0, 25);
  int calls = 0;
  while (auto batch = dealer_.Take(clock_.Now())) {
    ++calls;
    const bool bad = std::ranges::any_of(
        batch->ops(), [](const auto& op) { return op.json.find("\"0-17\"") != std::string::npos; });
    bad ? batch->Settle(Fail(ErrorCode::kInvalid, "no"), clock_.Now())
        : batch->Settle(Answer(), clock_.Now());
  }
  EXPECT_EQ(dead_letters_.count(), 1);
  EXPECT_EQ(page.written, 24);
  EXPECT_TRUE(settled_.contains(&page));
  EXPECT_LE(calls, 11);  // 1 + 2 x ceil(log2 25)
}

TEST_F(DealerTest, DropsItemsThatTheTailTouchedSinceTheRead) {
  BackfillPage& page = AddPage(0, 3);
  TouchByTail("0-1");
  auto batch = dealer_.Take(clock_.Now());
  EXPECT_EQ(batch->ops().size(), 2u);
  batch->Settle(Answer(), clock_.Now());
  EXPECT_TRUE(settled_.contains(&page));
  EXPECT_EQ(page.fenced, 1);
}

TEST_F(DealerTest, LooksAtTheFenceAgainBeforeEachAttempt) {
  BackfillPage& page = AddPage(0, 1);
  dealer_.Take(clock_.Now())->Settle(Fail(ErrorCode::kThrottled, ""), clock_.Now());
  TouchByTail("0-0");
  clock_.Advance(limits::kLongestLeftoverPause);
  EXPECT_EQ(dealer_.Take(clock_.Now()), nullptr);
  EXPECT_TRUE(settled_.contains(&page));
  EXPECT_EQ(page.fenced, 1);
}

TEST_F(DealerTest, HoldsNothingInTheFenceBetweenAttempts) {
  AddPage(0, 1);
  dealer_.Take(clock_.Now())->Settle(Fail(ErrorCode::kAmbiguous, ""), clock_.Now());
  TouchByTail("0-0");  // checks that nothing is on the wire
}

TEST_F(DealerTest, ADiscardedPageSettlesStaleOnceItsWritesAreAnswered) {
  BackfillPage& page = AddPage(0, 40);
  auto on_wire = dealer_.Take(clock_.Now());
  dealer_.Discard(page, clock_.Now());
  EXPECT_TRUE(settled_.empty());
  EXPECT_EQ(dealer_.Take(clock_.Now()), nullptr);
  on_wire->Settle(Fail(ErrorCode::kThrottled, ""), clock_.Now());
  EXPECT_TRUE(settled_.contains(&page));
  EXPECT_TRUE(page.stale);
}

}  // namespace
}  // namespace ddbsync::replicator
