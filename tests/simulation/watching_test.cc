// The watch of the target's stream, on virtual time: the real engine beside others who write to its
// target, and a network that loses, repeats and delays.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "tests/simulation/process.h"
#include "tests/support/random.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using fake::FaultKind;
using fake::OperationClass;
using replicator::JobState;
using replicator::JobStatus;

/// Within so long a write of the target is judged, also where its shard has just rolled.
constexpr auto kSeen = 30s;

class WatchingTest : public ::testing::Test {
 protected:
  explicit WatchingTest(uint64_t seed = 1) : machine_(seed), chance_(seed) {
    SetLogSink([](std::string_view line) { log_lines_.emplace_back(line); });
    log_lines_.clear();
    for (fake::FakeDynamoDb* service : {&source_, &target_}) {
      service->SetAlarm(
          [this, service](TimePoint at) { machine_.At(at, [service] { service->Land(); }); });
    }
    Create(source_, "source", "NEW_AND_OLD_IMAGES");
  }
  ~WatchingTest() override {
    Crash();
    SetLogSink(nullptr);
  }

  static void Call(fake::FakeDynamoDb& service, const std::string& operation,
                   const std::string& body) {
    EXPECT_EQ(service.Handle("DynamoDB_20120810." + operation, body).status, 200) << body;
  }
  static void Create(fake::FakeDynamoDb& service, const std::string& name,
                     const std::string& view) {
    Call(service, "CreateTable",
         R"({"TableName":")" + name +
             R"(","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
             R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
             R"("BillingMode":"PAY_PER_REQUEST","StreamSpecification":{"StreamEnabled":true,)"
             R"("StreamViewType":")" +
             view + R"("}})");
  }
  static std::string Item(const std::string& key, int version) {
    return R"({"id":{"S":")" + key + R"("},"v":{"N":")" + std::to_string(version) + R"("}})";
  }
  static std::string Key(const std::string& key) { return R"({"id":{"S":")" + key + R"("}})"; }
  static void Put(fake::FakeDynamoDb& service, const std::string& table, const std::string& key,
                  int version) {
    Call(service, "PutItem",
         R"({"TableName":")" + table + R"(","Item":)" + Item(key, version) + "}");
  }
  static void Delete(fake::FakeDynamoDb& service, const std::string& table,
                     const std::string& key) {
    Call(service, "DeleteItem", R"({"TableName":")" + table + R"(","Key":)" + Key(key) + "}");
  }

  std::vector<Error> Open(replicator::JobOptions options = {}) {
    process_.emplace(Surroundings{machine_, disk_, source_, target_, 20ms}, ++starts_);
    options.job_id = "a-b";
    options.watch_target = true;
    return process_->Start(options);
  }
  /// Watches a target whose stream has that view, until what is written is judged.
  void Start(const std::string& view = "NEW_AND_OLD_IMAGES") {
    Create(target_, "target", view);
    GoOn();
  }
  void GoOn() {
    const auto faults = Open();
    ASSERT_TRUE(faults.empty()) << ToString(faults.front());
    machine_.RunFor(30s);
    ASSERT_EQ(Status().state, JobState::kFollowing);
    ASSERT_TRUE(Watch().watching) << Watch().reason;
    ASSERT_LT(Watch().since, Status().now);
  }
  void Crash() {
    machine_.CutPower();
    disk_.CutPower();
    machine_.Crash();
    process_.reset();
  }
  void ReturnPower() {
    fake::Random chance(1);
    disk_.Restart(chance);
    machine_.Restart();
  }
  void Restart() {
    ReturnPower();
    GoOn();
  }

  /// Writes and deletes of an application at the source, ten a second.
  void KeepWriting(Duration duration) {
    const TimePoint end = machine_.clock().Now() + duration;
    while (machine_.clock().Now() < end) {
      const std::string key = "key" + std::to_string(chance_.Below(50));
      chance_.Chance(0.2) ? Delete(source_, "source", key)
                          : Put(source_, "source", key, ++version_);
      machine_.RunFor(100ms);
    }
  }
  /// Two minutes in which all that a network can do to writes happens.
  void WriteThroughFaults() {
    target_.faults().SetRates(OperationClass::kWrite, {{FaultKind::kTimeout, 0.04},
                                                       {FaultKind::kResponseLost, 0.06},
                                                       {FaultKind::kLateLanding, 0.06},
                                                       {FaultKind::kErrorAfter, 0.04},
                                                       {FaultKind::kUnprocessedSome, 0.1},
                                                       {FaultKind::kThrottle, 0.04}});
    KeepWriting(2min);
  }
  /// What is on its way has landed and is judged.
  void Calm() {
    target_.faults().Clear();
    machine_.RunFor(1min);
  }
  [[nodiscard]] JobStatus Status() { return process_->job().Status(); }
  [[nodiscard]] JobStatus::Watch Watch() { return Status().watch; }
  void ExpectForeign(int puts, int deletes, int ttl_deletes = 0) {
    const auto watch = Watch();
    EXPECT_EQ(watch.puts, puts);
    EXPECT_EQ(watch.deletes, deletes);
    EXPECT_EQ(watch.ttl_deletes, ttl_deletes);
    EXPECT_EQ(watch.not_judged, 0);
  }
  /// What was written a moment ago is not judged yet.
  void ExpectAtTheTip() {
    EXPECT_TRUE(Watch().watching) << Watch().reason;
    const auto lag = Watch().lag_seconds;
    ASSERT_TRUE(lag);
    EXPECT_GT(*lag, 0);
    EXPECT_LT(*lag, 30);
  }
  static size_t Logged(const std::string& event) {
    size_t lines = 0;
    for (const auto& line : log_lines_) lines += line.find(event) != std::string::npos ? 1 : 0;
    return lines;
  }

  inline static std::vector<std::string> log_lines_;
  fake::SimExecutor machine_;
  fake::Random chance_;
  fake::MemoryDisk disk_;
  fake::FakeDynamoDb source_{machine_.clock(), {}};
  fake::FakeDynamoDb target_{machine_.clock(), Rolling()};
  std::optional<Process> process_;
  uint64_t starts_ = 0;
  int version_ = 0;

 private:
  /// Shards live for a minute, half of them split, and children are listed late.
  static fake::Options Rolling() {
    fake::Options options;
    options.seed = 2;
    options.streams.initial_shards = 2;
    options.streams.shard_life = 1min;
    options.streams.split_rate = 0.5;
    options.streams.max_open_shards = 8;
    options.streams.listing_delay = 5s;
    options.streams.record_delay = 500ms;
    options.streams.empty_page_rate = 0.2;
    return options;
  }
};

