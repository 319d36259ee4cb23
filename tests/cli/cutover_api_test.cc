#include "cli/cutover_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/api_client.h"
#include "cli/cutover_request.h"
#include "tests/cli/cutover_look.h"

namespace ddbsync::cli {
namespace {

using cutover::FreezeBy;
using cutover::Step;
using replicator::JobState;
using ::testing::HasSubstr;

class CutoverApiTest : public ::testing::Test {
 protected:
  CutoverApiTest() {
    status_.state = JobState::kFollowing;
    status_.tail.wanted = true;
    look_.job_id = "a-b";
    AddCutoverRoutes(server_, "",
                     {.status = [this] { return status_; },
                      .begin = [this](const cutover::Options& options) { return Begin(options); },
                      .confirm_frozen = [this] { return MoveTo(Step::kSealing); },
                      .commit = [this] { return MoveTo(Step::kCommitted); },
                      .abort =
                          [this](std::string reason) {
                            look_.status.reason = std::move(reason);
                            return MoveTo(Step::kRestoring);
                          },
                      .look = [this] { return look_; },
                      .gates =
                          [](const cutover::Options& options) {
                            GatesLook gates = SomeGates();
                            gates.options = options;
                            return gates;
                          },
                      .has_hook = true});
    EXPECT_TRUE(server_.Start("127.0.0.1:0"));
  }

  Result<void> Begin(const cutover::Options& options) {
    if (!refusal_.message.empty()) return std::unexpected(refusal_);
    look_.status.number = 1;
    look_.status.step = Step::kPreparing;
    look_.status.options = options;
    return {};
  }
  Result<void> MoveTo(Step step) {
    if (look_.status.number == 0) return Fail(ErrorCode::kConflict, "none is under way");
    look_.status.step = step;
    return {};
  }

  Result<CutoverLook> Post(const char* path, const std::string& body = "{}") {
    const auto answer = ApiPost({.address = server_.address()}, path, body);
    if (!answer) return std::unexpected(answer.error());
    return CutoverLookFromJson(*answer);
  }
  Error Refusal(const char* path, const std::string& body = "{}") {
    const auto look = Post(path, body);
    EXPECT_FALSE(look) << path;
    return look ? Error{} : look.error();
  }

  replicator::JobStatus status_;
  CutoverLook look_;
  Error refusal_{ErrorCode::kConflict, ""};
  metrics::HttpServer server_;
};

TEST_F(CutoverApiTest, BeginsConfirmsCommitsAndShows) {
  EXPECT_EQ(
      CutoverLookFromJson(*ApiGet({.address = server_.address()}, kCutoverPath))->status.number, 0);
  const auto begun = Post(kCutoverPath, R"({"freeze":"manual","timeout_seconds":5})");
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->status.options.freeze, FreezeBy::kManual);
  EXPECT_EQ(begun->status.options.timeout, std::chrono::seconds(5));
  EXPECT_EQ(Post(kFrozenPath)->status.step, Step::kSealing);
  EXPECT_EQ(Post(kCommitPath)->status.step, Step::kCommitted);
}

TEST_F(CutoverApiTest, WhatIsLeftOutIsFrozenByTheHookWhereThereIsOne) {
  EXPECT_EQ(Post(kCutoverPath, "")->status.options.freeze, FreezeBy::kHook);
}

TEST_F(CutoverApiTest, TheReasonOfAnAbortIsKept) {
  ASSERT_TRUE(Post(kCutoverPath));
  EXPECT_EQ(Post(kAbortPath, R"({"reason":"a pager rang"})")->status.reason, "a pager rang");
  EXPECT_THAT(Post(kAbortPath)->status.reason, HasSubstr("operator"));
  EXPECT_EQ(Refusal(kAbortPath, R"({"reason":7})").code, ErrorCode::kInvalid);
}

TEST_F(CutoverApiTest, GatesThatDoNotHoldAreAConflictWithTheirText) {
  refusal_.message = "lag: lag 45 s, at most 30 s";
  const Error refused = Refusal(kCutoverPath);
  EXPECT_EQ(refused.code, ErrorCode::kConflict);
  EXPECT_THAT(refused.message, HasSubstr("at most 30 s"));
  refusal_ = {ErrorCode::kInvalid, "no hook is configured"};
  EXPECT_EQ(Refusal(kCutoverPath).code, ErrorCode::kInvalid);
  EXPECT_EQ(look_.status.number, 0);
}

TEST_F(CutoverApiTest, WhatIsNotUnderstoodBeginsNothing) {
  EXPECT_EQ(Refusal(kCutoverPath, R"({"freeze":"cold"})").code, ErrorCode::kInvalid);
  EXPECT_EQ(Refusal(kCutoverPath, "nonsense").code, ErrorCode::kInvalid);
  EXPECT_EQ(Refusal(kGatesPath, R"({"drain":"fast"})").code, ErrorCode::kInvalid);
  EXPECT_EQ(look_.status.number, 0);
}

TEST_F(CutoverApiTest, WhatIsNotAskedForNowIsAConflict) {
  for (const char* path : {kFrozenPath, kCommitPath, kAbortPath}) {
    EXPECT_EQ(Refusal(path).code, ErrorCode::kConflict) << path;
  }
}

TEST_F(CutoverApiTest, AJobThatCannotBeSwitchedSaysWhy) {
  for (const auto& [state, why] : {std::pair{JobState::kStarting, "in a moment"},
                                   {JobState::kSettling, "in a moment"},
                                   {JobState::kGap, "changes were lost"},
                                   {JobState::kStopping, "it ends"},
                                   {JobState::kFailed, "it ends"}}) {
    status_.state = state;
    EXPECT_THAT(Refusal(kCutoverPath).message, HasSubstr(why));
  }
  status_.state = JobState::kPaused;
  status_.tail_paused = true;
  EXPECT_THAT(Refusal(kCutoverPath).message, HasSubstr("ddbsync resume"));
  status_.state = JobState::kCopying;
  status_.tail_paused = status_.tail.wanted = false;
  EXPECT_THAT(Refusal(kCutoverPath).message, HasSubstr("follows no stream"));
  EXPECT_EQ(look_.status.number, 0);
}

TEST_F(CutoverApiTest, GatesAreJudgedByTheOptionsOfTheBody) {
  const auto by_default = GatesLookFromJson(*ApiGet({.address = server_.address()}, kGatesPath));
  EXPECT_EQ(by_default->options.freeze, FreezeBy::kHook);
  EXPECT_EQ(by_default->gates.size(), 2U);
  const auto asked = GatesLookFromJson(
      *ApiPost({.address = server_.address()}, kGatesPath, R"({"freeze":"policy","full":true})"));
  EXPECT_EQ(asked->options.freeze, FreezeBy::kPolicy);
  EXPECT_TRUE(asked->options.full);
}

}  // namespace
}  // namespace ddbsync::cli
