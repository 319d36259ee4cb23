// The commands of a cut-over against a job that does what a test says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <deque>
#include <filesystem>

#include "base/mutex.h"
#include "checkpoint/leveldb_store.h"
#include "checkpoint/records.h"
#include "cli/api.h"
#include "cli/api_file.h"
#include "cli/commands.h"
#include "cli/cutover_api.h"
#include "cli/followed_cutover.h"
#include "cli/stop_signals.h"
#include "cli/values.h"
#include "cutover/journal.h"
#include "tests/cli/cutover_look.h"
#include "tests/cli/fake_environment.h"
#include "tests/cli/temporary_directory.h"

namespace ddbsync::cli {
namespace {

using cutover::Step;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Half the pause between looks goes by whenever it is asked.
class HastyClock final : public Clock {
 public:
  explicit HastyClock(Duration step = limits::kCutoverLookInterval / 2) : step_(step) {}
  TimePoint Now() const override { return now_ += step_; }
  WallTime WallNow() const override { return WallTime(); }
  void SleepFor(Duration duration) override { now_ += duration; }

 private:
  const Duration step_;
  mutable TimePoint now_{std::chrono::hours(1)};
};

class CutoverCommandsTest : public ::testing::Test {
 protected:
  CutoverCommandsTest() {
    status_.job_id = "a-b";
    status_.state = replicator::JobState::kFollowing;
    status_.tail.wanted = true;
    status_.source_arn = "arn:orders";
    AddJobRoutes(server_, "",
                 {.status = [this] { return status_; },
                  .checkpoint = []() -> Result<checkpoint::State> { return checkpoint::State(); },
                  .history = [] { return std::string("{}"); },
                  .family = [] { return streams::ShardFamily(); }});
    AddCutoverRoutes(server_, "",
                     {.status = [this] { return status_; },
                      .begin = [this](const cutover::Options& options) { return Begin(options); },
                      .confirm_frozen = [this] { return Order("frozen"); },
                      .commit = [this] { return Order("commit"); },
                      .abort = [this](const std::string& reason) { return Order(reason); },
                      .look = [this] { return Look(); },
                      .gates = [this](const cutover::Options& options) { return Gates(options); }});
  }

  /// The job's process answers.
  void Serve() {
    ASSERT_TRUE(server_.Start("127.0.0.1:0"));
    ASSERT_TRUE(WriteApiFile(
        home_.ApiFile(),
        {.job_id = "a-b", .address = server_.address(), .pid = static_cast<int>(getpid())}));
  }
  /// A process has ended, and its checkpoint holds this.
  void Leave(checkpoint::CutoverRecord record) {
    record.options = cutover::OptionsToText({});
    record.report = cutover::ReportToText({});
    auto store = checkpoint::OpenLevelDbStore(home_.StoreDirectory(), /*create=*/true, nullptr);
    ASSERT_TRUE(store);
    checkpoint::Batch batch;
    checkpoint::PutJob(batch, {.job_id = "a-b"});
    checkpoint::PutCutover(batch, record);
    ASSERT_TRUE((*store)->Commit(batch));
  }
  /// What the next looks show; the last one stays. With no way back, which would be waited for.
  void WillShow(std::initializer_list<Step> steps) {
    MutexLock lock(mutex_);
    for (const Step step : steps) looks_.push_back(OneWay(step));
  }
  static CutoverLook OneWay(Step step) {
    CutoverLook look = SomeCutover(step);
    look.status.reverse_start.reset();
    return look;
  }
  /// One that is done, whose way back this server answers for at `place`.
  void WillGoBack(replicator::JobState state, const std::string& place) {
    status_.job_id = "a-b-reverse";
    status_.state = state;
    std::filesystem::create_directories(place);
    ASSERT_TRUE(WriteApiFile(place + "/api.json", {.job_id = "a-b-reverse",
                                                   .address = server_.address(),
                                                   .pid = static_cast<int>(getpid())}));
    Leave({.number = 3,
           .step = "done",
           .target_stream_arn = "arn:target",
           .reverse_start = *ParseTime("2026-11-22T10:00:01Z"),
           .committed_at = *ParseTime("2026-11-22T10:00:01Z")});
  }

