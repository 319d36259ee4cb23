// What can go wrong around a job: unclean stops, lost changes, tables that are not what they were.
#include <gtest/gtest.h>

#include <string>

#include "checkpoint/records.h"
#include "dynamodb/canonical_key.h"
#include "replicator/limits.h"
#include "tests/replicator/engine_fixture.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

class EngineFaultsTest : public EngineFixture {
 protected:
  EngineFaultsTest() {
    CreateTable("src", "NEW_AND_OLD_IMAGES");
    CreateTable("dst", "");
    for (int i = 0; i < 50; ++i) Put("src", "key" + std::to_string(i), 0);
  }
  static JobOptions Quick() {
    JobOptions options;
    options.settle = 50ms;
    options.poll_interval = 20ms;
    return options;
  }
  void StartAndFollow() {
    Start(Quick());
    ASSERT_TRUE(Eventually([&] {
      return Status().state == JobState::kFollowing && Equal() && Status().rechecks == 0;
    }));
  }
  /// As if writes of `count` keys, which the source does not hold, had ended unclear.
  void CrashLeavingRechecks(size_t count) {
    checkpoint::Batch batch;
    for (size_t i = 0; i < count; ++i) {
      checkpoint::Recheck recheck;
      const std::string id = "gone" + std::to_string(i);
      ASSERT_TRUE(dynamodb::AppendCanonical(dynamodb::KeyType::kString, id, recheck.key));
      recheck.key_json = R"({"id":{"S":")" + id + R"("}})";
      checkpoint::PutRecheck(batch, recheck);
    }
    executor_->Stop();
    ASSERT_TRUE(store_->Commit(batch));
    Crash();
  }
  [[nodiscard]] uint64_t Writes() { return service_.Counts()["BatchWriteItem"]; }
  void RecreateStream(const std::string& table) {
    Call("UpdateTable",
         {{"TableName", table}, {"StreamSpecification", {{"StreamEnabled", false}}}});
    Call("UpdateTable", {{"TableName", table},
                         {"StreamSpecification",
                          {{"StreamEnabled", true}, {"StreamViewType", "NEW_AND_OLD_IMAGES"}}}});
  }
};

TEST_F(EngineFaultsTest, AfterAnUncleanStopTheFirstWriteWaitsOutTheSettleTime) {
  StartAndFollow();
  Crash();
  Put("src", "key1", 7);
  const uint64_t before = Writes();
  JobOptions slow = Quick();
  slow.settle = 2s;
  const TimePoint started = clock_.Now();
  Start(slow);
  ASSERT_TRUE(Eventually([&] { return Writes() > before; }));
  EXPECT_GE(clock_.Now() - started, 2s);
  EXPECT_TRUE(Eventually([&] { return Equal(); }));
}

TEST_F(EngineFaultsTest, AfterACleanStopItDoesNot) {
  StartAndFollow();
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  Put("src", "key1", 7);
  JobOptions slow = Quick();
  slow.settle = 1h;
  Start(slow);
  EXPECT_TRUE(Eventually([&] { return Equal(); }));
}

TEST_F(EngineFaultsTest, AStopBeforeTheSettleTimeIsOverIsNotClean) {
  StartAndFollow();
  Crash();
  JobOptions slow = Quick();
  slow.settle = 1h;
  Start(slow);
  ASSERT_TRUE(Eventually([&] { return Status().state == JobState::kSettling; }));
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  Start(slow);
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kSettling; }));
}

TEST_F(EngineFaultsTest, AWriteOfUnknownOutcomeStaysListedThroughACrashUntilItIsRepaired) {
  StartAndFollow();
  // The tail has been through what the copy wrote already: what follows is a call of its own.
  ASSERT_TRUE(Eventually([&] {
    const auto status = Status();
    return status.tail.inserts == 50 && status.queue_bytes == 0 && status.writes.in_flight == 0;
  }));
  service_.faults().Enqueue("BatchWriteItem", {{fake::FaultKind::kResponseLost}});
  Put("src", "key1", 7);
  ASSERT_TRUE(Eventually([&] { return Status().rechecks == 1 && Equal(); }));
  // All that was staged until now becomes durable: the recheck with or before the position.
  const TimePoint noted = clock_.Now();
  ASSERT_TRUE(Eventually([&] {
    const double since = std::chrono::duration<double>(clock_.Now() - noted).count();
    return Status().checkpoint_age_seconds < since;
  }));
  Crash();
  Start(Quick());
  EXPECT_EQ(Status().rechecks, 1);
  EXPECT_TRUE(Eventually([&] { return Status().rechecks == 0; }));
  EXPECT_TRUE(Equal());
}

