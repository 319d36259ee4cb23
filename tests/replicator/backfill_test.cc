#include "replicator/backfill.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "replicator/limits.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

/// One segment, unless a test has more; read by hand.
class BackfillTest : public ::testing::Test {
 protected:
  BackfillTest() {
    backfill_.Start(dealer_, [](int) { return Waker(); });
  }

  /// A page of `count` items that ends at `last` ("": the segment's end), as if read just now.
  std::shared_ptr<BackfillPage> Read(int count, const std::string& last) {
    return Read(count, last, backfill_, 0);
  }
  std::shared_ptr<BackfillPage> Read(int count, const std::string& last, Backfill& backfill,
                                     int segment) {
    const Backfill::Read read = backfill.NextRead(segment);
    EXPECT_EQ(read.kind, Backfill::Read::Kind::kRead);
    std::string body = R"({"Items":[)";
    for (int i = 0; i < count; ++i) {
      body +=
          (i > 0 ? "," : "") + std::string(R"({"id":{"S":")") + last + std::to_string(i) + "\"}}";
    }
    body += "]";
    if (!last.empty()) body += R"(,"LastEvaluatedKey":{"id":{"S":")" + last + "\"}}";
    body += "}";
    auto page = dynamodb::ItemPage::Parse(std::move(body), schema_);
    EXPECT_TRUE(page);
    auto grant = credit_.TryTake(ByteCredit::User::kBackfill, 100, {});
    return std::make_shared<BackfillPage>(*std::move(page), *std::move(grant), fence_.BeginRead(),
                                          segment, read.cursor);
  }

  /// Writes one batch; false when there is none.
  bool WriteOne() {
    auto batch = dealer_.Take(clock_.Now());
    if (batch == nullptr) return false;
    batch->Settle(dynamodb::BatchWriteResult{.unprocessed = {}, .consumed_units = {}},
                  clock_.Now());
    return true;
  }

  /// What the checkpoint would say of the segment.
  std::optional<std::string> Staged() {
    const auto staged = ledger_.Take();
    if (staged.batch.empty()) return std::nullopt;
    return staged.batch.changes().begin()->second;
  }

  /// Makes the fence forget: reads that began before are stale.
  void RaiseFloor() {
    for (int i = 0; i < 100; ++i) {
      const std::string key = "other" + std::to_string(i);
      const std::string_view view = key;
      EXPECT_TRUE(fence_.Touch({&view, 1}, clock_.Now(), {}));
    }
  }

  fake::ManualClock clock_;
  dynamodb::KeySchema schema_{.partition = {"id", dynamodb::KeyType::kString}, .sort = {}};
  aws::ServerClock server_clock_{clock_};
  checkpoint::Ledger ledger_;
  ByteCredit credit_{1 << 20, 1};
  Fence fence_{{.max_bytes = 5000, .eventual_margin = Duration::zero()}};
  Rechecks rechecks_{ledger_, server_clock_, 5s, {}, clock_.Now()};
  DeadLetters dead_letters_{ledger_, server_clock_, {}};
  Backfill backfill_{{.total_segments = 1, .open_segments = 1}, ledger_, {}};
  Dealer dealer_{{schema_, fence_, rechecks_, dead_letters_}, backfill_};
};

TEST_F(BackfillTest, NoCursorIsSafeBeforeAllItemsBeforeItAre) {
  auto first = Read(30, "k1");
  size_t bytes = first->items.item_bytes();
  backfill_.AddPage(std::move(first), clock_.Now());
  auto second = Read(30, "");
  bytes += second->items.item_bytes();
  ASSERT_TRUE(WriteOne());
  EXPECT_EQ(Staged(), std::nullopt);
  backfill_.AddPage(std::move(second), clock_.Now());
  // Items of both pages are dealt in order, so that these are the rest of the first and more.
  ASSERT_TRUE(WriteOne());
  EXPECT_TRUE(Staged().has_value());
  EXPECT_FALSE(backfill_.complete());
  while (WriteOne()) {
  }
  EXPECT_TRUE(backfill_.complete());
  EXPECT_EQ(static_cast<size_t>(backfill_.GetProgress().bytes_read), bytes);
}

TEST_F(BackfillTest, AnEmptyPageBehindAFullOneDoesNotFinishTheSegment) {
  backfill_.AddPage(Read(3, "k1"), clock_.Now());
  backfill_.AddPage(Read(0, ""), clock_.Now());
  EXPECT_FALSE(backfill_.complete());
  EXPECT_EQ(Staged(), std::nullopt);
  ASSERT_TRUE(WriteOne());
  EXPECT_TRUE(backfill_.complete());
}

TEST_F(BackfillTest, AnEmptyPageWithACursorIsNotTheEndOfTheSegment) {
  backfill_.AddPage(Read(0, "k1"), clock_.Now());
  EXPECT_FALSE(backfill_.complete());
  EXPECT_EQ(backfill_.NextRead(0).cursor, R"({"id":{"S":"k1"}})");
  backfill_.AddPage(Read(3, ""), clock_.Now());
  ASSERT_TRUE(WriteOne());
  EXPECT_TRUE(backfill_.complete());
}

TEST_F(BackfillTest, APageReadBehindOneThatIsReadAgainIsDropped) {
  backfill_.AddPage(Read(3, "k1"), clock_.Now());
  RaiseFloor();
  auto behind = Read(3, "k2");  // begun after the floor rose, on its way while the first goes back
  EXPECT_FALSE(WriteOne());     // the first is stale: nothing of it is written
  backfill_.AddPage(std::move(behind), clock_.Now());
  EXPECT_FALSE(WriteOne());
  EXPECT_EQ(Staged(), std::nullopt);
  EXPECT_EQ(backfill_.NextRead(0).cursor, "");
}