  ExitCode Run(std::vector<std::string> words,
               ExitCode (*command)(const CommandLine&, const aws::Environment&)) {
    words.insert(words.end(), {"--state", home_.directory});
    const FakeEnvironment environment;
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const ExitCode code = command(ParseCommandLine(words), environment);
    output_ = ::testing::internal::GetCapturedStdout();
    errors_ = ::testing::internal::GetCapturedStderr();
    return code;
  }
  ExitCode Follow(const FollowedCutover::Options& options, const HastyClock& clock = HastyClock()) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    CutoverDisplay display(false, {.job = "--job a-b"}, clock);
    const ExitCode code =
        FollowedCutover(home_, options, display, signals_, clock).ToItsEnd(SomeCutover());
    output_ = ::testing::internal::GetCapturedStdout();
    errors_ = ::testing::internal::GetCapturedStderr();
    return code;
  }

  CutoverLook Look() {
    MutexLock lock(mutex_);
    if (looks_.empty()) return {.job_id = "a-b"};
    CutoverLook look = looks_.front();
    if (looks_.size() > 1) looks_.pop_front();
    if (look.status.step == interrupted_at_) kill(getpid(), SIGINT);
    return look;
  }
  Result<void> Begin(const cutover::Options& options) {
    MutexLock lock(mutex_);
    begun_with_ = options;
    if (!refusal_.empty()) return Fail(ErrorCode::kConflict, refusal_);
    return {};
  }
  Result<void> Order(const std::string& order) {
    MutexLock lock(mutex_);
    orders_.push_back(order);
    if (!refusal_.empty()) return Fail(ErrorCode::kConflict, refusal_);
    return {};
  }
  GatesLook Gates(const cutover::Options& options) const {
    GatesLook gates = SomeGates(ready_);
    gates.options = options;
    return gates;
  }

  StopSignals signals_;  // before any thread
  TemporaryDirectory directory_;
  const JobHome home_{"a-b", directory_.path()};
  replicator::JobStatus status_;
  bool ready_ = false;
  std::string output_, errors_;

