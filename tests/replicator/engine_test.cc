// The job as a whole, on real threads over the in-memory DynamoDB.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "tests/replicator/engine_fixture.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

class EngineTest : public EngineFixture {
 protected:
  static fake::Options SmallPages() {
    fake::Options options;
    options.page_bytes = 2000;
    return options;
  }
  EngineTest() : EngineFixture(SmallPages()) {
    CreateTable("src", "NEW_AND_OLD_IMAGES");
    CreateTable("dst", "");
  }
  static JobOptions Quick() {
    JobOptions options;
    options.settle = 50ms;
    options.poll_interval = 20ms;
    return options;
  }
  void Fill(int items) {
    for (int i = 0; i < items; ++i) Put("src", "key" + std::to_string(i), 0);
  }
  double CopyAlone(JobOptions options);
  double HeldFor(HeldBy by) { return Status().held_seconds[static_cast<size_t>(by)]; }
};

TEST_F(EngineTest, CopiesAndThenFollows) {
  Fill(1000);
  Start(Quick());
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing; }));
  // What was in the stream already comes through the tail.
  EXPECT_TRUE(Eventually([&] { return Equal(); }));
  Put("src", "key1", 1);
  Put("src", "new", 1);
  Delete("src", "key2");
  EXPECT_TRUE(Eventually([&] { return Equal(); }));
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
}

TEST_F(EngineTest, ConvergesUnderALiveWriter) {
  Fill(2000);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string id = "key" + std::to_string(i * 7 % 2500);
      if (i % 3 == 0) {
        Delete("src", id);
      } else {
        Put("src", id, i);
      }
    }
  });
  Start(Quick());
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing; }));
  stop = true;
  writer.join();
  EXPECT_TRUE(Eventually([&] { return Equal(); }));
  EXPECT_EQ(Status().writes.failed, 0) << "a batch was refused: for a key that it names twice?";
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
}

TEST_F(EngineTest, ResumesAfterACrashAtAnyMoment) {
  Fill(1500);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string id = "key" + std::to_string(i * 13 % 2000);
      i % 4 == 0 ? Delete("src", id) : Put("src", id, i);
    }
  });
  for (int round = 0; round < 5; ++round) {
    Start(Quick());
    const int64_t wanted = 150 * (round + 1);
    EXPECT_TRUE(Eventually([&] {
      const JobStatus status = Status();
      return status.writes.puts_ok >= wanted || status.state == JobState::kFollowing;
    }));
    Crash();
  }
  Start(Quick());
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing; }));
  stop = true;
  writer.join();
  EXPECT_TRUE(Eventually([&] { return Equal(); }));
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
}

TEST_F(EngineTest, LosesNothingWhenTheTargetMisbehaves) {
  using fake::FaultKind;
  Fill(800);
  service_.faults().SetRates(fake::OperationClass::kWrite, {{FaultKind::kUnprocessedOne, 0.1},
                                                            {FaultKind::kUnprocessedAll, 0.05},
                                                            {FaultKind::kErrorAfter, 0.05},
                                                            {FaultKind::kErrorBefore, 0.05},
                                                            {FaultKind::kResponseLost, 0.05}});
  Start(Quick());
  EXPECT_TRUE(
      Eventually([&] { return Status().state == JobState::kFollowing; }, std::chrono::seconds(60)));
  EXPECT_GT(Status().writes.ambiguous, 0);
  EXPECT_TRUE(Eventually([&] { return HeldFor(HeldBy::kTargetWrite) > 0; }));
  EXPECT_EQ(HeldFor(HeldBy::kWriteCapacity), 0);
  service_.faults().Clear();
  EXPECT_TRUE(Eventually([&] { return Equal() && Status().rechecks == 0; }, 60s));
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
}

