// A target with rows of its own, and a copy that is made again after a gap: the real engine on
// virtual time, told step by step. Random histories of the same are resync_simulation.h's.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/log.h"
#include "tests/simulation/process.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using replicator::JobOptions;
using replicator::JobState;
using replicator::JobStatus;
using replicator::OnGap;
using replicator::Outcome;

class MirrorTest : public ::testing::Test {
 protected:
  MirrorTest() {
    SetLogSink([](std::string_view) {});
    for (fake::FakeDynamoDb* service : {&source_, &target_}) {
      service->SetAlarm(
          [this, service](TimePoint at) { machine_.At(at, [service] { service->Land(); }); });
    }
    Create(source_, "source");
    Create(target_, "target");
    SwitchStream(true);
    options_.job_id = "a-b";
    options_.most_extra.share = 1;
  }
  ~MirrorTest() override {
    if (process_) Kill();
    SetLogSink(nullptr);
  }

  static void Call(fake::FakeDynamoDb& service, const std::string& operation,
                   const std::string& body) {
    EXPECT_EQ(service.Handle("DynamoDB_20120810." + operation, body).status, 200) << operation;
  }
  static void Create(fake::FakeDynamoDb& service, const std::string& table) {
    Call(service, "CreateTable",
         R"({"TableName":")" + table +
             R"(","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
             R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
             R"("BillingMode":"PAY_PER_REQUEST"})");
  }
  static std::string KeyOf(const std::string& id) { return R"({"id":{"S":")" + id + R"("}})"; }
  void SwitchStream(bool on) {
    Call(source_, "UpdateTable",
         std::string(R"({"TableName":"source","StreamSpecification":)") +
             (on ? R"({"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}})"
                 : R"({"StreamEnabled":false}})"));
  }
  void Put(fake::FakeDynamoDb& service, const std::string& id, int version) {
    const std::string table = &service == &source_ ? "source" : "target";
    Call(service, "PutItem",
         R"({"TableName":")" + table + R"(","Item":{"id":{"S":")" + id + R"("},"v":{"N":")" +
             std::to_string(version) + R"("}}})");
  }
  void PutMany(fake::FakeDynamoDb& service, const std::string& name, int count) {
    for (int i = 0; i < count; ++i) Put(service, name + std::to_string(i), i);
  }
  void Delete(const std::string& id) {
    Call(source_, "DeleteItem", R"({"TableName":"source","Key":)" + KeyOf(id) + "}");
  }

  std::vector<Error> TryToStart() {
    machine_.Restart();
    process_.emplace(Surroundings{machine_, disk_, source_, target_, 5ms}, ++starts_);
    return process_->Start(options_);
  }
  void Start() {
    const auto faults = TryToStart();
    ASSERT_TRUE(faults.empty()) << ToString(faults.front());
  }
  /// As `kill -9` does.
  void Kill() {
    machine_.CutPower();
    disk_.CutPower();
    machine_.Crash();
    process_.reset();
    fake::Random chance(1);
    disk_.Restart(chance);
  }
  [[nodiscard]] bool Until(const std::function<bool()>& done, Duration most = 30min) {
    return machine_.RunUntil(done, machine_.clock().Now() + most) ==
           fake::SimExecutor::Ended::kDone;
  }
  Outcome Stop() {
    process_->job().Stop();
    EXPECT_TRUE(Until([&] { return process_->job().Ended().has_value(); }));
    const Outcome outcome = process_->job().Ended().value_or(Outcome::kFailed);
    Kill();
    return outcome;
  }
  [[nodiscard]] JobStatus Status() { return process_->job().Status(); }
  [[nodiscard]] std::string StepNow() { return Status().resync.step; }
  [[nodiscard]] bool Equal() { return source_.Items("source") == target_.Items("target"); }
  [[nodiscard]] bool ComesInStep() {
    const bool in_step = Until([&] {
      const JobStatus status = Status();
      return status.state == JobState::kFollowing && status.ready && status.gaps == 0;
    });
    return in_step && Equal();
  }
  [[nodiscard]] checkpoint::State Durable() {
    auto state = process_->ReadState();
    EXPECT_TRUE(state);
    return state.value_or(checkpoint::State{});
  }
  void FollowAndStop(int items) {
    PutMany(source_, "item", items);
    Start();
    ASSERT_TRUE(ComesInStep());
    ASSERT_EQ(Stop(), Outcome::kDone);
  }
  /// Changes that are in no stream any more, deletions among them.
  void LoseChanges() {
    SwitchStream(false);
    Delete("item0");
    Delete("item1");
    Put(source_, "item2", 200);
    Put(source_, "new", 1);
    SwitchStream(true);
  }

  static fake::Options TwoShards() {
    fake::Options options;
    options.streams.initial_shards = 2;
    options.streams.shard_life = 0s;
    return options;
  }

  fake::SimExecutor machine_{1};
  fake::MemoryDisk disk_;
  fake::FakeDynamoDb source_{machine_.clock(), TwoShards()};
  fake::FakeDynamoDb target_{machine_.clock(), {.seed = 2}};
  std::optional<Process> process_;
  JobOptions options_;
  uint64_t starts_ = 0;
};