class WatchingSeedTest : public WatchingTest, public ::testing::WithParamInterface<int> {
 protected:
  WatchingSeedTest() : WatchingTest(static_cast<uint64_t>(GetParam())) {}
};
INSTANTIATE_TEST_SUITE_P(Seeds, WatchingSeedTest, ::testing::Range(1, 7));

TEST_P(WatchingSeedTest, OwnWritesAreNoFalseAlarmAndOthersAreAllCounted) {
  Start();
  WriteThroughFaults();
  Calm();
  ExpectForeign(0, 0);
  EXPECT_GT(Status().writes.ambiguous, 0);
  EXPECT_GT(target_.Shards("target").size(), 4U);
  target_.faults().SetRates(OperationClass::kWrite, {{FaultKind::kResponseLost, 0.1}});
  for (int i = 0; i < 10; ++i) {
    Put(target_, "target", "theirs" + std::to_string(i), i);
    KeepWriting(7s);
    if (i % 2 == 0) Delete(target_, "target", "theirs" + std::to_string(i));
  }
  Calm();
  ExpectForeign(10, 5);
}

TEST_P(WatchingSeedTest, WritesOfACrashedProcessThatLandLateAreNoFalseAlarm) {
  Start();
  WriteThroughFaults();
  Crash();
  Restart();
  WriteThroughFaults();
  Calm();
  ExpectForeign(0, 0);
  Put(target_, "target", "theirs", 1);
  Calm();
  ExpectForeign(1, 0);
}

TEST_F(WatchingTest, AForeignPutOverwriteAndDeleteAreCountedAndTheirKeysKept) {
  Put(source_, "source", "ours", 1);
  Start();
  Put(target_, "target", "theirs", 1);
  Put(target_, "target", "ours", 2);
  machine_.RunFor(kSeen);
  ExpectForeign(2, 0);
  Delete(target_, "target", "ours");
  machine_.RunFor(kSeen);
  ExpectForeign(2, 1);
  EXPECT_EQ(Watch().some_keys, (std::vector{Key("ours"), Key("theirs")}));
  EXPECT_TRUE(Watch().last_foreign);
  EXPECT_TRUE(Status().ready) << "it is told, and holds nothing up";
  EXPECT_EQ(Logged("foreign_write"), 1U) << "a line a minute";
  for (const auto& line : log_lines_) EXPECT_EQ(line.find("theirs"), std::string::npos) << line;
}