TEST_F(EngineFaultsTest, AWriteThatLandsLateIsRepaired) {
  StartAndFollow();
  service_.faults().SetLateBound(40ms);
  service_.faults().Enqueue("BatchWriteItem", {{fake::FaultKind::kLateLanding, 40ms}});
  Put("src", "key1", 7);
  Put("src", "key1", 8);
  EXPECT_TRUE(Eventually([&] { return Equal() && Status().rechecks == 0; }, 90s));
}

TEST_F(EngineFaultsTest, TooManyRechecksHoldTheCopyUntilSomeAreRepaired) {
  service_.faults().SetHook([](const fake::FaultRequest& request) -> std::optional<fake::Fault> {
    const bool copies = request.body.find("TotalSegments") != std::string_view::npos;
    return copies ? std::optional(fake::Fault{fake::FaultKind::kThrottle}) : std::nullopt;
  });
  Start(Quick());
  CrashLeavingRechecks(limits::kMostRechecks + 200);
  // Before the start, which the first repairs do not wait for; its own look at a key is let
  // through.
  service_.faults().SetHook([](const fake::FaultRequest& request) -> std::optional<fake::Fault> {
    const bool repairs =
        request.operation == "BatchGetItem" && request.body.find("gone") != std::string_view::npos;
    return repairs ? std::optional(fake::Fault{fake::FaultKind::kThrottle}) : std::nullopt;
  });
  Start(Quick());
  // Both what is in the way of the repairs and that the copy waits for them: /readyz shows it.
  EXPECT_TRUE(Eventually([&] {
    const std::string reason = Status().reason;
    return reason.find("BatchGetItem") != std::string::npos &&
           reason.find("the copy is held until writes of unknown outcome") != std::string::npos;
  }));
  service_.faults().Clear();
  const auto settled = [&] {
    return Status().backfill.items_written + Status().backfill.items_fenced;
  };
  // The tail is not held, nor are the repairs, which wait for it.
  ASSERT_TRUE(Eventually([&] { return Equal(); }));
  EXPECT_TRUE(
      Eventually([&] { return Status().reason.find("unknown outcome") != std::string::npos; }));
  EXPECT_EQ(settled(), 0);
  ASSERT_TRUE(Eventually([&] { return settled() > 0; }, 60s));
  EXPECT_LE(Status().rechecks, static_cast<int64_t>(limits::kMostRechecks));
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing; }));
}

TEST_F(EngineFaultsTest, ChangesThatLeftTheStreamUnreadAreAGapThatOutlivesRestarts) {
  StartAndFollow();
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  Put("src", "key1", 7);
  service_.AdvanceTime(30h);
  const uint64_t writes = Writes();
  for (int start = 0; start < 2; ++start) {
    Start(Quick());
    ASSERT_TRUE(Eventually([&] { return Status().state == JobState::kGap; }));
    EXPECT_FALSE(Status().ready);
    EXPECT_GE(Status().gaps, 1);
    EXPECT_FALSE(Status().reason.empty());
    EXPECT_EQ(StopAndWait(), Outcome::kDataAtRisk);
  }
  EXPECT_EQ(Writes(), writes);
}

TEST_F(EngineFaultsTest, OnGapStopEndsAtOnce) {
  StartAndFollow();
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  Put("src", "key1", 7);
  service_.AdvanceTime(30h);
  JobOptions options = Quick();
  options.on_gap = OnGap::kStop;
  Start(options);
  ASSERT_TRUE(Eventually([&] { return job_->Ended().has_value(); }));
  EXPECT_EQ(job_->Ended(), Outcome::kDataAtRisk);
}

