#include "replicator/tail_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/server_clock.h"
#include "replicator/batch_writer.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/sim_executor.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

/// The queue and real writer slots, in virtual time, over the in-memory DynamoDB.
class TailQueueTest : public ::testing::Test {
 protected:
  TailQueueTest() {
    const auto reply = service_.Handle(
        "DynamoDB_20120810.CreateTable",
        R"({"TableName":"dst","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
        R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"})");
    EXPECT_EQ(reply.status, 200) << reply.body;
  }
  ~TailQueueTest() override { machine_.Crash(); }

  void SpawnSlots(int count) {
    for (int slot = 0; slot < count; ++slot) {
      machine_.Spawn(
          Lane::kTailWrite, "slot " + std::to_string(slot),
          std::make_shared<BatchWriter>(BatchWriter::Kind::kTail, slot, queue_, context_));
    }
  }

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

  struct Keys final : aws::CredentialsProvider {
    Result<aws::Credentials> Get() override {
      return aws::Credentials{"AKIDEXAMPLE", "secret", ""};
    }
    void Invalidate() override {}
  };
  struct Observer final : aws::CallObserver {
    void OnCall(std::string_view, std::string_view, std::string_view, Duration) override {}
  };

  std::deque<std::string> texts_;
  fake::SimExecutor machine_{1};
  fake::FakeDynamoDb service_{machine_.sleeping_clock(), {}};
  fake::FakeTransport transport_{service_, machine_.sleeping_clock()};
  Keys keys_;
  Observer observer_;
  aws::ServerClock server_clock_{machine_.clock()};
  aws::Client aws_{{.url = "http://127.0.0.1:1/", .region = "us-east-1"},
                   keys_,
                   transport_,
                   server_clock_,
                   machine_.clock(),
                   observer_};
  dynamodb::Client target_{aws_};
  const std::string table_ = "dst";
  const dynamodb::KeySchema schema_{.partition = {"id", dynamodb::KeyType::kString}, .sort = {}};
  checkpoint::Ledger ledger_;
  aws::RetryBudget budget_;
  Fence fence_{{.max_bytes = 1 << 20, .eventual_margin = Duration::zero()}};
  Rechecks rechecks_{ledger_, server_clock_, 5s, {}, machine_.clock().Now()};
  DeadLetters dead_letters_{ledger_, server_clock_, {}};
  ChangedKeys changed_;
  TailQueue queue_{fence_, rechecks_, dead_letters_, changed_, budget_};
  WriteGate gate_{TimePoint::min()};
  InFlightLimit limit_{{.initial = 8, .maximum = 64}};
  CapacityBucket capacity_{"write-capacity", std::nullopt};
  Counters counters_;
  Health health_;
  WriterContext context_{target_,   table_,  schema_,          gate_,  limit_, capacity_,
                         counters_, health_, machine_.clock(), nullptr};
};

TEST_F(TailQueueTest, ARetryDoesNotWaitForASlotThatHangsOnTheWire) {
  using fake::FaultKind;
  SpawnSlots(4);
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
  SpawnSlots(1);
  machine_.RunFor(1s);
  service_.faults().Enqueue("BatchWriteItem", {{fake::FaultKind::kSlow, 8s}});
  const auto applied = AddPage("a");
  machine_.RunFor(1s);  // on the wire
  const FencedRead read = fence_.BeginRead(machine_.clock().Now());
  EXPECT_FALSE(fence_.MayHaveBeenTouched(texts_.front(), read));
  RunUntil(applied, 20s);
  ASSERT_TRUE(*applied);
  EXPECT_TRUE(fence_.MayHaveBeenTouched(texts_.front(), read));
  const FencedRead later = fence_.BeginRead(machine_.clock().Now());
  EXPECT_FALSE(fence_.MayHaveBeenTouched(texts_.front(), later));
}

}  // namespace
}  // namespace ddbsync::replicator
