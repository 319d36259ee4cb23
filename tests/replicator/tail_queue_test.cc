#include "replicator/tail_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "tests/replicator/writer_fixture.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

/// The queue, and slots that write from it.
class TailQueueTest : public WriterFixture {
 protected:
  void SpawnTailSlots(int count) { SpawnSlots(BatchWriter::Kind::kTail, queue_, count); }

  /// A page with one put of this item; true once it is settled.
  std::shared_ptr<bool> AddPage(const std::string& id) {
    auto& json = texts_.emplace_back(R"({"id":{"S":")" + id + R"("}})");
    auto page = std::make_shared<TailPage>();
    page->ops.push_back({dynamodb::WriteOp::Kind::kPut, json, json});
    page->keys_json.emplace_back(json);
    auto applied = std::make_shared<bool>(false);
    page->applied = [applied] { *applied = true; };
    queue_.Add(std::move(page), machine_.clock().Now());
    return applied;
  }

  void RunUntil(const std::shared_ptr<bool>& applied, Duration patience) {
    machine_.RunUntil([&] { return *applied; }, machine_.clock().Now() + patience);
  }

  std::deque<std::string> texts_;
  checkpoint::Ledger ledger_;
  aws::RetryBudget budget_;
  Fence fence_{{.max_bytes = 1 << 20, .eventual_margin = Duration::zero()}};
  Rechecks rechecks_{ledger_, server_clock_, 5s, {}, machine_.clock().Now()};
  DeadLetters dead_letters_{ledger_, server_clock_, {}};
  ChangedKeys changed_;
  TailQueue queue_{fence_, rechecks_, dead_letters_, changed_, budget_};
};

TEST_F(TailQueueTest, ARetryDoesNotWaitForASlotThatHangsOnTheWire) {
  using fake::FaultKind;
  SpawnTailSlots(4);
  machine_.RunFor(1s);  // all have looked and found nothing
  const fake::Fault hang{FaultKind::kSlow, 8s};
  service_.faults().Enqueue("BatchWriteItem", {{FaultKind::kThrottle}, hang, hang});
  const auto retried = AddPage("a");
  machine_.RunFor(1ms);  // refused; two slots know when it is due: who sent it and who was woken
  const auto hangs = AddPage("b");
  AddPage("c");
  RunUntil(retried, 4s);
  EXPECT_TRUE(*retried);
  EXPECT_FALSE(*hangs);
  RunUntil(hangs, 10s);
  EXPECT_TRUE(*hangs);
}

TEST_F(TailQueueTest, AWriteThatLandsDuringAReadIsSeen) {
  SpawnTailSlots(1);
  machine_.RunFor(1s);
  service_.faults().Enqueue("BatchWriteItem", {{fake::FaultKind::kSlow, 8s}});
  const auto applied = AddPage("a");
  machine_.RunFor(1s);  // on the wire
  const FencedRead read = fence_.BeginRead();
  EXPECT_FALSE(fence_.MayHaveBeenTouched(texts_.front(), read));
  RunUntil(applied, 20s);
  ASSERT_TRUE(*applied);
  EXPECT_TRUE(fence_.MayHaveBeenTouched(texts_.front(), read));
  const FencedRead later = fence_.BeginRead();
  EXPECT_FALSE(fence_.MayHaveBeenTouched(texts_.front(), later));
}

}  // namespace
}  // namespace ddbsync::replicator