  Mutex mutex_;
  std::deque<CutoverLook> looks_ GUARDED_BY(mutex_);
  std::vector<std::string> orders_ GUARDED_BY(mutex_);
  std::optional<cutover::Options> begun_with_ GUARDED_BY(mutex_);
  std::optional<Step> interrupted_at_;  ///< a look at this step interrupts the program
  std::string refusal_;
  metrics::HttpServer server_;
};

TEST_F(CutoverCommandsTest, PlanEndsWithWhetherItIsReady) {
  Serve();
  EXPECT_EQ(Run({"cutover", "plan", "--freeze", "manual"}, RunCutoverPlan), ExitCode::kNotReady);
  EXPECT_THAT(output_, HasSubstr("NOT READY, 1 of 2 gates"));
  EXPECT_THAT(output_, HasSubstr("freeze by manual"));
  ready_ = true;
  EXPECT_EQ(Run({"cutover", "plan", "--json"}, RunCutoverPlan), ExitCode::kDone);
  EXPECT_TRUE(GatesLookFromJson(output_)->ready);
}

TEST_F(CutoverCommandsTest, RunFollowsItToItsEnd) {
  Serve();
  WillShow({Step::kReady, Step::kCommitted, Step::kDone});  // before, that a commit is its own
  {
    MutexLock lock(mutex_);
    looks_.front().status.number = 0;
  }
  EXPECT_EQ(Run({"cutover", "run", "--src", "a", "--dst", "b", "--timeout", "90s"}, RunCutover),
            ExitCode::kDone);
  MutexLock lock(mutex_);
  ASSERT_TRUE(begun_with_);
  EXPECT_EQ(begun_with_->timeout, std::chrono::seconds(90));
  EXPECT_EQ(begun_with_->freeze, cutover::FreezeBy::kPolicy) << "the job has no hook";
  EXPECT_THAT(output_, HasSubstr("a-b: cut-over 3, freeze by policy, drain by seal"));
  EXPECT_THAT(output_, HasSubstr("freezing     the policy acts\n"));
  EXPECT_THAT(output_, HasSubstr("SWITCHED: "));
}

TEST_F(CutoverCommandsTest, AGateThatDoesNotHoldIsNotReady) {
  Serve();
  refusal_ = "lag: lag 45 s, at most 30 s: wait until it has caught up";
  EXPECT_EQ(Run({"cutover", "run"}, RunCutover), ExitCode::kNotReady);
  EXPECT_THAT(errors_, HasSubstr(refusal_));
}

TEST_F(CutoverCommandsTest, ACommandToRunIsNotSentToTheJob) {
  Serve();
  EXPECT_EQ(Run({"cutover", "run", "--cutover-hook", "true"}, RunCutover), ExitCode::kUsage);
  EXPECT_THAT(errors_, HasSubstr("never taken over its API"));
  MutexLock lock(mutex_);
  EXPECT_FALSE(begun_with_);
}

TEST_F(CutoverCommandsTest, RunOfOneThatIsCommittedFinishesItAndBeginsNone) {
  Serve();
  WillShow({Step::kCommitted, Step::kDone});
  EXPECT_EQ(Run({"cutover", "run"}, RunCutover), ExitCode::kDone);
  MutexLock lock(mutex_);
  EXPECT_FALSE(begun_with_);
}

TEST_F(CutoverCommandsTest, CommitTellsTheJobAndFollows) {
  Serve();
  WillShow({Step::kReady, Step::kReady, Step::kDone});
  EXPECT_EQ(Run({"cutover", "commit"}, RunCutoverCommit), ExitCode::kDone);
  EXPECT_THAT(output_, Not(HasSubstr("the policy acts"))) << "that was before";
  MutexLock lock(mutex_);
  EXPECT_THAT(orders_, ::testing::ElementsAre("commit"));
}

TEST_F(CutoverCommandsTest, AbortWaitsUntilAllIsAsItWas) {
  Serve();
  WillShow({Step::kRestoring, Step::kThawing, Step::kRolledBack});
  EXPECT_EQ(Run({"cutover", "abort", "--reason", "a pager rang"}, RunCutoverAbort),
            ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("TAKEN BACK"));
  MutexLock lock(mutex_);
  EXPECT_THAT(orders_, ::testing::ElementsAre("a pager rang"));
}

TEST_F(CutoverCommandsTest, AbortOfNothingIsDone) {
  Serve();
  EXPECT_EQ(Run({"cutover", "abort"}, RunCutoverAbort), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("no cut-over is under way"));
  refusal_ = "it is committed";
  EXPECT_EQ(Run({"cutover", "abort"}, RunCutoverAbort), ExitCode::kFailed);
}

TEST_F(CutoverCommandsTest, FrozenAndStatusTellWhatTheJobSays) {
  Serve();
  EXPECT_EQ(Run({"cutover", "status"}, RunCutoverStatus), ExitCode::kFailed);
  EXPECT_THAT(errors_, HasSubstr("there was no cut-over"));
  WillShow({Step::kDraining});
  EXPECT_EQ(Run({"cutover", "status"}, RunCutoverStatus), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("UNDER WAY: draining"));
  EXPECT_EQ(Run({"cutover", "status", "--json"}, RunCutoverStatus), ExitCode::kDone);
  EXPECT_EQ(CutoverLookFromJson(output_)->status.number, 3);
  EXPECT_EQ(Run({"cutover", "frozen"}, RunCutoverFrozen), ExitCode::kDone);
  refusal_ = "it does not ask for that now";
  EXPECT_EQ(Run({"cutover", "frozen"}, RunCutoverFrozen), ExitCode::kFailed);
  EXPECT_THAT(errors_, HasSubstr(refusal_));
}

TEST_F(CutoverCommandsTest, WithoutAProcessNothingIsPlannedOrTold) {
  ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {.job_id = "a-b", .address = "127.0.0.1:1"}));
  EXPECT_EQ(Run({"cutover", "plan"}, RunCutoverPlan), ExitCode::kFailed);
  EXPECT_THAT(errors_, HasSubstr("no process runs the job"));
  EXPECT_EQ(Run({"cutover", "frozen"}, RunCutoverFrozen), ExitCode::kFailed);
  EXPECT_EQ(Run({"cutover", "run"}, RunCutover), ExitCode::kFailed);
  EXPECT_THAT(errors_, HasSubstr("`ddbsync start"));
}