TEST_F(EngineFaultsTest, AStreamSwitchedOffAndOnIsAGap) {
  StartAndFollow();
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  RecreateStream("src");
  Start(Quick());
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kGap; }));
  EXPECT_NE(Status().reason.find("switched off and on"), std::string::npos) << Status().reason;
}

TEST_F(EngineFaultsTest, ARecreatedTargetIsRefused) {
  StartAndFollow();
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  Call("DeleteTable", {{"TableName", "dst"}});
  CreateTable("dst", "");
  const auto faults = OpenFaults(Quick());
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_NE(faults[0].message.find("the target is now"), std::string::npos) << faults[0].message;
  EXPECT_TRUE(service_.Items("dst").empty());
}

TEST_F(EngineFaultsTest, ATargetDeletedMeanwhileFailsTheJob) {
  StartAndFollow();
  Call("DeleteTable", {{"TableName", "dst"}});
  Put("src", "key1", 7);
  ASSERT_TRUE(Eventually([&] { return job_->Ended().has_value(); }));
  EXPECT_EQ(job_->Ended(), Outcome::kFailed);
  EXPECT_NE(Status().reason.find("target"), std::string::npos) << Status().reason;
}

TEST_F(EngineFaultsTest, SeveralFaultsAreToldTogether) {
  Call("UpdateTable", {{"TableName", "src"}, {"StreamSpecification", {{"StreamEnabled", false}}}});
  Put("dst", "mine", 1);
  const auto faults = OpenFaults(Quick());
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_NE(faults[0].message.find("--enable-stream"), std::string::npos) << faults[0].message;
  EXPECT_NE(faults[1].message.find("not empty"), std::string::npos) << faults[1].message;
}

TEST_F(EngineFaultsTest, AWayBackMayBeginByAnotherServersClockAndWithinADay) {
  JobOptions options = Quick();
  options.phases = Phases::kTailOnly;
  options.since = clock_.WallNow() + 30s;
  ASSERT_EQ(OpenFaults(options).size(), 1u) << "as a person types it, it is a mistake";
  options.stream_arn =
      Call("DescribeTable", {{"TableName", "src"}})["Table"]["LatestStreamArn"].get<std::string>();
  EXPECT_TRUE(OpenFaults(options).empty());
  options.since = clock_.WallNow() - 25h;
  const auto faults = OpenFaults(options);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].code, ErrorCode::kAtRisk);
  EXPECT_NE(faults[0].message.find("its way back was never begun"), std::string::npos);
}

TEST_F(EngineFaultsTest, EnableStreamTurnsItOnAndNothingIsLost) {
  Call("UpdateTable", {{"TableName", "src"}, {"StreamSpecification", {{"StreamEnabled", false}}}});
  JobOptions options = Quick();
  options.enable_stream = true;
  Start(options);
  Put("src", "key1", 7);
  EXPECT_TRUE(Eventually([&] { return Equal(); }));
}

TEST_F(EngineFaultsTest, CreateTargetMakesTheTable) {
  Call("DeleteTable", {{"TableName", "dst"}});
  JobOptions options = Quick();
  options.create_target = true;
  Start(options);
  EXPECT_TRUE(Eventually([&] { return Equal(); }));
}

TEST_F(EngineFaultsTest, ATtlDeleteIsReplicatedOrSkippedAsAsked) {
  JobOptions options = Quick();
  options.ttl_deletes = TtlDeletes::kSkip;
  Call("UpdateTimeToLive",
       {{"TableName", "src"},
        {"TimeToLiveSpecification", {{"Enabled", true}, {"AttributeName", "ends"}}}});
  Start(options);
  ASSERT_TRUE(Eventually([&] { return Equal(); }));
  ASSERT_TRUE(service_.DeleteByTtl("src", R"({"id":{"S":"key1"}})"));
  Delete("src", "key2");
  ASSERT_TRUE(Eventually([&] { return service_.Items("dst").size() == 49; }));
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  ASSERT_TRUE(service_.DeleteByTtl("src", R"({"id":{"S":"key3"}})"));
  Start(Quick());
  EXPECT_TRUE(Eventually([&] { return service_.Items("dst").size() == 48; }));
}

