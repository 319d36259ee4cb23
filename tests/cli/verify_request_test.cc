#include "cli/verify_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run_plan_fixture.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;

std::string Refusal(const std::string& body) {
  const auto request = VerifyRequestFromJson(body);
  EXPECT_FALSE(request) << body;
  return request ? "" : request.error().message;
}

TEST(VerifyRequest, ComesBackAsItWent) {
  const VerifyRequest request{.form = verify::Form::kLive,
                              .sample = 0.01,
                              .repair = true,
                              .delete_extra = true,
                              .watch = true,
                              .show_values = true,
                              .anew = true,
                              .read_capacity = 100};
  EXPECT_EQ(*VerifyRequestFromJson(VerifyRequestToJson(request)), request);
  EXPECT_EQ(*VerifyRequestFromJson(VerifyRequestToJson({})), VerifyRequest());
  EXPECT_EQ(*VerifyRequestFromJson(""), VerifyRequest());
  EXPECT_EQ(*VerifyRequestFromJson("{}"), VerifyRequest());
}

TEST(VerifyRequest, AllFaultsOfABodyAreToldTogether) {
  const std::string faults =
      Refusal(R"({"sample":1.5,"form":"loud","repair":1,"repare":true,"read_capacity":-1})");
  for (const char* part : {"sample: 1.5 is not", "form: \"loud\"", "repair: 1 is not",
                           "`repare` is nothing", "did you mean `repair`", "read_capacity: -1"}) {
    EXPECT_THAT(faults, HasSubstr(part));
  }
  EXPECT_THAT(Refusal("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(Refusal(R"({"sample":0})"), HasSubstr("sample"));
  EXPECT_THAT(Refusal(R"({"delete_extra":true})"), HasSubstr("delete_extra: deleting is a part"));
  EXPECT_THAT(Refusal(R"({"form":"quiet","sample":0.5})"), HasSubstr("sample: the quiet form"));
}

TEST(VerifyRequest, TheSameIsAskedForWhetherAnewOrNot) {
  VerifyRequest one, other;
  one.anew = true;
  EXPECT_TRUE(IsSameAsked(one, other));
  other.repair = true;
  EXPECT_FALSE(IsSameAsked(one, other));
}

TEST(VerifyRequest, FlagsAreAsTheyAreTyped) {
  EXPECT_EQ(FlagsText({}), "");
  EXPECT_EQ(FlagsText({.form = verify::Form::kQuiet, .sample = 0.005, .repair = true}),
            "--form quiet --sample 0.5% --repair");
}

class VerifyPlanTest : public RunPlanTest {};

TEST_F(VerifyPlanTest, FlagsMakeTheRequest) {
  const auto plan =
      Plan({"verify", "--src", "a", "--dst", "b", "--sample", "1%", "--repair", "--delete-extra",
            "--watch", "--form", "live", "--read-capacity", "25", "--min-age", "10m"});
  ASSERT_TRUE(plan) << Texts(plan);
  const VerifyRequest request = RequestOf(plan->settings);
  EXPECT_TRUE(request.repair && request.delete_extra && request.watch);
  EXPECT_DOUBLE_EQ(request.sample, 0.01);
  EXPECT_EQ(request.form, verify::Form::kLive);
  EXPECT_EQ(request.read_capacity, 25);
  EXPECT_EQ(plan->settings.min_age, std::chrono::minutes(10));
  EXPECT_THAT(plan->jobs.front().home.VerificationDirectory(), HasSubstr("/a-b/verification"));
}

TEST_F(VerifyPlanTest, AllFaultsAreToldTogether) {
  const std::string faults = Faults({"verify", "--src", "a", "--sample", "0%", "--delete-extra",
                                     "--form", "loud", "--min-age", "5"});
  for (const char* part : {"--sample: `0%`", "--delete-extra: deleting is a part of repairing",
                           "--form: `loud`", "--min-age", "--dst is missing"}) {
    EXPECT_THAT(faults, HasSubstr(part));
  }
}

TEST_F(VerifyPlanTest, SourceAndTargetAreTwoTables) {
  EXPECT_THAT(Faults({"verify", "--src", "a", "--dst", "a"}), HasSubstr("the same table"));
}

}  // namespace
}  // namespace ddbsync::cli
