#include "cli/cutover_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run_plan_fixture.h"

namespace ddbsync::cli {
namespace {

using cutover::DrainBy;
using cutover::FreezeBy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Refusal(const std::string& body) {
  const auto request = CutoverRequestFromJson(body);
  EXPECT_FALSE(request) << body;
  if (request) return "";
  EXPECT_EQ(request.error().code, ErrorCode::kInvalid);
  return request.error().message;
}

const std::string kRole = "arn:aws:iam::123456789012:role/reverse";

TEST(CutoverRequest, ComesBackAsItWent) {
  const CutoverRequest request{.freeze = FreezeBy::kPolicy,
                               .drain = DrainBy::kSeal,
                               .timeout = std::chrono::milliseconds(90'500),
                               .stop_before_commit = true,
                               .full = true,
                               .seal_foreign = true,
                               .reverse = true,
                               .exempt = {kRole}};
  EXPECT_EQ(*CutoverRequestFromJson(CutoverRequestToJson(request)), request);
  for (const char* nothing : {"", "{}", R"({"freeze":null})"}) {
    EXPECT_EQ(*CutoverRequestFromJson(nothing), CutoverRequest()) << nothing;
  }
  EXPECT_EQ(CutoverRequestFromJson(R"({"drain":"quiesce"})")->drain, DrainBy::kQuiesce);
}

TEST(CutoverRequest, AllFaultsOfABodyAreToldTogether) {
  const std::string faults = Refusal(
      R"({"freeze":"cold","drain":1,"timeout_seconds":0.5,"full":"yes","exempt":"x","sael":true})");
  for (const char* part : {"freeze: \"cold\" is not", "drain: 1 is not", "timeout_seconds: 0.5",
                           "full: \"yes\"", "exempt: \"x\" is not a list", "`sael` is nothing"}) {
    EXPECT_THAT(faults, HasSubstr(part));
  }
  EXPECT_THAT(Refusal("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(Refusal(R"({"timeout_seconds":86401})"), HasSubstr("from 1 to 86400"));
  EXPECT_TRUE(CutoverRequestFromJson(R"({"timeout_seconds":86400})"));
}

TEST(CutoverRequest, ACommandToRunIsNeverTakenFromABody) {
  for (const char* name : {"hook", "cutover_hook", "command"}) {
    EXPECT_THAT(Refusal(std::string("{\"") + name + R"(":"rm -rf /"})"),
                HasSubstr("never taken over the API"));
  }
}

TEST(CutoverRequest, WhatContradictsItselfIsRefused) {
  EXPECT_THAT(Refusal(R"({"exempt":[")" + kRole + R"("]})"), HasSubstr("say freeze policy too"));
  EXPECT_THAT(Refusal(R"({"freeze":"policy","exempt":["me"]})"), HasSubstr("`me` is not the ARN"));
  EXPECT_THAT(Refusal(R"({"drain":"quiesce","seal_foreign":true})"), HasSubstr("ends no stream"));
  std::string many = R"({"freeze":"policy","exempt":[)";
  for (int i = 0; i < 21; ++i) many += (i > 0 ? ",\"" : "\"") + kRole + "\"";
  EXPECT_THAT(Refusal(many + "]}"), HasSubstr("21 principals"));
}

TEST(CutoverRequest, TheHookFreezesWhereThereIsOneAndThePolicyElsewhere) {
  EXPECT_EQ(OptionsOf({}, /*has_hook=*/true).freeze, FreezeBy::kHook);
  EXPECT_EQ(OptionsOf({}, /*has_hook=*/false).freeze, FreezeBy::kPolicy);
  EXPECT_EQ(OptionsOf({.freeze = FreezeBy::kManual}, true).freeze, FreezeBy::kManual);
  const cutover::Options options{.freeze = FreezeBy::kPolicy,
                                 .drain = DrainBy::kQuiesce,
                                 .timeout = std::chrono::seconds(5),
                                 .stop_before_commit = true,
                                 .full = true,
                                 .reverse = true,
                                 .exempt = {kRole}};
  EXPECT_EQ(OptionsOf(RequestOf(options), false), options);
}

TEST(CutoverRequest, FlagsAreAsTheyAreTyped) {
  EXPECT_EQ(CutoverFlags({}), "");
  EXPECT_EQ(CutoverFlags({.freeze = FreezeBy::kPolicy,
                          .timeout = std::chrono::seconds(120),
                          .stop_before_commit = true,
                          .exempt = {kRole}}),
            "--freeze policy --timeout 120s --stop-before commit --exempt " + kRole);
}

TEST(AbortReason, IsAShortTextAndNothingElse) {
  EXPECT_EQ(*AbortReasonFromJson(AbortReasonToJson("a \"pager\" rang")), "a \"pager\" rang");
  EXPECT_EQ(*AbortReasonFromJson(AbortReasonToJson("")), "");
  EXPECT_EQ(*AbortReasonFromJson(""), "");
  for (const std::string& body :
       {std::string(R"({"reason":1})"), std::string(R"({"why":"x"})"), std::string("[]"),
        R"({"reason":")" + std::string(501, 'x') + "\"}", std::string(R"({"reason":""})")}) {
    EXPECT_FALSE(AbortReasonFromJson(body)) << body;
  }
}

class CutoverPlanTest : public RunPlanTest {};

TEST_F(CutoverPlanTest, FlagsMakeTheRequest) {
  const CommandLine line = ParseCommandLine(
      {"cutover",       "run",      "--config", config_,          "--src",     "a",
       "--dst",         "b",        "--freeze", "policy",         "--timeout", "2m",
       "--stop-before", "commit",   "--full",   "--seal-foreign", "--reverse", "--exempt",
       kRole,           "--exempt", kRole + "2"});
  const auto planned = PlanRun(line, FakeEnvironment(variables_));
  ASSERT_TRUE(planned) << Texts(planned);
  const CutoverRequest& request = planned->settings.cutover;
  EXPECT_EQ(request.freeze, FreezeBy::kPolicy);
  EXPECT_EQ(request.timeout, std::chrono::minutes(2));
  EXPECT_TRUE(request.stop_before_commit && request.full && request.seal_foreign &&
              request.reverse);
  EXPECT_THAT(request.exempt, ElementsAre(kRole, kRole + "2"));
}

TEST_F(CutoverPlanTest, AllFaultsAreToldTogether) {
  const auto plan = PlanRun(ParseCommandLine({"cutover", "run", "--config", config_, "--src", "a",
                                              "--freeze", "cold", "--drain", "fast", "--timeout",
                                              "2d", "--stop-before", "freeze", "--exempt", "me"}),
                            FakeEnvironment(variables_));
  const std::string faults = Texts(plan);
  for (const char* part :
       {"--freeze: `cold`", "--drain: `fast`", "--timeout", "--stop-before: `freeze`",
        "--exempt: only the policy", "--exempt: `me` is not", "--dst is missing"}) {
    EXPECT_THAT(faults, HasSubstr(part));
  }
}

TEST_F(CutoverPlanTest, TheHookIsASettingOfTheJobThatRuns) {
  EXPECT_EQ(Plan({"start", "--src", "a", "--dst", "b"})->jobs[0].settings.cutover_hook, "");
  config_ = directory_.Write("hook.toml", R"(
[job]
src = "a"
dst = "b"
cutover_hook = "stop-writers --now"
[endpoint.a]
table = "orders"
region = "eu-west-1"
[endpoint.b]
table = "orders-copy"
region = "eu-west-1"
)");
  EXPECT_EQ(Plan({"start"})->jobs[0].settings.cutover_hook, "stop-writers --now");
  variables_["DDBSYNC_CUTOVER_HOOK"] = "by variable";
  EXPECT_EQ(Plan({"start"})->jobs[0].settings.cutover_hook, "by variable");
  EXPECT_EQ(Plan({"tail", "--cutover-hook", "by flag"})->jobs[0].settings.cutover_hook, "by flag");
  EXPECT_THAT(Faults({"start", "--cutover-hook", ""}), HasSubstr("must not be empty"));
}

}  // namespace
}  // namespace ddbsync::cli