TEST_F(EngineFaultsTest, ATargetThatRefusesHalfOfEverythingStopsTheJob) {
  for (int i = 0; i < 2000; ++i) Put("src", "more" + std::to_string(i), 0);
  service_.faults().RejectItems([](std::string_view table, std::string_view key) {
    return table == "dst" && key.find("more") != std::string_view::npos;
  });
  Start(Quick());
  ASSERT_TRUE(Eventually([&] { return job_->Ended().has_value(); }));
  EXPECT_EQ(job_->Ended(), Outcome::kDataAtRisk);
}

TEST_F(EngineFaultsTest, APausedCopyFollowsAndGoesOnWhenResumed) {
  JobOptions options = Quick();
  options.write_capacity = 20;
  Start(options);
  job_->Pause(false);
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kPaused; }));
  job_->Resume();
  EXPECT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing && Equal(); }, 60s));
}

TEST_F(EngineFaultsTest, AStopWhileTheTargetTakesNothingLosesNoChange) {
  using fake::FaultKind;
  int version = 1;
  for (const FaultKind kind :
       {FaultKind::kUnprocessedAll, FaultKind::kThrottle, FaultKind::kConnectionRefused}) {
    SCOPED_TRACE(fake::ToString(kind));
    ASSERT_NO_FATAL_FAILURE(StartAndFollow());
    service_.faults().SetRates(fake::OperationClass::kWrite, {{kind, 1.0}});
    Put("src", "key1", ++version);
    Delete("src", "key" + std::to_string(version * 10));
    ASSERT_TRUE(Eventually([&] {
      const auto writes = Status().writes;
      return writes.unprocessed + writes.throttled + writes.failed >= 2;
    }));
    // The stop makes durable what it holds for safe.
    EXPECT_EQ(StopAndWait(), Outcome::kDone);
    EXPECT_FALSE(Equal());
    service_.faults().Clear();
    ASSERT_NO_FATAL_FAILURE(StartAndFollow());
    EXPECT_EQ(StopAndWait(), Outcome::kDone);
  }
}

TEST_F(EngineFaultsTest, AJobSetsNothingThatItWasNotAskedTo) {
  const auto before = Call("DescribeTable", {{"TableName", "src"}})["Table"];
  JobOptions options = Quick();
  options.enable_stream = true;  // it is on already
  Start(options);
  ASSERT_TRUE(Eventually([&] { return Status().state == JobState::kFollowing && Equal(); }));
  Put("src", "key1", 7);
  ASSERT_TRUE(Eventually([&] { return Equal(); }));
  EXPECT_EQ(StopAndWait(), Outcome::kDone);
  auto counts = service_.Counts();
  for (const char* reads_or_items :
       {"DescribeTable", "ListTagsOfResource", "Scan", "BatchGetItem", "BatchWriteItem",
        "DescribeStream", "GetShardIterator", "GetRecords", "CreateTable",
        "PutItem"}) {  // the last two are ours
    counts.erase(reads_or_items);
  }
  EXPECT_TRUE(counts.empty()) << counts.begin()->first;
  const auto after = Call("DescribeTable", {{"TableName", "src"}})["Table"];
  EXPECT_EQ(after["LatestStreamArn"], before["LatestStreamArn"]);
  EXPECT_EQ(after["StreamSpecification"], before["StreamSpecification"]);
}

class KeysOnlyTest : public EngineFixture {
 protected:
  void Run(const std::string& view) {
    CreateTable("src", view);
    CreateTable("dst", "");
    for (int i = 0; i < 20; ++i) Put("src", "key" + std::to_string(i), 0);
    JobOptions options;
    options.poll_interval = 20ms;
    Start(options);
    ASSERT_TRUE(Eventually([&] { return Equal(); }));
    Put("src", "key1", 1);
    Delete("src", "key2");
    Put("src", "key3", 3);
    Delete("src", "key3");
    EXPECT_TRUE(Eventually([&] { return Equal(); }));
  }
};

TEST_F(KeysOnlyTest, AKeysOnlyStreamIsReadBack) {
  Run("KEYS_ONLY");
}
TEST_F(KeysOnlyTest, AnOldImageStreamIsReadBack) {
  Run("OLD_IMAGE");
}

}  // namespace
}  // namespace ddbsync::replicator
