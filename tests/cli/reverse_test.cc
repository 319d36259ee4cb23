#include "cli/reverse.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "checkpoint/envelope.h"
#include "checkpoint/leveldb_store.h"
#include "checkpoint/records.h"
#include "cli/api_file.h"
#include "cli/found_way_back.h"
#include "cli/values.h"
#include "tests/cli/run_plan_fixture.h"

namespace ddbsync::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A job a-b with a checkpoint, and the plan of its start.
class ReverseTest : public RunPlanTest {
 protected:
  RunPlan PlanOf(std::vector<std::string> more, const std::string& command = "start") {
    std::vector<std::string> arguments = {command, "--src", "a", "--dst", "b"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto plan = Plan(arguments);
    EXPECT_TRUE(plan) << Texts(plan);
    return *plan;
  }
  RunPlan OwnPlan(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--state", home_.directory});
    return PlanOf(std::move(more));
  }
  static std::unique_ptr<checkpoint::Store> Open(const JobHome& home) {
    std::filesystem::create_directories(home.directory);
    auto store = checkpoint::OpenLevelDbStore(home.StoreDirectory(), /*create=*/true, nullptr);
    EXPECT_TRUE(store);
    return *std::move(store);
  }
  void Leave(const checkpoint::CutoverRecord& record) { Leave(record, home_); }
  static void Leave(const checkpoint::CutoverRecord& record, const JobHome& home) {
    checkpoint::Batch batch;
    checkpoint::PutJob(batch, {.job_id = home.job_id});
    checkpoint::PutCutover(batch, record);
    ASSERT_TRUE(Open(home)->Commit(batch));
  }
  /// Changes a record's bytes behind its job's back.
  void PutRaw(std::string_view key, const std::function<void(std::string&)>& change) {
    const auto store = Open(home_);
    const auto found = store->Get(key);
    ASSERT_TRUE(found && *found);
    std::string value = **found;
    change(value);
    checkpoint::Batch batch;
    batch.Put(std::string(key), std::move(value));
    ASSERT_TRUE(store->Commit(batch));
  }
  /// What of the plan's job is committed, where that can be told.
  static std::optional<checkpoint::CutoverRecord> Found(const RunPlan& plan) {
    auto found = FindCommitted(plan);
    EXPECT_TRUE(found) << FaultOf(found);
    return found ? *std::move(found) : std::nullopt;
  }
  [[nodiscard]] static std::string FaultOf(
      const Result<std::optional<checkpoint::CutoverRecord>>& found) {
    return found ? "" : ToString(found.error());
  }
  [[nodiscard]] static std::string Fault(const std::vector<Error>& faults) {
    return faults.empty() ? "" : ToString(faults.front());
  }

  const JobHome home_{"a-b", directory_.path() + "/state"};
  const WallTime commit_ = *ParseTime("2026-11-22T10:00:00Z");
  const checkpoint::CutoverRecord prepared_{.number = 1,
                                            .step = "committed",
                                            .target_stream_arn = "arn:target-stream",
                                            .reverse_start = commit_,
                                            .committed_at = commit_};
};

TEST_F(ReverseTest, GoesTheOtherWayFromTheCommitOn) {
  Leave(prepared_);
  RunPlan plan = OwnPlan();
  ASSERT_THAT(TurnRound(plan), IsEmpty());
  const JobPlan& job = plan.jobs.front();
  EXPECT_EQ(job.source.table, "orders-copy");
  EXPECT_EQ(job.target.table, "orders");
  EXPECT_EQ(job.source.label, "source orders-copy");
  EXPECT_EQ(job.home.job_id, "a-b-reverse");
  EXPECT_EQ(job.settings.job.job_id, "a-b-reverse");
  EXPECT_EQ(job.settings.job.phases, replicator::Phases::kTailOnly);
  EXPECT_EQ(job.settings.job.since, prepared_.reverse_start);
  EXPECT_EQ(job.settings.job.stream_arn, "arn:target-stream");
}

TEST_F(ReverseTest, TakesNothingAlongThatMakesOrEmptiesATable) {
  Leave(prepared_);
  RunPlan plan = OwnPlan({"--mirror", "--on-gap", "resync", "--create-target", "--enable-stream"});
  ASSERT_TRUE(plan.jobs.front().settings.job.mirror);
  ASSERT_THAT(TurnRound(plan), IsEmpty());
  const replicator::JobOptions& options = plan.jobs.front().settings.job;
  EXPECT_FALSE(options.mirror || options.create_target || options.enable_stream);
  EXPECT_EQ(options.on_gap, replicator::OnGap::kHold);
}

TEST_F(ReverseTest, KeepsOnGapStop) {
  Leave(prepared_);
  RunPlan plan = OwnPlan({"--on-gap", "stop"});
  ASSERT_THAT(TurnRound(plan), IsEmpty());
  EXPECT_EQ(plan.jobs.front().settings.job.on_gap, replicator::OnGap::kStop);
}

TEST_F(ReverseTest, LivesInADirectoryThatIsTheJobsOwnElseBesideIt) {
  Leave(prepared_);
  RunPlan own = OwnPlan();
  ASSERT_THAT(TurnRound(own), IsEmpty());
  EXPECT_EQ(own.jobs.front().home.directory, home_.directory + "/reverse");
  EXPECT_EQ(own.jobs.front().settings.state, home_.directory + "/reverse");

  RunPlan standard = PlanOf({});
  standard.jobs.front().home.directory = home_.directory;
  ASSERT_THAT(TurnRound(standard), IsEmpty());
  EXPECT_EQ(standard.jobs.front().home.directory, home_.directory + "-reverse");
  EXPECT_EQ(standard.jobs.front().settings.state, "");
}

TEST_F(ReverseTest, IsTypedAsTheJobThatItGoesBackFrom) {
  Leave(prepared_);
  RunPlan plan = OwnPlan();
  EXPECT_EQ(ReverseCommand(plan.jobs.front()),
            "`ddbsync reverse --src a --dst b --state " + home_.directory + "`");
  // The way back of a way back is typed from that.
  ASSERT_THAT(TurnRound(plan), IsEmpty());
  EXPECT_EQ(ReverseCommand(plan.jobs.front()),
            "`ddbsync reverse --src b --dst a --job a-b-reverse --state " + home_.directory +
                "/reverse`");
  RunPlan one_of_several = OwnPlan();
  one_of_several.jobs.front().home.directory += "/a-b";
  EXPECT_EQ(ReverseCommand(one_of_several.jobs.front()),
            "`ddbsync reverse --src a --dst b --state " + home_.directory + "/a-b`");
}

TEST_F(ReverseTest, AStartFindsWhatIsCommittedAndNothingElse) {
  const RunPlan plan = OwnPlan();
  EXPECT_FALSE(Found(plan)) << "there is no job yet";
  EXPECT_FALSE(std::filesystem::exists(home_.directory)) << "looking makes none";
  std::filesystem::create_directories(home_.StoreDirectory());
  EXPECT_FALSE(Found(plan)) << "its first open was cut short";
  for (const char* step : {"ready", "draining", "rolled_back"}) {
    Leave({.number = 1, .step = step, .target_stream_arn = "arn:target-stream"});
    EXPECT_FALSE(Found(plan)) << step;
  }
  for (const char* step : {"committed", "done"}) {
    Leave({.number = 1, .step = step, .committed_at = commit_});
    const auto found = Found(plan);
    ASSERT_TRUE(found) << step;
    EXPECT_FALSE(HasWayBack(*found)) << "none was prepared";
  }
  Leave(prepared_);
  const auto found = Found(plan);
  ASSERT_TRUE(found);
  EXPECT_TRUE(HasWayBack(*found));
}

TEST_F(ReverseTest, AFileInItsPlaceIsNoJob) {
  std::ofstream(home_.directory) << "somebody's";
  EXPECT_FALSE(Found(OwnPlan())) << "who opens it says what is there";
}

TEST_F(ReverseTest, WhatCannotBeReadIsNotTakenForNotCommitted) {
  Leave(prepared_);
  const RunPlan plan = OwnPlan();
  PutRaw("cutover", [](std::string& value) { value.back() ^= 1; });
  EXPECT_THAT(FaultOf(FindCommitted(plan)),
              AllOf(HasSubstr("\"cut-over\" cannot be trusted"), HasSubstr(home_.directory)));
  PutRaw("cutover", [](std::string& value) {
    value = checkpoint::Seal({"cut-over", "cutover", 200}, "cutover", value.substr(9));
  });
  EXPECT_THAT(FaultOf(FindCommitted(plan)),
              AllOf(HasSubstr("made by a newer ddbsync"), HasSubstr(home_.directory)));
  RunPlan turned = plan;
  EXPECT_THAT(Fault(TurnRound(turned)), HasSubstr("made by a newer ddbsync"));
  std::filesystem::remove(home_.StoreDirectory() + "/CURRENT");
  EXPECT_THAT(FaultOf(FindCommitted(plan)),
              AllOf(HasSubstr("is damaged"), HasSubstr(home_.StoreDirectory())));
  std::filesystem::remove_all(home_.StoreDirectory());
  std::filesystem::create_directory_symlink("checkpoint", home_.StoreDirectory());  // leads nowhere
  EXPECT_THAT(FaultOf(FindCommitted(plan)),
              AllOf(HasSubstr("cannot be read"), HasSubstr(home_.StoreDirectory())));
}

TEST_F(ReverseTest, AJobThatRunsIsNotTakenForNotCommitted) {
  Leave(prepared_);
  RunPlan plan = OwnPlan();
  {
    const auto running = Open(home_);
    ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {.job_id = "a-b", .pid = getppid()}));
    EXPECT_THAT(FaultOf(FindCommitted(plan)),
                HasSubstr(fmt::format("another ddbsync (process {}) runs this job", getppid())));
    EXPECT_THAT(TurnRound(plan), SizeIs(1));
    EXPECT_EQ(plan.jobs.front().home.job_id, "a-b") << "the plan is as it was";
  }
  // Its card was left behind: who holds the checkpoint now only looks, and is waited for.
  RemoveApiFile(home_.ApiFile());
  auto looking = Open(home_);
  const auto end = std::async(std::launch::async, [&] {
    SystemClock().SleepFor(std::chrono::milliseconds(200));
    looking.reset();
  });
  EXPECT_TRUE(Found(plan));
}