TEST_F(WatchingTest, RowsThatAMirrorRemovesAreOwnWrites) {
  constexpr int kExtra = 5;
  for (int i = 0; i < 50; ++i) Put(source_, "source", "key" + std::to_string(i), 1);
  Create(target_, "target", "NEW_IMAGE");
  for (int i = 0; i < kExtra; ++i) Put(target_, "target", "extra" + std::to_string(i), 1);
  replicator::JobOptions mirror;
  mirror.mirror = true;
  const auto faults = Open(mirror);
  ASSERT_TRUE(faults.empty()) << ToString(faults.front());
  machine_.RunFor(5min);
  ASSERT_EQ(Status().state, JobState::kFollowing) << Status().reason;
  EXPECT_EQ(target_.CountItems("target"), 50U) << "the extra rows are gone";
  ExpectForeign(0, 0);
}

TEST_F(WatchingTest, OneWhoWritesWhatWeWroteIsNotTold) {
  Start();
  Put(source_, "source", "key", 1);
  machine_.RunFor(kSeen);
  Put(source_, "source", "key", 2);
  machine_.RunFor(kSeen);
  Put(target_, "target", "key", 2);  // leaves no record
  Put(target_, "target", "key", 1);  // what we wrote a moment ago
  machine_.RunFor(kSeen);
  ExpectForeign(0, 0);
  Put(target_, "target", "key", 3);
  machine_.RunFor(kSeen);
  ExpectForeign(1, 0);
}

TEST_F(WatchingTest, TheTargetsTimeToLiveIsToldApart) {
  Put(source_, "source", "key", 1);
  Start();
  Call(target_, "UpdateTimeToLive",
       R"({"TableName":"target","TimeToLiveSpecification":{"Enabled":true,)"
       R"("AttributeName":"expires"}})");
  EXPECT_TRUE(target_.DeleteByTtl("target", Key("key")));
  machine_.RunFor(kSeen);
  ExpectForeign(0, 0, 1);
  EXPECT_EQ(Logged("foreign_write"), 0U);
}

TEST_F(WatchingTest, AStreamOfKeysTellsByKeyAndKind) {
  Start("KEYS_ONLY");
  EXPECT_TRUE(Watch().by_key_only);
  Put(source_, "source", "key", 1);
  machine_.RunFor(kSeen);
  Put(target_, "target", "key", 2);  // of the same kind: not to be told from ours
  Put(target_, "target", "theirs", 1);
  Delete(target_, "target", "key");
  machine_.RunFor(kSeen);
  ExpectForeign(1, 1);
}

TEST_F(WatchingTest, WhatWasWrittenBeforeTheStartIsNotReadAtAll) {
  Create(target_, "target", "NEW_IMAGE");
  Put(target_, "target", "before", 1);
  Delete(target_, "target", "before");
  machine_.RunFor(kSeen);
  GoOn();
  ExpectForeign(0, 0);
}

TEST_F(WatchingTest, ATargetWithoutAStreamIsRefusedWithWhatToType) {
  Create(target_, "target", "NEW_IMAGE");
  Call(target_, "UpdateTable",
       R"({"TableName":"target","StreamSpecification":{"StreamEnabled":false}})");
  const auto faults = Open();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults.front().code, ErrorCode::kInvalid);
  EXPECT_NE(faults.front().message.find("update-table --table-name target"), std::string::npos)
      << faults.front().message;
}

TEST_F(WatchingTest, KeysThatMayNotReadTheStreamAreRefused) {
  Create(target_, "target", "NEW_IMAGE");
  target_.faults().Deny("GetRecords");
  const auto faults = Open();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults.front().message.find("dynamodb:GetRecords"), std::string::npos);
}

TEST_F(WatchingTest, AStreamThatIsSwitchedOffEndsTheWatchAndNotTheJob) {
  Start();
  Call(target_, "UpdateTable",
       R"({"TableName":"target","StreamSpecification":{"StreamEnabled":false}})");
  machine_.RunFor(1min);
  EXPECT_FALSE(Watch().watching);
  EXPECT_NE(Watch().reason.find("switched off"), std::string::npos) << Watch().reason;
  EXPECT_EQ(Logged("target_watch_ended"), 1U);
  Put(source_, "source", "key", 1);
  machine_.RunFor(kSeen);
  EXPECT_EQ(target_.CountItems("target"), 1U);
  EXPECT_TRUE(Status().ready);
}

TEST_F(WatchingTest, AJobThatHasBegunStartsAgainWithoutTheTargetsStream) {
  Start();
  Call(target_, "UpdateTable",
       R"({"TableName":"target","StreamSpecification":{"StreamEnabled":false}})");
  Crash();
  ReturnPower();
  const auto faults = Open();
  ASSERT_TRUE(faults.empty()) << ToString(faults.front());
  Put(source_, "source", "key", 1);
  machine_.RunFor(30s);
  EXPECT_EQ(target_.CountItems("target"), 1U);
  EXPECT_TRUE(Status().ready) << Status().reason;
  EXPECT_TRUE(Watch().wanted);
  EXPECT_FALSE(Watch().watching);
  EXPECT_NE(Watch().reason.find("update-table --table-name target"), std::string::npos)
      << Watch().reason;
}

