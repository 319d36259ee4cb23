#include "cli/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "base/thread_executor.h"
#include "cli/api.h"
#include "cli/api_client.h"
#include "cli/api_file.h"
#include "cli/commands.h"
#include "cli/found_job.h"
#include "cli/status_json.h"
#include "tests/cli/fake_environment.h"
#include "tests/cli/temporary_directory.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using ::testing::HasSubstr;

/// A job that does as it is told and shows it.
class ObedientJob final : public replicator::Job {
 public:
  Result<void> Start() override { return {}; }
  void Stop() override {}
  void Pause(bool tail_too) override {
    status_.state = JobState::kPaused;
    status_.tail_paused = tail_too;
  }
  void Resume() override {
    status_.state = JobState::kCopying;
    status_.tail_paused = false;
  }
  void Apply(const replicator::Throttle& throttle) override {
    if (throttle.read_capacity) status_.limits.read_capacity = *throttle.read_capacity;
    if (throttle.in_flight) status_.limits.in_flight = *throttle.in_flight;
  }
  std::optional<replicator::Outcome> Ended() const override { return std::nullopt; }
  replicator::JobStatus Status() const override { return status_; }
  [[nodiscard]] std::vector<replicator::ShardStatus> Shards() const override { return {}; }
  streams::ShardFamily Family(size_t) const override { return {}; }
  replicator::LiveCopy& live_copy() override {
    ADD_FAILURE() << "nothing verifies it";
    std::abort();
  }
  replicator::Seam& seam() override {
    ADD_FAILURE() << "nothing cuts over";
    std::abort();
  }
  replicator::Resync& resync() override {
    ADD_FAILURE() << "nothing removes rows";
    std::abort();
  }
  const metrics::Histogram& apply_delay() const override { return apply_delay_; }

  replicator::JobStatus status_;

 private:
  metrics::Histogram apply_delay_{{1.0}};
};

class ControlTest : public ::testing::Test {
 protected:
  ControlTest() {
    job_->status_.job_id = "a-b";
    job_->status_.state = JobState::kCopying;
    job_->status_.backfill.wanted = true;
    AddJobRoutes(server_, "",
                 {.status = [this] { return job_->Status(); },
                  .checkpoint = []() -> Result<checkpoint::State> { return checkpoint::State(); },
                  .history = [] { return std::string("{}"); },
                  .family = [] { return streams::ShardFamily(); }});
    AddControls(
        server_, "",
        {.job = [this]() -> std::shared_ptr<replicator::Job> { return open_ ? job_ : nullptr; },
         .status = [this] { return job_->Status(); },
         .stop = [this] { ++stops_; }});
    EXPECT_TRUE(server_.Start("127.0.0.1:0"));
    EXPECT_TRUE(WriteApiFile(home_.ApiFile(), {"a-b", server_.address(), 4711}));
  }

  replicator::JobStatus Tell(const char* path, const std::string& body = "{}") {
    const auto answer = TellRunningJob(home_, path, body);
    EXPECT_TRUE(answer && *answer) << (answer ? "" : answer.error().message);
    if (!answer || !*answer) return {};
    return *StatusFromJson(**answer);
  }
  std::string Refusal(const char* path, const std::string& body = "{}") {
    const auto answer = TellRunningJob(home_, path, body);
    EXPECT_FALSE(answer);
    return answer ? "" : answer.error().message;
  }

  TemporaryDirectory directory_;
  JobHome home_{"a-b", directory_.path()};
  const std::shared_ptr<ObedientJob> job_ = std::make_shared<ObedientJob>();
  bool open_ = true;
  int stops_ = 0;
  metrics::HttpServer server_;
};

TEST_F(ControlTest, PausesAndGoesOn) {
  EXPECT_EQ(Tell(kPausePath).state, JobState::kPaused);
  EXPECT_EQ(Tell(kPausePath, "").state, JobState::kPaused);  // again is as once
  EXPECT_FALSE(job_->status_.tail_paused);
  EXPECT_TRUE(Tell(kPausePath, R"({"tail":true})").tail_paused);
  EXPECT_EQ(Tell(kResumePath).state, JobState::kCopying);
  EXPECT_EQ(Tell(kResumePath).state, JobState::kCopying);
}

TEST_F(ControlTest, AJobThatOnlyFollowsIsPausedOnlyWithItsTail) {
  job_->status_.state = JobState::kFollowing;
  job_->status_.backfill.complete = true;
  EXPECT_THAT(Refusal(kPausePath), HasSubstr("pause --all"));
  EXPECT_EQ(job_->status_.state, JobState::kFollowing);
  EXPECT_TRUE(Tell(kPausePath, R"({"tail":true})").tail_paused);
}