TEST_F(ReverseTest, OfSeveralJobsNothingIsFound) {
  Leave(prepared_);
  RunPlan plan = OwnPlan();
  plan.jobs.push_back(plan.jobs.front());
  EXPECT_FALSE(Found(plan));
  EXPECT_THAT(Fault(TurnRound(plan)), HasSubstr("goes back from one job"));
}

TEST_F(ReverseTest, WithoutAWayBackItSaysWhatIsLeft) {
  Leave({.number = 1, .step = "done", .committed_at = commit_});
  RunPlan plan = OwnPlan();
  EXPECT_THAT(Fault(TurnRound(plan)), HasSubstr("prepared no way back"));
  Leave({.number = 2, .step = "rolled_back", .target_stream_arn = "arn:target-stream"});
  EXPECT_THAT(Fault(TurnRound(plan)), HasSubstr("its source is the live table"));
}

TEST_F(ReverseTest, TheLastLineSaysWhatIsLeftOfACommittedCutover) {
  const JobPlan job = OwnPlan().jobs.front();
  const std::string flags = "--src a --dst b --state " + home_.directory + "`";
  cutover::Status status;
  EXPECT_EQ(LeftOfCutover(status, job, true), "") << "there was none";
  status.number = 1;
  for (const auto step : {cutover::Step::kDraining, cutover::Step::kRolledBack}) {
    status.step = step;
    EXPECT_EQ(LeftOfCutover(status, job, true), "");
  }
  status.step = cutover::Step::kCommitted;
  EXPECT_THAT(
      LeftOfCutover(status, job, true),
      AllOf(HasSubstr("committed and stays so"), EndsWith("`ddbsync cutover commit " + flags)));
  status.target_stream_arn = "arn:target-stream";
  status.reverse_start = WallTime();
  EXPECT_THAT(LeftOfCutover(status, job, true),
              AllOf(HasSubstr("`ddbsync cutover commit " + flags),
                    EndsWith(", then `ddbsync reverse " + flags)));
  EXPECT_THAT(LeftOfCutover(status, job, true), HasSubstr("the same command"));
  EXPECT_THAT(LeftOfCutover(status, job, false), Not(HasSubstr("the same command")));
  status.step = cutover::Step::kDone;
  EXPECT_THAT(LeftOfCutover(status, job, true),
              EndsWith("way back yet: `ddbsync reverse " + flags));
  status.reverse_start.reset();
  EXPECT_EQ(LeftOfCutover(status, job, true), "") << "done, and none was prepared";
}