TEST_F(EngineTest, AnItemThatTheTargetRefusesBecomesADeadLetterAndTheRestGoesOn) {
  Fill(200);
  service_.faults().RejectItems([](std::string_view table, std::string_view key) {
    return table == "dst" && key.find("\"key17\"") != std::string_view::npos;
  });
  Start(Quick());
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing; }));
  // What the fence left to the tail may still be on its way.
  EXPECT_TRUE(Eventually(
      [&] { return Status().dead_letters == 1 && service_.Items("dst").size() == 199; }));
  EXPECT_TRUE(Status().degraded);
  service_.faults().Clear();
  Put("src", "key17", 5);
  EXPECT_TRUE(Eventually([&] { return Equal() && Status().dead_letters == 0; }));
}

TEST_F(EngineTest, FirstStartRefusesATargetThatIsNotEmpty) {
  Fill(3);
  Put("dst", "mine", 1);
  const auto faults = OpenFaults(Quick());
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_NE(faults[0].message.find("not empty"), std::string::npos);
  EXPECT_EQ(service_.Items("dst").size(), 1u);
}

TEST_F(EngineTest, BackfillAloneEnds) {
  Fill(300);
  JobOptions options = Quick();
  options.phases = Phases::kBackfillOnly;
  Start(options);
  EXPECT_TRUE(Eventually([&] { return job_->Ended().has_value(); }));
  EXPECT_EQ(job_->Ended(), Outcome::kDone);
  EXPECT_TRUE(Equal());
}

TEST_F(EngineTest, FollowsShardsThatRollAndSplit) {
  Fill(100);
  Start(Quick());
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing; }));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) Put("src", "key" + std::to_string(i), round * 1000 + i);
    service_.RollAllShards("src");
  }
  for (int i = 0; i < 100; ++i) Put("src", "key" + std::to_string(i), 9000 + i);
  EXPECT_TRUE(Eventually([&] { return Equal(); }, 60s));
}

TEST_F(EngineTest, ShardsAreShownWhileTheyAreRead) {
  Fill(10);
  Start(Quick());
  const auto ids = [&] {
    std::set<std::string> read;
    for (const ShardStatus& shard : job_->Shards()) {
      if (shard.watermark) read.insert(shard.shard_id);
    }
    return read;
  };
  ASSERT_TRUE(Eventually([&] { return !ids().empty(); }));
  const std::set<std::string> before = ids();
  service_.RollAllShards("src");
  EXPECT_TRUE(Eventually([&] {
    const std::set<std::string> now = ids();
    return !now.empty() && std::none_of(before.begin(), before.end(),
                                        [&](const auto& id) { return now.contains(id); });
  }));
}

// Without a tail nothing makes up for an item that the copy lost.
TEST_F(EngineTest, ACopyAloneLosesNothingWhenBothSidesMisbehave) {
  using fake::FaultKind;
  Fill(3000);
  service_.faults().SetRates(fake::OperationClass::kRead, {{FaultKind::kErrorBefore, 0.05},
                                                           {FaultKind::kHtmlBody, 0.05},
                                                           {FaultKind::kTruncatedBody, 0.05},
                                                           {FaultKind::kResponseLost, 0.05}});
  service_.faults().SetRates(fake::OperationClass::kWrite, {{FaultKind::kUnprocessedOne, 0.1},
                                                            {FaultKind::kUnprocessedAll, 0.05},
                                                            {FaultKind::kConnectionRefused, 0.1}});
  JobOptions options = Quick();
  options.phases = Phases::kBackfillOnly;
  options.segments = 16;
  Start(options);
  ASSERT_TRUE(Eventually([&] { return job_->Ended().has_value(); }, 60s));
  EXPECT_EQ(job_->Ended(), Outcome::kDone);
  EXPECT_TRUE(Equal());
}

/// Seconds that a copy without a tail takes.
double EngineTest::CopyAlone(JobOptions options) {
  options.phases = Phases::kBackfillOnly;
  const TimePoint began = clock_.Now();
  Start(std::move(options));
  EXPECT_TRUE(Eventually([&] { return job_->Ended().has_value(); }));
  EXPECT_TRUE(Equal());
  return std::chrono::duration<double>(clock_.Now() - began).count();
}

