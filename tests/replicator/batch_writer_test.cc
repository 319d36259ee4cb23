#include "replicator/batch_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "tests/replicator/writer_fixture.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

/// A copy that always has an item to write.
class Endless final : public BatchSource {
 public:
  bool HasWork(int, const Waker&, TimePoint, TimePoint&) override { return true; }
  std::unique_ptr<WriteBatch> Take(TimePoint) override {
    return std::make_unique<OneItem>(std::to_string(++taken_));
  }

 private:
  class OneItem final : public WriteBatch {
   public:
    explicit OneItem(const std::string& id) : json_(R"({"id":{"S":")" + id + R"("}})") {}
    [[nodiscard]] std::span<const dynamodb::WriteOp> ops() const override { return ops_; }
    void Settle(const Result<dynamodb::BatchWriteResult>&, TimePoint) override {}

   private:
    const std::string json_;
    const std::array<dynamodb::WriteOp, 1> ops_{{{dynamodb::WriteOp::Kind::kPut, json_, json_}}};
  };

  int taken_ = 0;
};

class BatchWriterTest : public WriterFixture {
 protected:
  void CopyWith(int slots) { SpawnSlots(BatchWriter::Kind::kBackfill, source_, slots); }
  /// Calls that failed within a time that only these fill.
  int64_t FailedWithin(Duration time) {
    const int64_t before = counters_.ambiguous + counters_.failed;
    machine_.RunFor(time);
    return counters_.ambiguous + counters_.failed - before;
  }

  Endless source_;
};

TEST_F(BatchWriterTest, ATargetThatDoesNotAnswerInTimeIsAskedByOneCallAtATime) {
  constexpr auto kCallLasts = 10s;
  CopyWith(16);
  machine_.RunFor(200ms);
  service_.faults().SetRates(fake::OperationClass::kWrite, {{fake::FaultKind::kTimeout, 1}});
  machine_.RunFor(8 * kCallLasts);  // those that fail together halve it once
  EXPECT_EQ(limit_.limit(), 1);
  EXPECT_LE(FailedWithin(10 * kCallLasts), 10);
  service_.faults().Clear();
  machine_.RunFor(kCallLasts + 3s);
  EXPECT_GT(limit_.limit(), 16) << "it does not recover";
}

TEST_F(BatchWriterTest, AFailureThatComesAtOnceHoldsNothingBack) {
  CopyWith(16);
  machine_.RunFor(200ms);
  const int before = limit_.limit();
  service_.faults().SetRates(fake::OperationClass::kWrite, {{fake::FaultKind::kResponseLost, 0.3}});
  EXPECT_GT(FailedWithin(1s), 0);
  EXPECT_GE(limit_.limit(), before);
}

}  // namespace
}  // namespace ddbsync::replicator
