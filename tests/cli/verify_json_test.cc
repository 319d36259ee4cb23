#include "cli/verify_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/values.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using verify::DifferenceKind;
using verify::Outcome;
using verify::Phase;

VerifyLook SomeLook() {
  VerifyLook look;
  look.job_id = "a-b";
  look.run = 2;
  look.asked_for = 1;
  look.request = {.form = verify::Form::kLive, .sample = 0.25, .repair = true, .read_capacity = 50};
  look.status.form = verify::Form::kLive;
  look.status.why = "as asked";
  look.status.phase = Phase::kSettling;
  look.status.sample = 0.25;
  look.status.began = *ParseTime("2026-11-21T09:00:00Z");
  look.status.now = *ParseTime("2026-11-21T09:30:00Z");
  look.status.source = {.items = 10, .bytes = 1000, .expected = 12, .units = 2.5};
  look.status.differences = {1, 2, 3};
  look.status.undecided = 4;
  look.status.oldest_difference = *ParseTime("2026-11-21T09:10:00Z");
  look.status.outcome = Outcome::kDifferent;
  look.differences.push_back({.kind = DifferenceKind::kExtra,
                              .key_json = R"({"id":{"S":"1"}})",
                              .since = *ParseTime("2026-11-21T09:10:00Z"),
                              .attributes = {"note", "line\nfeed"},
                              .target_json = R"({"id":{"S":"1"}})"});
  look.differences.push_back(
      {.key_json = R"({"id":{"S":"2"}})", .since = *ParseTime("2026-11-21T09:29:59Z")});
  return look;
}

TEST(VerifyJson, ComesBackAsItWent) {
  const std::string json = VerifyLookToJson(SomeLook(), false);
  EXPECT_EQ(json.find('\n'), std::string::npos) << "one line";
  const auto back = VerifyLookFromJson(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(VerifyLookToJson(*back, false), json);
  EXPECT_EQ(back->request, SomeLook().request);
  EXPECT_EQ(back->status.phase, Phase::kSettling);
  EXPECT_EQ(back->status.standing(), 6);
  EXPECT_EQ(back->differences[0].kind, DifferenceKind::kExtra);
  EXPECT_EQ(back->differences[0].attributes, SomeLook().differences[0].attributes);
}

TEST(VerifyJson, UnknownIsNullAndTheOpeningIsAPhase) {
  VerifyLook look;
  look.opening = look.running = true;
  const auto json = nlohmann::json::parse(VerifyLookToJson(look, true));
  EXPECT_EQ(json["phase"], "opening");
  EXPECT_TRUE(json["progress"].is_null());
  EXPECT_TRUE(json["outcome"].is_null());
  EXPECT_TRUE(json["request"]["form"].is_null());
  EXPECT_TRUE(VerifyLookFromJson(json.dump())->opening);
}

TEST(VerifyJson, EveryPhaseAndOutcomeComesBack) {
  for (int phase = 0; phase <= static_cast<int>(Phase::kEnded); ++phase) {
    VerifyLook look;
    look.status.phase = static_cast<Phase>(phase);
    EXPECT_EQ(VerifyLookFromJson(VerifyLookToJson(look, false))->status.phase, look.status.phase);
  }
  for (int outcome = 0; outcome <= static_cast<int>(Outcome::kFailed); ++outcome) {
    VerifyLook look;
    look.status.outcome = static_cast<Outcome>(outcome);
    EXPECT_EQ(VerifyLookFromJson(VerifyLookToJson(look, false))->status.outcome,
              look.status.outcome);
  }
}

TEST(VerifyJson, OfANewerDaemonWhatIsKnownIsRead) {
  const auto look = VerifyLookFromJson(
      R"({"job_id":"a-b","run":1,"request":{"later":1},"phase":"later","later":2})");
  ASSERT_TRUE(look);
  EXPECT_EQ(look->job_id, "a-b");
  EXPECT_EQ(VerifyLookFromJson("[]").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(VerifyLookFromJson(R"({"run":"x"})").error().code, ErrorCode::kCorrupt);
}

TEST(VerifyJson, YoungDifferencesAndValuesAreLeftOutWhenAskedFor) {
  VerifyLook look = SomeLook();
  ForgetValues(look);
  EXPECT_EQ(look.differences[0].target_json, "");
  KeepOlder(look, std::chrono::minutes(1));
  ASSERT_THAT(look.differences, SizeIs(1));
  EXPECT_THAT(look.differences[0].key_json, HasSubstr("\"1\""));
}

TEST(VerifyJson, TheDiskTellsWhatItHas) {
  verify::State state;
  state.run = {.form = verify::Form::kQuiet,
               .why = "few changes",
               .phase = Phase::kEnded,
               .sample_ppm = 500'000,
               .generation = 3,
               .undecided = 1};
  VerifyLook look = LookAtRecords(state, "a-b", WallTime());
  EXPECT_EQ(look.status.outcome, Outcome::kDifferent) << "undecided is not equal";
  EXPECT_EQ(look.status.sample, 0.5);
  state.run->undecided = 0;
  EXPECT_EQ(LookAtRecords(state, "a-b", WallTime()).status.outcome, Outcome::kEqual);
  state.differences.push_back({.kind = DifferenceKind::kMissing, .since = WallTime()});
  look = LookAtRecords(state, "a-b", WallTime());
  EXPECT_EQ(look.status.outcome, Outcome::kDifferent);
  EXPECT_EQ(look.status.differences[0], 1);
  state.run->phase = Phase::kComparing;
  EXPECT_EQ(LookAtRecords(state, "a-b", WallTime()).status.outcome, std::nullopt);
}

}  // namespace
}  // namespace ddbsync::cli