TEST_F(EngineTest, AWriteLimitIsKept) {
  constexpr double kUnitsPerSecond = 500, kBatch = 25;
  Fill(1000);  // a unit each
  JobOptions options = Quick();
  options.write_capacity = kUnitsPerSecond;
  const double seconds = CopyAlone(options);
  EXPECT_GE(Status().target_write_units, 1000);
  EXPECT_LE(Status().target_write_units, kUnitsPerSecond * seconds + kBatch);
  EXPECT_GT(HeldFor(HeldBy::kWriteCapacity), seconds / 2);
  EXPECT_LE(HeldFor(HeldBy::kWriteCapacity), seconds);
  EXPECT_EQ(HeldFor(HeldBy::kTargetWrite), 0);
  EXPECT_EQ(HeldFor(HeldBy::kReadCapacity), 0);
}

TEST_F(EngineTest, AWriteLimitIsKeptByTheFirstLargeItemsToo) {
  constexpr double kUnitsPerSecond = 5000, kBatch = 20 * 100;
  const std::string large(100 * 1000, 'x');
  for (int i = 0; i < 120; ++i) {
    Call("PutItem", {{"TableName", "src"},
                     {"Item", {{"id", {{"S", std::to_string(i)}}}, {"large", {{"S", large}}}}}});
  }
  JobOptions options = Quick();
  options.write_capacity = kUnitsPerSecond;
  options.phases = Phases::kBackfillOnly;
  Start(options);
  const TimePoint began = clock_.Now();
  double most_above = 0;
  EXPECT_TRUE(Eventually([&] {
    const double written = Status().target_write_units;
    const double seconds = std::chrono::duration<double>(clock_.Now() - began).count();
    most_above = std::max(most_above, written - kUnitsPerSecond * seconds);
    return job_->Ended().has_value();
  }));
  EXPECT_GE(Status().target_write_units, 120 * 98);
  EXPECT_LE(most_above, kBatch);
}

TEST_F(EngineTest, AThrottleHoldsARunningCopyAndLetsItGo) {
  Fill(1500);
  JobOptions options = Quick();
  options.write_capacity = 25;
  Start(options);
  ASSERT_TRUE(Eventually([&] { return Status().bottleneck == Bottleneck::kLimit; }));
  EXPECT_EQ(Status().limits.write_capacity, 25);
  Throttle one_at_a_time;
  one_at_a_time.write_capacity = Throttle::Bound<double>();
  one_at_a_time.in_flight = 1;
  one_at_a_time.poll_interval = 30ms;
  job_->Apply(one_at_a_time);
  const auto limits = Status().limits;
  EXPECT_EQ(limits.write_capacity, std::nullopt);
  EXPECT_EQ(limits.in_flight, 1);
  EXPECT_EQ(limits.poll_interval_seconds, 0.03);
  // Those that were let go before come to their ends.
  ASSERT_TRUE(Eventually([&] { return Status().writes.in_flight <= 1; }));
  int most = 0;
  EXPECT_TRUE(Eventually([&] {
    most = std::max(most, Status().writes.in_flight);
    return Status().state == JobState::kFollowing && Equal();
  }));
  EXPECT_LE(most, 1);
  EXPECT_EQ(Status().bottleneck, Bottleneck::kNothing);
}

TEST_F(EngineTest, AReadLimitIsKept) {
  constexpr double kUnitsPerSecond = 5, kPage = 1;
  Fill(2000);  // of some 11 bytes
  JobOptions options = Quick();
  options.segments = 1;
  options.read_capacity = kUnitsPerSecond;
  const double seconds = CopyAlone(options);
  EXPECT_GE(Status().source_read_units, 8);
  EXPECT_LE(Status().source_read_units, kUnitsPerSecond * seconds + kPage);
}

