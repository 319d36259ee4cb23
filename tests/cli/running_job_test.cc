#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cli/api.h"
#include "cli/api_client.h"
#include "cli/api_file.h"
#include "cli/checkpoint_json.h"
#include "cli/found_job.h"
#include "cli/status_json.h"
#include "tests/aws/loopback_server.h"
#include "tests/cli/temporary_directory.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNobody = "127.0.0.1:1";
constexpr int kNoProcess = 1 << 30;  // above the kernel's largest number

/// A job's home, and an API that serves some job.
class RunningJobTest : public ::testing::Test {
 protected:
  void Serve(const std::string& job_id) {
    const auto status = [job_id] {
      replicator::JobStatus looked;
      looked.job_id = job_id;
      looked.reason = "copying";
      return looked;
    };
    const JobSources sources = {.status = status,
                                .checkpoint = [this]() -> Result<checkpoint::State> {
                                  if (broken_) return Fail(ErrorCode::kIo, "the disk is gone");
                                  checkpoint::State state;
                                  state.clean_stop = true;
                                  return state;
                                },
                                .history = [] { return std::string("{}"); },
                                .family = [] { return streams::ShardFamily(); }};
    AddJobRoutes(server_, "", sources);
    AddJobRoutes(server_, JobPath(job_id), sources);
    AddRoutes(server_, {.jobs = [status] { return std::vector<JobLook>{{status(), {}}}; },
                        .metrics = [] { return std::string("ddbsync_state 1\n"); }});
    ASSERT_TRUE(server_.Start("127.0.0.1:0"));
    ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {"a-b", server_.address(), 4711}));
  }

  TemporaryDirectory directory_;
  JobHome home_{"a-b", directory_.path()};
  bool broken_ = false;
  metrics::HttpServer server_;
};

TEST_F(RunningJobTest, ApiFileComesBackAsItWentAndGoesWhenRemoved) {
  const ApiAddress address{
      .job_id = "a-b", .address = "127.0.0.1:9853", .pid = 4711, .path = "/jobs/a-b"};
  ASSERT_TRUE(WriteApiFile(home_.ApiFile(), address));
  EXPECT_EQ(ReadApiFile(home_.ApiFile()), address);
  EXPECT_FALSE(std::filesystem::exists(home_.ApiFile() + ".new"));
  RemoveApiFile(home_.ApiFile());
  EXPECT_EQ(ReadApiFile(home_.ApiFile()), std::nullopt);
}

TEST_F(RunningJobTest, ApiFileThatIsNoneCountsAsMissing) {
  for (const char* text : {"", "{", "[]", R"({"address":5,"job_id":"a","pid":1})"}) {
    directory_.Write("api.json", text);
    EXPECT_EQ(ReadApiFile(home_.ApiFile()), std::nullopt) << text;
  }
}

TEST_F(RunningJobTest, ApiFileThatCannotBeWrittenIsAnError) {
  EXPECT_EQ(WriteApiFile("/nonexistent/api.json", {}).error().code, ErrorCode::kIo);
}

TEST_F(RunningJobTest, AnswersForItself) {
  Serve("a-b");
  const auto status = AskRunningJob(home_, kStatusPath);
  ASSERT_TRUE(status && *status);
  EXPECT_EQ(StatusFromJson(**status)->reason, "copying");
  const auto checkpoint = AskRunningJob(home_, kCheckpointPath);
  ASSERT_TRUE(checkpoint && *checkpoint);
  EXPECT_TRUE(CheckpointFromJson(**checkpoint)->clean_stop);
  EXPECT_THAT(*ApiGet({.address = server_.address()}, "/metrics"), HasSubstr("ddbsync_state"));
  EXPECT_THAT(*ApiGet({.address = server_.address()}, "/healthz"), HasSubstr("alive"));
}

TEST_F(RunningJobTest, OneOfSeveralIsFoundBelowItsPath) {
  Serve("a-b");
  ASSERT_TRUE(WriteApiFile(
      home_.ApiFile(),
      {.job_id = "a-b", .address = server_.address(), .pid = 4711, .path = JobPath("a-b")}));
  const auto status = AskRunningJob(home_, kStatusPath);
  ASSERT_TRUE(status && *status);
  EXPECT_EQ(StatusFromJson(**status)->job_id, "a-b");
  ASSERT_TRUE(WriteApiFile(
      home_.ApiFile(),
      {.job_id = "a-b", .address = server_.address(), .pid = 4711, .path = JobPath("c-d")}));
  const auto elsewhere = AskRunningJob(home_, kStatusPath);
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(*elsewhere, std::nullopt);
}

TEST_F(RunningJobTest, CheckpointThatCannotBeReadIsAnErrorNotAnEmptyOne) {
  Serve("a-b");
  broken_ = true;
  const auto answer = AskRunningJob(home_, kCheckpointPath);
  ASSERT_FALSE(answer);
  EXPECT_THAT(ToString(answer.error()), HasSubstr("the disk is gone"));
}

TEST_F(RunningJobTest, AddressThatAnotherJobTookIsNotThisJob) {
  Serve("c-d");
  const auto answer = AskRunningJob(home_, kStatusPath);
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, std::nullopt);
}

TEST_F(RunningJobTest, AddressThatAnotherServerTookIsNotThisJob) {
  ASSERT_TRUE(server_.Start("127.0.0.1:0"));  // answers 404 to everything
  ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {"a-b", server_.address(), 4711}));
  const auto answer = AskRunningJob(home_, kStatusPath);
  ASSERT_TRUE(answer) << ToString(answer.error());
  EXPECT_EQ(*answer, std::nullopt);
}

TEST_F(RunningJobTest, SilenceIsAnErrorOnlyWhileTheProcessIsThere) {
  aws::LoopbackServer other([](aws::Connection& client) {
    client.ReadRequest();
    client.Write("220 this is no HTTP\r\n");
  });
  const std::string address = "127.0.0.1:" + std::to_string(other.port());
  ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {"a-b", address, kNoProcess}));
  const auto foreign = AskRunningJob(home_, kStatusPath);
  ASSERT_TRUE(foreign) << ToString(foreign.error());
  EXPECT_EQ(*foreign, std::nullopt);
  ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {"a-b", address, getpid()}));
  const auto hangs = AskRunningJob(home_, kStatusPath);
  ASSERT_FALSE(hangs);
  EXPECT_EQ(hangs.error().code, ErrorCode::kRetry);
}

TEST_F(RunningJobTest, ApiFileOfAKilledProcessCountsAsNone) {
  ASSERT_TRUE(WriteApiFile(home_.ApiFile(), {"a-b", kNobody, 4711}));
  const auto answer = AskRunningJob(home_, kStatusPath);
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, std::nullopt);
  EXPECT_EQ(ApiGet({.address = "no address"}, "/").error().code, ErrorCode::kInvalid);
}

TEST_F(RunningJobTest, JobThatNeverBeganIsNotFound) {
  EXPECT_EQ(LoadStoppedJob(home_).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace ddbsync::cli