TEST_F(ReverseTest, AStoppedJobPointsToItsWayBack) {
  const JobHome home = WayBackHome(home_, true);
  auto committed = prepared_;
  const auto next = [&](WayBack::Run run, const JobHome& at) {
    return AfterCommitText(committed, {run, at}, "--src a --dst b");
  };
  const std::string look = "`ddbsync status --state " + home.directory + "`";
  EXPECT_THAT(next(WayBack::Run::kFollows, home),
              AllOf(HasSubstr("job a-b-reverse carries"), EndsWith(look)));
  EXPECT_THAT(next(WayBack::Run::kBegins, home), EndsWith(look));
  EXPECT_THAT(next(WayBack::Run::kNobody, {}),
              EndsWith("`ddbsync cutover commit --src a --dst b`"));
  committed.step = "done";
  EXPECT_THAT(next(WayBack::Run::kNobody, {}), EndsWith("`ddbsync reverse --src a --dst b`"));
  EXPECT_THAT(next(WayBack::Run::kNobody, home),
              EndsWith("`, as job a-b-reverse in " + home.directory));
  committed.target_stream_arn.clear();
  EXPECT_THAT(next(WayBack::Run::kNobody, {}), HasSubstr("the target is the live table"));
}

TEST_F(ReverseTest, WhereTheWayBackWasFollowedOnceIsFound) {
  EXPECT_EQ(LookForWayBack(home_).home.directory, "") << "nobody ever has";
  for (const bool own_directory : {false, true}) {
    const JobHome place = WayBackHome(home_, own_directory);
    Open(place);
    EXPECT_EQ(LookForWayBack(home_).run, WayBack::Run::kNobody);
    EXPECT_EQ(LookForWayBack(home_).home.directory, place.directory);
    EXPECT_FALSE(LookForWayBack(home_).switched_back);
  }
}

TEST_F(ReverseTest, AfterAWayBackThatWasSwitchedTheSourceIsLiveAgain) {
  Leave(prepared_, WayBackHome(home_, true));
  const WayBack way_back = LookForWayBack(home_);
  EXPECT_TRUE(way_back.switched_back);
  EXPECT_THAT(AfterCommitText(prepared_, way_back, "--src a --dst b"),
              AllOf(HasSubstr("the source is the live table again"), Not(HasSubstr("reverse --"))));
  // Unless its own way back was switched too.
  Leave(prepared_, WayBackHome(WayBackHome(home_, true), true));
  EXPECT_FALSE(LookForWayBack(home_).switched_back);
}

TEST(HasWayBack, OnlyOnceTheCutoverIsDone) {
  cutover::Status status;
  status.number = 1;
  status.step = cutover::Step::kCommitted;
  status.reverse_start = WallTime();
  EXPECT_FALSE(HasWayBack(status));
  status.step = cutover::Step::kDone;
  EXPECT_TRUE(HasWayBack(status));
  status.reverse_start.reset();
  EXPECT_FALSE(HasWayBack(status));
}

}  // namespace
}  // namespace ddbsync::cli