TEST_F(CutoverCommandsTest, WithoutAProcessTheCheckpointTells) {
  Leave({.number = 2, .step = "draining"});
  EXPECT_EQ(Run({"cutover", "status"}, RunCutoverStatus), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("a-b: cut-over 2"));
  EXPECT_THAT(output_, HasSubstr("LEFT at draining: no process runs the job"));
  EXPECT_EQ(Run({"cutover", "run"}, RunCutover), ExitCode::kFailed);
  EXPECT_THAT(errors_, HasSubstr("its next start takes the cut-over back"));
  EXPECT_EQ(Run({"cutover", "abort"}, RunCutoverAbort), ExitCode::kFailed);
  EXPECT_THAT(errors_, HasSubstr("its next start takes the cut-over back"));
}

TEST_F(CutoverCommandsTest, OneThatIsDoneStaysDoneWithoutAProcess) {
  Leave({.number = 2, .step = "done"});
  EXPECT_EQ(Run({"cutover", "run"}, RunCutover), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("SWITCHED"));
  EXPECT_EQ(Run({"cutover", "abort"}, RunCutoverAbort), ExitCode::kFailed);
}

TEST_F(CutoverCommandsTest, ARecordThatCannotBeReadIsNoEnd) {
  Leave({.number = 2, .step = "hovering"});
  EXPECT_EQ(Run({"cutover", "status"}, RunCutoverStatus), ExitCode::kFailed);
  EXPECT_EQ(Run({"cutover", "run"}, RunCutover), ExitCode::kFailed);
  EXPECT_THAT(output_, IsEmpty());
}

TEST_F(CutoverCommandsTest, WithoutTheTablesACommitIsNotFinishedHere) {
  Leave({.number = 2, .step = "committed"});
  EXPECT_EQ(Run({"cutover", "commit"}, RunCutoverCommit), ExitCode::kUsage);
  EXPECT_THAT(errors_, HasSubstr("--src"));
}

using FollowedCutoverTest = CutoverCommandsTest;

TEST_F(FollowedCutoverTest, OneThatIsTakenBackIsNotReady) {
  Serve();
  WillShow({Step::kComparing, Step::kRestoring, Step::kRolledBack});
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kNotReady);
  EXPECT_THAT(output_, HasSubstr("comparing    2 shards are read"));
  EXPECT_THAT(output_, HasSubstr("restoring    2 shards are read"));
  MutexLock lock(mutex_);
  EXPECT_THAT(orders_, IsEmpty());
}

TEST_F(FollowedCutoverTest, OneThatIsReadyWaitsForTheCommitOnlyWhereThatWasAsked) {
  Serve();
  CutoverLook ready = SomeCutover(Step::kReady);
  ready.status.asks_commit = ready.status.options.stop_before_commit = true;
  {
    MutexLock lock(mutex_);
    looks_ = {ready, OneWay(Step::kDone)};
  }
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("READY: "));
  EXPECT_THAT(output_, Not(HasSubstr("SWITCHED")));
  {
    MutexLock lock(mutex_);
    looks_ = {ready, OneWay(Step::kDone)};
  }
  EXPECT_EQ(Follow({.may_wait = false}), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("SWITCHED"));
}

TEST_F(FollowedCutoverTest, ASignalAsksForTheWayBackAndIsWaitedFor) {
  Serve();
  interrupted_at_ = Step::kComparing;
  WillShow({Step::kComparing, Step::kRestoring, Step::kRestoring, Step::kRolledBack});
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kNotReady);
  EXPECT_THAT(output_, HasSubstr("asks the job to take it back"));
  MutexLock lock(mutex_);
  EXPECT_THAT(orders_, ::testing::ElementsAre(HasSubstr("Ctrl-C")));
}

TEST_F(FollowedCutoverTest, ASecondSignalLeavesItToTheJob) {
  Serve();
  interrupted_at_ = Step::kRestoring;
  WillShow({Step::kRestoring});
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kInterrupted);
  EXPECT_THAT(output_,
              HasSubstr("which goes on taking it back; `ddbsync cutover status --job a-b`"));
  MutexLock lock(mutex_);
  EXPECT_THAT(orders_, ::testing::SizeIs(1));
}

TEST_F(FollowedCutoverTest, WhatIsCommittedIsNotTakenBackByASignal) {
  Serve();
  interrupted_at_ = Step::kCommitted;
  refusal_ = "it is committed";
  WillShow({Step::kCommitted, Step::kDone});
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("it is not taken back: it is committed"));
}

