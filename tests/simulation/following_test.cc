// What takes hours or must not happen in a minute, on virtual time: the real engine, two services
// in memory.
#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/log.h"
#include "tests/simulation/process.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using replicator::JobState;
using replicator::JobStatus;

/// As if hours were days: a stream that keeps an hour, and a copy of three.
TEST(Simulation, ABackfillLongerThanTheStreamKeepsItsRecordsLosesNothing) {
  constexpr std::chrono::seconds kCopy = 3h;
  SetLogSink([](std::string_view) {});
  Scenario scenario = Draw(Scenario::kLongEvery);
  ASSERT_TRUE(scenario.is_long);
  scenario.source.streams.retention = 1h;
  scenario.source.streams.shard_life = 20min;
  scenario.writing = kCopy;
  scenario.pause_between_writes = 20s;
  // An item is a page, and a page is a unit.
  scenario.job.read_capacity = scenario.cold_keys / static_cast<double>(kCopy.count());
  scenario.endings = {{.after = 50min, .downtime = 5min},
                      {.after = 70min, .in_order = true, .downtime = 20min}};
  const Verdict verdict = Simulate(scenario);
  EXPECT_FALSE(verdict.violation) << verdict.violation->invariant << " " << verdict.violation->what;
  EXPECT_FALSE(verdict.gap);
  EXPECT_EQ(verdict.starts, 4);  // the last only reads what is left
  EXPECT_GT(verdict.changes, 300u);
}

constexpr Duration kListedWithin = 2min;

/// A job that follows a stream of four shards that do not roll.
class FollowingTest : public ::testing::Test {
 protected:
  FollowingTest() {
    SetLogSink([](std::string_view) {});
    for (fake::FakeDynamoDb* service : {&source_, &target_}) {
      service->SetAlarm(
          [this, service](TimePoint at) { machine_.At(at, [service] { service->Land(); }); });
    }
    const std::string keys =
        R"("AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
        R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST")";
    Call(source_, "CreateTable", R"({"TableName":"source",)" + keys + "}");
    Call(target_, "CreateTable", R"({"TableName":"target",)" + keys + "}");
    SetStream(true);
    Start();
    machine_.RunFor(30s);
    EXPECT_EQ(Status().state, JobState::kFollowing);
    EXPECT_TRUE(Status().ready) << Status().reason;
  }
  ~FollowingTest() override { Crash(); }

  void Start() {
    process_.emplace(Surroundings{machine_, disk_, source_, target_, 5ms}, ++starts_);
    replicator::JobOptions options;
    options.job_id = "a-b";
    const auto faults = process_->Start(options);
    EXPECT_TRUE(faults.empty()) << ToString(faults.front());
  }
  void Crash() {
    machine_.CutPower();
    disk_.CutPower();
    machine_.Crash();
    process_.reset();
  }
  void Restart() {
    fake::Random chance(1);
    disk_.Restart(chance);
    machine_.Restart();
    Start();
  }

  static fake::Options FourShards() {
    fake::Options options;
    options.streams.initial_shards = 4;
    options.streams.shard_life = 0s;
    options.streams.listing_delay = kListedWithin;
    return options;
  }
  static void Call(fake::FakeDynamoDb& service, const std::string& operation,
                   const std::string& body) {
    EXPECT_EQ(service.Handle("DynamoDB_20120810." + operation, body).status, 200) << operation;
  }
  void SetStream(bool on) {
    Call(source_, "UpdateTable",
         std::string(R"({"TableName":"source","StreamSpecification":)") +
             (on ? R"({"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}})"
                 : R"({"StreamEnabled":false}})"));
  }
  void Put(int number) {
    Call(source_, "PutItem",
         R"({"TableName":"source","Item":{"id":{"S":"k)" + std::to_string(number) + R"("}}})");
  }
  [[nodiscard]] JobStatus Status() { return process_->job().Status(); }

  fake::SimExecutor machine_{1};
  fake::MemoryDisk disk_;
  fake::FakeDynamoDb source_{machine_.clock(), FourShards()};
  fake::FakeDynamoDb target_{machine_.clock(), {.seed = 2}};
  std::optional<Process> process_;
  uint64_t starts_ = 0;
};

TEST_F(FollowingTest, OneShardThatStandsStillShowsWithinAMinute) {
  std::string stuck;  // whose iterator is asked for first; after a failure it is asked for again
  source_.faults().SetHook([&](const fake::FaultRequest& request) -> std::optional<fake::Fault> {
    if (request.operation != "GetRecords") return std::nullopt;
    if (stuck.empty()) stuck = request.body;
    return request.body == stuck ? std::optional(fake::Fault{fake::FaultKind::kErrorBefore})
                                 : std::nullopt;
  });
  const double headroom = *Status().tail.headroom_seconds;
  machine_.RunFor(61s);
  EXPECT_FALSE(Status().ready);
  EXPECT_NE(Status().reason.find("stood still"), std::string::npos) << Status().reason;
  EXPECT_GE(*Status().tail.lag_seconds, 60);
  EXPECT_LE(*Status().tail.headroom_seconds, headroom - 60);
  for (int i = 0; i < 40; ++i) Put(i);
  machine_.RunFor(10s);
  EXPECT_GT(target_.Items("target").size(), 0u) << "the other shards go on";
  EXPECT_LT(target_.Items("target").size(), 40u);
  source_.faults().SetHook(nullptr);
  EXPECT_EQ(machine_.RunUntil([&] { return Status().ready && Status().tail.lag_seconds < 10; },
                              machine_.clock().Now() + 60s),
            fake::SimExecutor::Ended::kDone)
      << Status().reason;
  EXPECT_EQ(target_.Items("target"), source_.Items("source"));
}

TEST_F(FollowingTest, AfterARestartAnEndedShardStandsForChildrenThatAreNotListed) {
  ASSERT_TRUE(source_.RollShard("source", source_.Shards("source").front().id));
  machine_.RunFor(5s);
  const WallTime before = source_.Now();
  for (int i = 0; i < 40; ++i) Put(i);  // some of them into the child
  machine_.RunFor(2s);
  Crash();
  Restart();
  machine_.RunFor(20s);
  ASSERT_LT(target_.Items("target").size(), 40u) << "the child is listed already";
  while (target_.Items("target").size() < 40) {
    const auto watermark = Status().tail.watermark;
    ASSERT_TRUE(!watermark || *watermark < before + 1s);
    machine_.RunFor(1s);
  }
  machine_.RunFor(90s);
  EXPECT_GT(Status().tail.watermark, before + 1s);
}

TEST_F(FollowingTest, AStreamSwitchedOffAndOnMeanwhileIsAGap) {
  SetStream(false);
  Put(1);
  SetStream(true);
  Put(2);
  machine_.RunFor(3min);
  EXPECT_EQ(Status().state, JobState::kGap);
  EXPECT_FALSE(Status().ready);
  EXPECT_NE(Status().reason.find("the source's stream was"), std::string::npos) << Status().reason;
  EXPECT_TRUE(target_.Items("target").empty());
}

}  // namespace
}  // namespace ddbsync::simulation