TEST_F(ControlTest, ATailRestsOnlyIfItIsKnownThatNothingIsLost) {
  constexpr const char* kTailToo = R"({"tail":true})";
  job_->status_.tail.wanted = true;
  EXPECT_THAT(Refusal(kPausePath, kTailToo), HasSubstr("not known yet"));
  job_->status_.tail.headroom_seconds = 5 * 3600.0;
  EXPECT_THAT(Refusal(kPausePath, kTailToo), HasSubstr("less than 6 h"));
  EXPECT_EQ(job_->status_.state, JobState::kCopying);
  job_->status_.tail.headroom_seconds = 7 * 3600.0;
  EXPECT_TRUE(Tell(kPausePath, kTailToo).tail_paused);
  job_->status_.tail.headroom_seconds.reset();
  EXPECT_TRUE(Tell(kPausePath, kTailToo).tail_paused);  // again is as once
}

TEST_F(ControlTest, ThrottlesAndShowsIt) {
  const auto status = Tell(kThrottlePath, R"({"read_capacity":500,"in_flight":8})");
  EXPECT_EQ(status.limits.read_capacity, 500);
  EXPECT_EQ(status.limits.in_flight, 8);
  EXPECT_EQ(Tell(kThrottlePath, R"({"read_capacity":null})").limits.read_capacity, std::nullopt);
  EXPECT_EQ(job_->status_.limits.in_flight, 8);
}

TEST_F(ControlTest, ABodyThatIsNotUnderstoodChangesNothingAndSaysWhy) {
  EXPECT_THAT(Refusal(kThrottlePath, R"({"in_flight":8,"speed":1})"), HasSubstr("`speed`"));
  EXPECT_EQ(job_->status_.limits.in_flight, std::nullopt);
  EXPECT_THAT(Refusal(kPausePath, R"({"tail":1})"), HasSubstr("tail"));
  EXPECT_THAT(Refusal(kPausePath, "pause"), HasSubstr("JSON"));
  EXPECT_EQ(job_->status_.state, JobState::kCopying);
}

TEST_F(ControlTest, InAStateThatForbidsItTheReasonIsTold) {
  const std::map<JobState, const char*> reasons = {{JobState::kStopping, "it ends"},
                                                   {JobState::kDone, "it ends"},
                                                   {JobState::kFailed, "it ends"},
                                                   {JobState::kGap, "changes were lost"}};
  for (const auto& [state, reason] : reasons) {
    job_->status_.state = state;
    for (const char* path : {kPausePath, kResumePath}) {
      EXPECT_THAT(Refusal(path), HasSubstr(reason));
    }
    EXPECT_THAT(Refusal(kThrottlePath, R"({"in_flight":1})"), HasSubstr(ToString(state)));
    EXPECT_EQ(job_->status_.state, state);
  }
  open_ = false;
  job_->status_.state = JobState::kStarting;
  EXPECT_THAT(Refusal(kPausePath), HasSubstr("starting"));
  job_->status_.state = JobState::kFollowing;  // between a look and its end
  EXPECT_THAT(Refusal(kPausePath), HasSubstr("has ended"));
}

TEST_F(ControlTest, StopsAlwaysAndAsOftenAsAsked) {
  Tell(kStopPath);
  open_ = false;
  Tell(kStopPath);
  EXPECT_EQ(stops_, 2);
}

TEST_F(ControlTest, NobodyIsTold) {
  server_.Stop();
  const auto answer = TellRunningJob(home_, kPausePath, "{}");
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, std::nullopt);
}

/// Two jobs that say they run in one process, this one, and are gone once both were told to stop.
class TwoJobsTest : public ::testing::Test {
 protected:
  TwoJobsTest() {
    for (const char* name : {"a", "b"}) {
      std::filesystem::create_directories(Home(name).directory);
      looks_.push_back({});
      looks_.back().status.job_id = name;
    }
    for (size_t i = 0; i < looks_.size(); ++i) {
      const auto status = [this, i] { return looks_[i].status; };
      const std::string prefix = JobPath(looks_[i].status.job_id);
      AddJobRoutes(server_, prefix,
                   {.status = status,
                    .checkpoint = []() -> Result<checkpoint::State> { return checkpoint::State(); },
                    .history = [] { return std::string("{}"); },
                    .family = [] { return streams::ShardFamily(); }});
      AddControls(server_, prefix,
                  {.job = []() -> std::shared_ptr<replicator::Job> { return nullptr; },
                   .status = status,
                   .stop = [this, i] { Stop(i); }});
    }
    AddRoutes(server_, {.jobs = [this] { return looks_; }, .metrics = [] { return ""; }});
    EXPECT_TRUE(server_.Start("127.0.0.1:0"));
    for (const JobLook& look : looks_) LeaveCard(look.status.job_id, server_.address());
  }