TEST_F(FollowedCutoverTest, WhoDoesNotBeginItLeavesItAtTheFirstSignal) {
  Serve();
  interrupted_at_ = Step::kComparing;
  WillShow({Step::kComparing});
  EXPECT_EQ(Follow({}), ExitCode::kInterrupted);
  MutexLock lock(mutex_);
  EXPECT_THAT(orders_, IsEmpty());
}

TEST_F(FollowedCutoverTest, AnOperatorIsAskedToStopTheWritersOnce) {
  Serve();
  CutoverLook asks = SomeCutover(Step::kFreezing);
  asks.status.asks_confirmation = true;
  {
    MutexLock lock(mutex_);
    looks_ = {asks, asks, asks, OneWay(Step::kDone)};
  }
  EXPECT_EQ(Follow({.source = "arn:orders"}), ExitCode::kDone);
  const std::string ask = "stop everything that writes to arn:orders";
  EXPECT_THAT(output_, HasSubstr(ask));
  EXPECT_EQ(output_.find(ask), output_.rfind(ask)) << "once";
  EXPECT_THAT(output_, HasSubstr("`ddbsync cutover frozen --job a-b`, or POST /api/v1/frozen at "));
}

TEST_F(FollowedCutoverTest, WhereNobodyAnswersItSaysWhatBecomesOfIt) {
  ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {.job_id = "a-b", .address = "127.0.0.1:1"}));
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kFailed);
  EXPECT_THAT(errors_, HasSubstr("It was last seen at draining"));
  EXPECT_THAT(errors_, HasSubstr("or its next start takes it back"));
}

TEST_F(FollowedCutoverTest, OneThatIsDoneTellsTheJobThatFollowsTheWayBack) {
  ASSERT_TRUE(server_.Start("127.0.0.1:0"));
  for (const std::string place : {"/reverse", "-reverse"}) {
    WillGoBack(replicator::JobState::kFollowing, directory_.path() + place);
    EXPECT_EQ(Follow({.aborts = true}), ExitCode::kDone);
    EXPECT_THAT(output_, HasSubstr("10:00:01.000Z: job a-b-reverse follows it\n"));
    EXPECT_EQ(Run({"cutover", "status"}, RunCutoverStatus), ExitCode::kDone);
    EXPECT_THAT(output_, HasSubstr("job a-b-reverse follows it\n"));
    EXPECT_EQ(Run({"cutover", "run"}, RunCutover), ExitCode::kDone);
    EXPECT_THAT(output_, HasSubstr("job a-b-reverse follows it\n"));
    std::filesystem::remove_all(directory_.path() + place);
  }
}

TEST_F(FollowedCutoverTest, OneThatIsDoneWaitsForTheProcessOnlyWhileItMayGoOn) {
  Serve();
  {
    MutexLock lock(mutex_);
    looks_ = {SomeCutover(Step::kDone)};
  }
  // Its process is there, and nothing comes of it.
  EXPECT_EQ(Follow({.aborts = true}, HastyClock(limits::kWayBackPatience / 4)), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr(": `ddbsync reverse --job a-b`\n"));
  // It runs several jobs: it does not go on.
  ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {.job_id = "a-b",
                                             .address = server_.address(),
                                             .pid = static_cast<int>(getpid()),
                                             .jobs = 2}));
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr(": `ddbsync reverse --job a-b`\n"));
}

TEST_F(FollowedCutoverTest, AWayBackThatIsOnlyBeingOpenedIsNotSaidToBeFollowed) {
  ASSERT_TRUE(server_.Start("127.0.0.1:0"));
  WillGoBack(replicator::JobState::kStarting, directory_.path() + "-reverse");
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kDone);
  EXPECT_THAT(output_, HasSubstr("begins it; `ddbsync status --state " + directory_.path()));
}

TEST_F(FollowedCutoverTest, AnotherThatWasBegunSinceIsNotTakenForIt) {
  Serve();
  CutoverLook other = SomeCutover(Step::kDone);
  other.status.number = 4;
  {
    MutexLock lock(mutex_);
    looks_ = {other};
  }
  EXPECT_EQ(Follow({.aborts = true}), ExitCode::kFailed);
  EXPECT_THAT(errors_, HasSubstr("not the job's latest cut-over any more"));
}

}  // namespace
}  // namespace ddbsync::cli