TEST_F(MirrorTest, ATargetThatIsNotEmptyIsRefusedAndTheFlagIsNamed) {
  Put(target_, "stranger", 1);
  const auto faults = TryToStart();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].message.find("--mirror"), std::string::npos) << faults[0].message;
}

TEST_F(MirrorTest, WhatOnlyTheTargetHasIsRemoved) {
  PutMany(source_, "item", 50);
  PutMany(target_, "item", 20);
  PutMany(target_, "stranger", 30);
  options_.mirror = true;
  Start();
  machine_.RunFor(1s);
  EXPECT_EQ(Status().state, JobState::kResync);
  EXPECT_FALSE(Status().ready);
  EXPECT_FALSE(Status().tail.watermark);
  ASSERT_TRUE(ComesInStep());
  EXPECT_EQ(StepNow(), "none");
  machine_.RunFor(1s);
  const auto record = Durable().resync;
  ASSERT_TRUE(record);
  EXPECT_NE(record->completed, WallTime{});
  EXPECT_EQ(record->removed_rows, 30);
  EXPECT_EQ(Stop(), Outcome::kDone);
}

TEST_F(MirrorTest, OfAnEmptyTargetItIsAnOrdinaryCopy) {
  PutMany(source_, "item", 5);
  options_.mirror = true;
  Start();
  ASSERT_TRUE(ComesInStep());
  EXPECT_FALSE(Durable().resync);
}

TEST_F(MirrorTest, KilledAtEachOfItsStepsItGoesOnWithoutTheFlag) {
  PutMany(source_, "item", 50);
  PutMany(target_, "stranger", 200);
  options_.mirror = true;
  Start();
  for (const char* step : {"copying", "counting", "removing"}) {
    ASSERT_TRUE(Until([&] { return StepNow() == step; })) << step << ", " << Status().reason;
    machine_.RunFor(2s);
    Kill();
    options_.mirror = false;
    Start();
  }
  ASSERT_TRUE(Until([&] { return target_.Items("target").size() < 240; }));
  Kill();
  Start();
  EXPECT_EQ(Durable().resync->step, "removing");
  EXPECT_GT(Durable().resync->removed_rows, 0);
  ASSERT_TRUE(ComesInStep());
  // A removal whose asking was not durable is asked for once more.
  EXPECT_GE(Durable().resync->removed_rows, 200);
}