TEST_F(BackfillTest, PagesBehindAStaleOneAreReadAgainWithIt) {
  backfill_.AddPage(Read(3, "k1"), clock_.Now());
  backfill_.AddPage(Read(3, "k2"), clock_.Now());
  RaiseFloor();
  EXPECT_FALSE(WriteOne());
  EXPECT_EQ(Staged(), std::nullopt);
  EXPECT_EQ(backfill_.NextRead(0).cursor, "");
  EXPECT_EQ(backfill_.GetProgress().items_read, 0);
}

TEST_F(BackfillTest, AtMostTwoPagesOfASegmentAreUnacknowledged) {
  backfill_.AddPage(Read(3, "k1"), clock_.Now());
  backfill_.AddPage(Read(3, "k2"), clock_.Now());
  EXPECT_EQ(backfill_.NextRead(0).kind, Backfill::Read::Kind::kWait);
}

TEST_F(BackfillTest, ASecondPageIsReadOnlyWhereEachOpenSegmentCanHaveItsFirst) {
  constexpr int kSegments = static_cast<int>(limits::kPagesAhead) - 1;
  Backfill wide({.total_segments = kSegments, .open_segments = kSegments}, ledger_, {});
  Dealer dealer({schema_, fence_, rechecks_, dead_letters_}, wide);
  wide.Start(dealer, [](int) { return Waker(); });
  const auto add = [&](int segment, const std::string& last_key) {
    wide.AddPage(Read(1, last_key, wide, segment), clock_.Now());
  };
  add(0, "a");
  add(1, "b");
  EXPECT_EQ(wide.NextRead(0).kind, Backfill::Read::Kind::kRead);
  add(0, "c");
  EXPECT_EQ(wide.NextRead(1).kind, Backfill::Read::Kind::kWait);
  EXPECT_EQ(wide.NextRead(2).kind, Backfill::Read::Kind::kRead);
  while (auto batch = dealer.Take(clock_.Now())) batch->Settle({}, clock_.Now());
  add(1, "d");
  EXPECT_EQ(wide.NextRead(1).kind, Backfill::Read::Kind::kRead);
}

class PagesInHand : public BackfillTest {
 protected:
  static constexpr int kSegments = static_cast<int>(limits::kFewestPagesAhead) + 4;

  PagesInHand() {
    EXPECT_TRUE(writes_.TryEnter({}));
    writes_.Leave(InFlightLimit::Feedback::kSuccess, std::chrono::microseconds(1), clock_.Now());
    near_.Start(dealer_, [this](int segment) { return Waker([this, segment] { Wake(segment); }); });
    woken_.clear();
  }

  void Wake(int segment) { woken_.push_back(segment); }
  void Fill(int pages) {
    for (int i = 0; i < pages; ++i)
      near_.AddPage(Read(1, "k" + std::to_string(i), near_, i), clock_.Now());
  }
  Backfill::Read::Kind Next(int segment) { return near_.NextRead(segment).kind; }
  void Write(const Result<dynamodb::BatchWriteResult>& result) {
    dealer_.Take(clock_.Now())->Settle(result, clock_.Now());
  }

  /// A target that answers at once, so that the fewest writes are of use.
  InFlightLimit writes_{{.initial = 8, .maximum = 64, .work = std::chrono::milliseconds(1)}};
  Backfill near_{
      {.total_segments = kSegments, .open_segments = kSegments, .writes = &writes_}, ledger_, {}};
  Dealer dealer_{{schema_, fence_, rechecks_, dead_letters_}, near_};
  std::vector<int> woken_;
};

TEST_F(PagesInHand, AreFewWhereFewWritesKeepTheProcessorsBusy) {
  using Kind = Backfill::Read::Kind;
  Fill(kSegments - 4);
  EXPECT_EQ(Next(kSegments - 1), Kind::kWait);
  EXPECT_EQ(Next(kSegments - 2), Kind::kWait);
  EXPECT_EQ(Next(kSegments - 1), Kind::kWait);  // waits once
  EXPECT_TRUE(woken_.empty());
  Write({});
  // Each of the two before the segment whose page has made room.
  ASSERT_GE(woken_.size(), 4U);
  woken_.resize(4);
  EXPECT_EQ(woken_, (std::vector<int>{kSegments - 1, 0, kSegments - 2, 1}));
  EXPECT_EQ(Next(kSegments - 1), Kind::kRead);
}

TEST_F(PagesInHand, AreManyWhereTheTargetRefusesItems) {
  using Kind = Backfill::Read::Kind;
  Fill(kSegments - 4);
  EXPECT_EQ(Next(kSegments - 1), Kind::kWait);
  Write(Fail(ErrorCode::kThrottled, "too fast"));
  EXPECT_EQ(woken_, std::vector<int>{kSegments - 1});
  EXPECT_EQ(Next(kSegments - 1), Kind::kRead);
}

TEST_F(PagesInHand, AreManyWhereTheTargetIsFarAway) {
  using Kind = Backfill::Read::Kind;
  Fill(kSegments - 4);
  EXPECT_EQ(Next(kSegments - 1), Kind::kWait);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(writes_.TryEnter({}));
    writes_.Leave(InFlightLimit::Feedback::kSuccess, std::chrono::milliseconds(50),
                  clock_.Now() + i * limits::kLatencyWindow);
  }
  EXPECT_EQ(Next(kSegments - 1), Kind::kRead);
}

TEST(SpreadOrder, EveryPrefixIsSpreadOverTheWhole) {
  EXPECT_EQ(SpreadOrder(8), (std::vector<int>{0, 4, 2, 6, 1, 5, 3, 7}));
  auto order = SpreadOrder(100);
  std::ranges::sort(order);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

}  // namespace
}  // namespace ddbsync::replicator
