#include "cli/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "base/thread_executor.h"
#include "cli/api.h"
#include "cli/api_client.h"
#include "cli/api_file.h"
#include "cli/found_job.h"
#include "cli/status_json.h"
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

}  // namespace
}  // namespace ddbsync::cli