TEST_F(MirrorTest, AGapFoundAtAStartIsMadeUpFor) {
  FollowAndStop(50);
  LoseChanges();
  options_.on_gap = OnGap::kResync;
  Start();
  machine_.RunFor(1s);
  EXPECT_EQ(Status().gaps, 1);
  EXPECT_EQ(Status().state, JobState::kResync);
  EXPECT_FALSE(Status().ready);
  EXPECT_FALSE(Status().tail.lag_seconds);
  EXPECT_NE(Status().reason.find("resync after changes were lost"), std::string::npos)
      << Status().reason;
  ASSERT_TRUE(ComesInStep());
  machine_.RunFor(1s);
  const checkpoint::State state = Durable();
  EXPECT_TRUE(state.gaps.empty());
  EXPECT_EQ(state.resync->cause, "gap");
  EXPECT_EQ(state.resync->removed_rows, 2);
}

TEST_F(MirrorTest, AGapThatWasHeldIsMadeUpForByTheNextStart) {
  FollowAndStop(30);
  Put(source_, "item3", 300);
  Delete("item4");
  machine_.RunWorldFor(30h);
  Start();
  ASSERT_TRUE(Until([&] { return Status().state == JobState::kGap; }));
  EXPECT_NE(Status().reason.find("--on-gap resync"), std::string::npos) << Status().reason;
  EXPECT_EQ(Stop(), Outcome::kDataAtRisk);
  options_.on_gap = OnGap::kResync;
  Start();
  ASSERT_TRUE(ComesInStep());
}

TEST_F(MirrorTest, AGapAtRunTimeEndsTheJobToBeginAgainOnceThereIsAStream) {
  PutMany(source_, "item", 30);
  options_.on_gap = OnGap::kResync;
  Start();
  ASSERT_TRUE(ComesInStep());
  SwitchStream(false);
  Delete("item5");
  ASSERT_TRUE(Until([&] { return process_->job().Ended().has_value(); }));
  EXPECT_EQ(process_->job().Ended(), Outcome::kRestart);
  Kill();
  Start();
  machine_.RunFor(1min);
  EXPECT_EQ(Status().state, JobState::kGap);
  EXPECT_NE(Status().reason.find("--enable-stream"), std::string::npos) << Status().reason;
  EXPECT_FALSE(process_->job().Ended());
  SwitchStream(true);
  ASSERT_TRUE(Until([&] { return process_->job().Ended().has_value(); }));
  EXPECT_EQ(process_->job().Ended(), Outcome::kRestart);
  Kill();
  Start();
  ASSERT_TRUE(ComesInStep());
}

TEST_F(MirrorTest, AStreamThatIsOffIsTurnedOnWhereThatWasAskedFor) {
  FollowAndStop(20);
  SwitchStream(false);
  Delete("item5");
  options_.on_gap = OnGap::kResync;
  options_.enable_stream = true;
  Start();
  ASSERT_TRUE(ComesInStep());
}

TEST_F(MirrorTest, ALossDuringAResyncBeginsItAgain) {
  FollowAndStop(50);
  LoseChanges();
  options_.on_gap = OnGap::kResync;
  Start();
  ASSERT_TRUE(Until([&] { return StepNow() == "counting"; }));
  SwitchStream(false);
  Delete("item7");
  SwitchStream(true);
  ASSERT_TRUE(Until([&] { return process_->job().Ended().has_value(); }));
  EXPECT_EQ(process_->job().Ended(), Outcome::kRestart);
  Kill();
  Start();
  EXPECT_EQ(Durable().resync->number, 2);
  ASSERT_TRUE(ComesInStep());
}

TEST_F(MirrorTest, RechecksAndDeadLettersOutliveTheNewBeginning) {
  FollowAndStop(20);
  LoseChanges();
  machine_.Restart();
  process_.emplace(Surroundings{machine_, disk_, source_, target_, 5ms}, ++starts_);
  ASSERT_TRUE(process_->ReadState());
  checkpoint::Batch batch;
  checkpoint::PutRecheck(batch, {.key = "canonical", .key_json = KeyOf("item3")});
  checkpoint::PutDeadLetter(batch, {.key = "other", .key_json = KeyOf("item4")});
  ASSERT_TRUE(process_->store().Commit(batch));
  options_.on_gap = OnGap::kResync;
  ASSERT_TRUE(process_->Start(options_).empty());
  EXPECT_EQ(Status().rechecks, 1);
  EXPECT_EQ(Status().dead_letters, 1);
  EXPECT_EQ(Durable().rechecks.size(), 1U);
  EXPECT_EQ(Durable().dead_letters.size(), 1U);
}