TEST_F(WatchingTest, WhatWasWrittenBeforeTheStreamCouldBeReadIsNotSaidToBeWatched) {
  Start();
  Crash();
  ReturnPower();
  target_.faults().Deny("GetShardIterator");
  const auto faults = Open();
  ASSERT_TRUE(faults.empty()) << ToString(faults.front());
  machine_.RunFor(1min);
  Put(target_, "target", "theirs", 1);
  const WallTime put_at = target_.Now();
  machine_.RunFor(1min);
  EXPECT_FALSE(Watch().watching);
  EXPECT_TRUE(Status().ready) << Status().reason;
  target_.faults().Allow("GetShardIterator");
  machine_.RunFor(2min);
  EXPECT_TRUE(Watch().watching) << Watch().reason;
  EXPECT_TRUE(Watch().puts == 1 || Watch().since > put_at);
}

TEST_F(WatchingTest, AStreamThatCannotBeReadForAWhileHoldsUpNothingAndIsReadOn) {
  Start();
  for (const char* operation : {"GetRecords", "DescribeStream"}) {
    target_.faults().Deny(operation);
    KeepWriting(2min);
    EXPECT_FALSE(Watch().watching);
    EXPECT_FALSE(Watch().reason.empty());
    EXPECT_TRUE(Status().ready) << Status().reason;
    Put(target_, "target", operation, 1);
    target_.faults().Allow(operation);
    machine_.RunFor(2min);
    EXPECT_TRUE(Watch().watching) << Watch().reason;
  }
  ExpectForeign(2, 0);
}

TEST_F(WatchingTest, AWatchThatFallsBehindSaysHowFar) {
  Start();
  KeepWriting(2min);  // shards roll meanwhile
  ExpectAtTheTip();
  // Each answer comes, and so late that the watch never is where its stream is.
  target_.faults().SetSlowness(25s);
  target_.faults().SetRates(OperationClass::kStream, {{FaultKind::kSlow, 1}});
  double most = 0;
  for (int i = 0; i < 18; ++i) {
    KeepWriting(10s);
    if (Watch().watching) most = std::max(most, Watch().lag_seconds.value_or(0));
  }
  EXPECT_GT(most, 30);
  EXPECT_TRUE(Status().ready) << Status().reason;
  EXPECT_LT(Status().tail.lag_seconds.value_or(1000), 30) << "the job itself keeps up";
  target_.faults().Clear();
  machine_.RunFor(2min);
  ExpectAtTheTip();
  ExpectForeign(0, 0);
}

TEST_F(WatchingTest, TheLagOfAWatchThatReadsNothingGrows) {
  Start();
  ExpectAtTheTip();
  target_.faults().Deny("GetRecords");
  machine_.RunFor(3min);
  EXPECT_FALSE(Watch().watching);
  EXPECT_NEAR(Watch().lag_seconds.value_or(0), 190, 15);
  target_.faults().Allow("GetRecords");
  machine_.RunFor(2min);
  ExpectAtTheTip();
  process_->job().Stop();
  machine_.RunFor(30s);
  EXPECT_FALSE(Watch().lag_seconds) << "nobody reads it any more";
}

TEST_F(WatchingTest, WithoutTheFlagNobodyReadsTheTargetsStream) {
  Create(target_, "target", "NEW_IMAGE");
  process_.emplace(Surroundings{machine_, disk_, source_, target_, 20ms}, ++starts_);
  replicator::JobOptions options;
  options.job_id = "a-b";
  ASSERT_TRUE(process_->Start(options).empty());
  Put(target_, "target", "theirs", 1);
  KeepWriting(30s);
  EXPECT_FALSE(Watch().wanted);
  for (const char* operation : {"DescribeStream", "GetShardIterator", "GetRecords"}) {
    EXPECT_EQ(target_.Counts()[operation], 0U) << operation;
  }
}

TEST_F(WatchingTest, AnOrderlyStopEndsTheWatchToo) {
  Start();
  process_->job().Stop();
  machine_.RunFor(30s);
  EXPECT_EQ(process_->job().Ended(), replicator::Outcome::kDone);
  const auto polls = target_.Counts()["GetRecords"];
  machine_.RunFor(30s);
  EXPECT_EQ(target_.Counts()["GetRecords"], polls);
  EXPECT_FALSE(Watch().watching);
}

}  // namespace
}  // namespace ddbsync::simulation
