#include "cli/verify_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/api_client.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using ::testing::HasSubstr;

class VerifyApiTest : public ::testing::Test {
 protected:
  VerifyApiTest() {
    status_.state = JobState::kFollowing;
    status_.backfill.wanted = status_.backfill.complete = true;
    look_.job_id = "a-b";
    AddVerifyRoutes(server_, "",
                    {.status = [this] { return status_; },
                     .begin = [this](const VerifyRequest& request) -> Result<void> {
                       if (busy_) return Fail(ErrorCode::kConflict, "a verification runs already");
                       look_.request = request;
                       look_.running = true;
                       look_.run = 1;
                       return {};
                     },
                     .stop = [this] { look_.running = false; },
                     .look = [this] { return look_; }});
    EXPECT_TRUE(server_.Start("127.0.0.1:0"));
  }

  Result<VerifyLook> Post(const char* path, const std::string& body) {
    const auto answer = ApiPost({.address = server_.address()}, path, body);
    if (!answer) return std::unexpected(answer.error());
    return VerifyLookFromJson(*answer);
  }
  std::string Refusal(const std::string& body = "{}") {
    const auto look = Post(kVerifyPath, body);
    EXPECT_FALSE(look);
    return look ? "" : look.error().message;
  }

  replicator::JobStatus status_;
  VerifyLook look_;
  bool busy_ = false;
  metrics::HttpServer server_;
};

TEST_F(VerifyApiTest, BeginsShowsAndStops) {
  const auto before = ApiGet({.address = server_.address()}, kVerifyPath);
  ASSERT_TRUE(before);
  EXPECT_EQ(VerifyLookFromJson(*before)->run, 0);
  const auto begun = Post(kVerifyPath, R"({"sample":0.01,"repair":true})");
  ASSERT_TRUE(begun);
  EXPECT_TRUE(begun->running);
  EXPECT_TRUE(begun->request.repair);
  EXPECT_DOUBLE_EQ(begun->request.sample, 0.01);
  EXPECT_FALSE(Post(kVerifyStopPath, "{}")->running);
}

TEST_F(VerifyApiTest, WhatIsNotUnderstoodBeginsNothing) {
  EXPECT_THAT(Refusal(R"({"delete_extra":true})"), HasSubstr("repair"));
  EXPECT_THAT(Refusal("nonsense"), HasSubstr("not a JSON object"));
  EXPECT_EQ(look_.run, 0);
}

TEST_F(VerifyApiTest, AJobThatCannotBeVerifiedSaysWhy) {
  for (const auto& [state, why] : {std::pair{JobState::kStarting, "in a moment"},
                                   {JobState::kSettling, "in a moment"},
                                   {JobState::kGap, "changes were lost"},
                                   {JobState::kStopping, "it ends"},
                                   {JobState::kFailed, "it ends"}}) {
    status_.state = state;
    EXPECT_THAT(Refusal(), HasSubstr(why));
  }
  status_.state = JobState::kPaused;
  status_.tail_paused = true;
  EXPECT_THAT(Refusal(), HasSubstr("ddbsync resume"));
  status_.state = JobState::kCopying;
  status_.tail_paused = false;
  status_.backfill.complete = false;
  EXPECT_THAT(Refusal(), HasSubstr("still copies"));
  EXPECT_EQ(look_.run, 0);
}

TEST_F(VerifyApiTest, ASecondOneIsRefused) {
  busy_ = true;
  EXPECT_THAT(Refusal(), HasSubstr("runs already"));
}

}  // namespace
}  // namespace ddbsync::cli