TEST_F(MirrorTest, AnotherTableOfTheSameNameIsNeverCopiedOverTheTarget) {
  FollowAndStop(20);
  LoseChanges();
  Start();
  ASSERT_TRUE(Until([&] { return Status().state == JobState::kGap; }));
  machine_.RunFor(1s);
  EXPECT_EQ(Stop(), Outcome::kDataAtRisk);
  const auto before = target_.Items("target");
  Call(source_, "DeleteTable", R"({"TableName":"source"})");
  machine_.RunWorldFor(1min);
  Create(source_, "source");
  SwitchStream(true);
  options_.on_gap = OnGap::kResync;
  const auto faults = TryToStart();
  ASSERT_FALSE(faults.empty());
  EXPECT_EQ(faults[0].code, ErrorCode::kAtRisk);
  EXPECT_NE(faults[0].message.find("the source is now"), std::string::npos) << faults[0].message;
  EXPECT_EQ(target_.Items("target"), before);
}

TEST_F(MirrorTest, MoreRowsThanTheBoundAreHeldUntilItIsRaised) {
  PutMany(source_, "item", 20);
  PutMany(target_, "stranger", 12);
  options_.mirror = true;
  options_.most_extra = {};  // 1 % of 32 rows, or 10
  Start();
  ASSERT_TRUE(Until([&] { return StepNow() == "held"; }));
  EXPECT_EQ(target_.Items("target").size(), 32U);
  const JobStatus status = Status();
  EXPECT_EQ(status.resync.extra_rows, 12);
  EXPECT_EQ(status.resync.most_rows, 10);
  EXPECT_EQ(status.resync.some_keys.size(), 10U);
  EXPECT_NE(status.reason.find("--most-extra 12"), std::string::npos) << status.reason;
  EXPECT_EQ(status.reason.find("stranger"), std::string::npos) << "a reason is logged";
  EXPECT_FALSE(status.ready);
  Put(source_, "item1", 100);  // changes are followed all the same
  EXPECT_TRUE(Until([&] {
    return target_.Items("target")[KeyOf("item1")] == source_.Items("source")[KeyOf("item1")];
  }));
  EXPECT_EQ(Stop(), Outcome::kDataAtRisk);

  Start();  // as before
  machine_.RunFor(10min);
  EXPECT_EQ(StepNow(), "held");
  EXPECT_EQ(Stop(), Outcome::kDataAtRisk);
  EXPECT_EQ(target_.Items("target").size(), 32U);

  options_.most_extra = {.rows = 12};
  Start();
  ASSERT_TRUE(ComesInStep());
  EXPECT_EQ(Stop(), Outcome::kDone);
}

TEST_F(MirrorTest, RowsThatComeDuringTheRemovalAreNotRemovedBeyondTheBound) {
  PutMany(source_, "item", 20);
  PutMany(target_, "stranger", 8);
  options_.mirror = true;
  options_.most_extra = {.rows = 10};
  Start();
  ASSERT_TRUE(Until([&] { return StepNow() == "removing"; }));
  PutMany(target_, "more", 15);
  ASSERT_TRUE(Until([&] { return StepNow() == "held" || StepNow() == "none"; }));
  EXPECT_EQ(StepNow(), "held");
  EXPECT_LE(Durable().resync->removed_rows, 10);
  EXPECT_GE(target_.Items("target").size(), 33U);
}

}  // namespace
}  // namespace ddbsync::simulation