  [[nodiscard]] JobHome Home(const std::string& name) const {
    return {name, directory_.path() + "/" + name};
  }
  void LeaveCard(const std::string& name, const std::string& address) {
    EXPECT_TRUE(WriteApiFile(
        Home(name).ApiFile(),
        {.job_id = name, .address = address, .pid = getpid(), .path = JobPath(name), .jobs = 2}));
  }
  void Stop(size_t job) {
    stopped_.insert(job);
    if (stopped_.size() < looks_.size() && !each_ends_alone_) return;
    for (const size_t ended : stopped_) RemoveApiFile(Home(looks_[ended].status.job_id).ApiFile());
  }

  struct Ended {
    ExitCode code;
    std::string out, err;
  };
  Ended Run(std::vector<std::string> words) {
    words.insert(words.end(), {"--state", directory_.path()});
    const CommandLine line = ParseCommandLine(words);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = line.command == Command::kStatus ? RunStatus(line, FakeEnvironment())
                                                           : RunControl(line, FakeEnvironment());
    std::fflush(stdout);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }

  TemporaryDirectory directory_;
  std::vector<JobLook> looks_;
  bool each_ends_alone_ = false;
  std::set<size_t> stopped_;
  metrics::HttpServer server_;
};

TEST_F(TwoJobsTest, AllAreToldToStopBeforeAnyIsWaitedFor) {
  const Ended ended = Run({"stop", "--all"});
  EXPECT_EQ(ended.code, ExitCode::kDone) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("a: stopped in good order; the same start command resumes it"));
  EXPECT_THAT(ended.out, HasSubstr("b: stopped in good order; the same start command resumes it"));
}

TEST_F(TwoJobsTest, OneThatIsStoppedAmongOthersIsResumedByItself) {
  each_ends_alone_ = true;
  EXPECT_THAT(Run({"stop", "--job", "b"}).out, HasSubstr("`ddbsync start --job b`"));
}

TEST_F(TwoJobsTest, AGapIsNotSaidToBeResumed) {
  looks_[0].status.state = JobState::kGap;
  looks_[0].status.gaps = 1;
  const Ended ended = Run({"stop", "--all"});
  EXPECT_THAT(ended.out,
              HasSubstr("a: stopped in good order; changes were lost: empty the target"));
  EXPECT_THAT(ended.out, HasSubstr("b: stopped in good order; the same start command resumes it"));
}

TEST_F(TwoJobsTest, TheStatusOfAllIsALineForEachAndOneForAll) {
  looks_[0].status.state = JobState::kGap;
  looks_[0].status.reason = "changes were lost";
  looks_[1].status.ready = true;
  std::filesystem::create_directories(Home("c").StoreDirectory());
  RemoveApiFile(Home("b").ApiFile());  // as if it had ended; its process still tells of it
  const Ended ended = Run({"status"});
  EXPECT_EQ(ended.code, ExitCode::kDone) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("a  gap         changes were lost\n"));
  EXPECT_THAT(ended.out, HasSubstr("b  starting\n"));
  EXPECT_THAT(ended.out, HasSubstr("2 jobs: 1 starting, 1 gap\n"));
  EXPECT_THAT(ended.out, HasSubstr("not running: c\n"));
  EXPECT_EQ(Run({"status", "--json"}).out, JobsToJson(looks_, true) + "\n");
  EXPECT_THAT(Run({"status", "--job", "a"}).out, HasSubstr("next "));
}

TEST_F(TwoJobsTest, JobsOfSeveralProcessesAreAskedForByName) {
  metrics::HttpServer other;
  AddRoutes(other,
            {.jobs = [this] { return std::vector{looks_[1]}; }, .metrics = [] { return ""; }});
  ASSERT_TRUE(other.Start("127.0.0.1:0"));
  LeaveCard("b", other.address());
  const Ended ended = Run({"status"});
  EXPECT_EQ(ended.code, ExitCode::kUsage);
  EXPECT_THAT(ended.err, HasSubstr("which job? say --job NAME, one of: a, b"));
}

TEST_F(TwoJobsTest, JobsOfWhichNoneRunsAreAskedForByName) {
  server_.Stop();
  for (const char* word : {"status", "pause"}) {
    const Ended ended = Run({word});
    EXPECT_EQ(ended.code, ExitCode::kUsage);
    EXPECT_THAT(ended.err, HasSubstr("which job? say --job NAME, one of: a, b"));
  }
}

}  // namespace
}  // namespace ddbsync::cli