TEST_F(EngineTest, AnEventuallyConsistentCopyBeginsAtOnceWithReadsThatAreConsistent) {
  Fill(1500);
  std::atomic<int> others = 0;
  service_.faults().SetHook([&](const fake::FaultRequest& request) -> std::optional<fake::Fault> {
    const bool scan = request.operation == "Scan";
    if (scan && !request.body.contains(R"("ConsistentRead":true)")) ++others;
    return std::nullopt;
  });
  JobOptions options = Quick();
  options.eventually_consistent = true;
  CopyAlone(options);
  EXPECT_EQ(others, 0);
  EXPECT_TRUE(Equal());
}

TEST_F(EngineTest, WritesAreBatchesSideBySide) {
  Fill(1500);
  service_.faults().SetHook([](const fake::FaultRequest& request) -> std::optional<fake::Fault> {
    if (request.operation != "BatchWriteItem") return std::nullopt;
    return fake::Fault{.kind = fake::FaultKind::kSlow, .delay = 100ms};
  });
  JobOptions options = Quick();
  options.phases = Phases::kBackfillOnly;
  Start(options);
  int64_t side_by_side = 0;
  ASSERT_TRUE(Eventually([&] {
    side_by_side = std::max<int64_t>(side_by_side, Status().writes.in_flight);
    return job_->Ended().has_value();
  }));
  EXPECT_GE(side_by_side, 4);
  EXPECT_TRUE(Equal());
  const auto calls = service_.Counts()["BatchWriteItem"];
  EXPECT_LE(calls, 2 * 1500 / 25);
}

TEST_F(EngineTest, ARetryNeverOvertakesANewerWriteOfItsKey) {
  using fake::FaultKind;
  Fill(5);
  Start(Quick());
  ASSERT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing && Equal(); }));
  std::map<std::string, int, std::less<>> versions;  // under the fake's lock
  int backwards = 0;
  service_.SetWriteObserver([&](const fake::AppliedWrite& write) {
    if (write.table != "dst") return;
    const auto item = nlohmann::json::parse(*write.after);
    const int version = std::stoi(item["v"]["N"].get<std::string>());
    int& newest = versions[std::string(write.key_json)];
    backwards += version < newest ? 1 : 0;
    newest = version;
  });
  service_.faults().SetRates(fake::OperationClass::kWrite, {{FaultKind::kUnprocessedSome, 0.4},
                                                            {FaultKind::kConnectionRefused, 0.1}});
  for (int version = 1; version <= 400; ++version) {
    Put("src", "key" + std::to_string(version % 5), version);
    clock_.SleepFor(1ms);  // so that they come in many pages
  }
  EXPECT_TRUE(Eventually([&] { return Equal(); }, 60s));
  EXPECT_GT(Status().writes.unprocessed, 0);
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  service_.SetWriteObserver(nullptr);
  EXPECT_EQ(backwards, 0);
}

/// More shards than fit on ten pages of DescribeStream.
class ManyShardsTest : public EngineFixture {
 protected:
  static constexpr int kShards = 1100;
  static fake::Options ManyShards() {
    fake::Options options;
    options.streams.initial_shards = kShards;
    options.streams.max_open_shards = kShards;
    return options;
  }
  ManyShardsTest() : EngineFixture(ManyShards()) {
    CreateTable("src", "NEW_AND_OLD_IMAGES");
    CreateTable("dst", "");
  }
};

TEST_F(ManyShardsTest, EachIsFollowed) {
  Start();
  ASSERT_TRUE(Eventually([&] { return Status().tail.shards_reading == kShards; }));
  for (int i = 0; i < kShards; ++i) Put("src", "key" + std::to_string(i), 1);
  EXPECT_TRUE(Eventually([&] { return Equal(); }, 60s));
}

}  // namespace
}  // namespace ddbsync::replicator
