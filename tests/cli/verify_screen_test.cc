#include "cli/verify_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/limits.h"
#include "cli/text.h"
#include "cli/values.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using verify::DifferenceKind;
using verify::Outcome;
using verify::Phase;

VerifyLook Ended(Outcome outcome) {
  VerifyLook look;
  look.job_id = "a-b";
  look.run = 1;
  look.status.form = verify::Form::kQuiet;
  look.status.why = "few changes";
  look.status.phase = Phase::kEnded;
  look.status.began = *ParseTime("2026-11-21T09:00:00Z");
  look.status.completed = *ParseTime("2026-11-21T09:02:05Z");
  look.status.now = *ParseTime("2026-11-21T09:30:00Z");
  look.status.source = {.summed = 20'000, .units = 1234.4};
  look.status.target = {.summed = 20'001, .units = 1000};
  look.status.outcome = outcome;
  return look;
}

VerifyLook Different(size_t count) {
  VerifyLook look = Ended(Outcome::kDifferent);
  look.status.differences = {static_cast<int64_t>(count), 1, 0};
  for (size_t i = 0; i < count; ++i) {
    look.differences.push_back({.kind = DifferenceKind::kMissing,
                                .key_json = R"({"id":{"N":")" + std::to_string(i) + "\"}}",
                                .since = *ParseTime("2026-11-21T09:20:00Z"),
                                .attributes = {"note"},
                                .source_json = R"({"note":{"S":"secret"}})"});
  }
  return look;
}

std::string All(const VerifyLook& look, const VerifyAdvice& advice) {
  std::string all;
  for (const std::string& line : DifferenceLines(look, advice)) all += line + "\n";
  return all;
}

TEST(Verdict, SaysWhatWasComparedHowAndWhatItTook) {
  EXPECT_EQ(VerdictLine(Ended(Outcome::kEqual)),
            "EQUAL: 20,000 items of the source and 20,001 of the target; quiet form: few "
            "changes; 1,234 read units of the source, 1,000 of the target; in 2m05s");
  VerifyLook sample = Ended(Outcome::kEqual);
  sample.status.sample = 0.01;
  EXPECT_THAT(VerdictLine(sample), HasSubstr("a sample of 1%"));
}

TEST(Verdict, CountsByKindAndNeverCallsUndecidedEqual) {
  EXPECT_THAT(VerdictLine(Different(3)), StartsWith("DIFFERENT: 3 missing, 1 extra; "));
  VerifyLook undecided = Ended(Outcome::kDifferent);
  undecided.status.undecided = 2;
  EXPECT_THAT(VerdictLine(undecided), StartsWith("UNDECIDED: 2 undecided"));
}

TEST(Verdict, OfWhatDidNotEndSaysThatItGoesOn) {
  VerifyLook look = Ended(Outcome::kStopped);
  look.status.reason = "as asked";
  EXPECT_THAT(VerdictLine(look), HasSubstr("the same command goes on where it was"));
  look.status.outcome = Outcome::kFailed;
  look.status.reason = "the target is gone";
  EXPECT_THAT(VerdictLine(look), StartsWith("failed: the target is gone"));
  look.status.outcome.reset();
  EXPECT_THAT(VerdictLine(look), StartsWith("not finished"));
}

TEST(Differences, AreNamedWithoutValuesUnlessAskedFor) {
  const std::string redacted = All(Different(2), {.job = "--job a-b"});
  EXPECT_THAT(redacted, HasSubstr(R"(missing    {"id":{"N":"0"}}  since 2026-11-21T09:20:00)"));
  EXPECT_THAT(redacted, HasSubstr("(10m00s): note"));
  EXPECT_THAT(redacted, Not(HasSubstr("secret")));
  EXPECT_THAT(All(Different(2), {.job = "--job a-b", .show_values = true}), HasSubstr("secret"));
}

TEST(Differences, AreNotAllShownAndTheRestIsCounted) {
  const std::string lines = All(Different(50), {.job = "--job a-b"});
  EXPECT_THAT(lines, HasSubstr("... and 31 more; `ddbsync verify show --job a-b --json`"));
  EXPECT_THAT(lines, Not(HasSubstr("\"N\":\"20\"")));
}

TEST(Differences, SayWhatToTypeNext) {
  const std::string lines = All(Different(1), {.job = "--src a --dst b", .through_job = true});
  EXPECT_THAT(lines, HasSubstr("`ddbsync verify --src a --dst b --repair`"));
  EXPECT_THAT(lines, HasSubstr("--repair --delete-extra`"));
  EXPECT_THAT(lines, HasSubstr("verify show --src a --dst b --min-age 10m"));
  EXPECT_EQ(All(Ended(Outcome::kEqual), {.job = "--job a-b"}), "");
}

TEST(Differences, AServersBytesDoNotMoveTheCursor) {
  VerifyLook look = Different(1);
  look.differences[0].key_json = "\x1b[2Jkey";
  EXPECT_THAT(All(look, {}), Not(HasSubstr("\x1b")));
}

TEST(VerifyLine, FitsTheWindow) {
  VerifyLook look = Different(1);
  look.running = true;
  look.status.phase = Phase::kComparing;
  look.status.progress = 0.5;
  look.status.eta_seconds = 100;
  look.status.suspects = 7;
  EXPECT_THAT(VerifyProgressLine(look, 200), HasSubstr("50.0%"));
  EXPECT_THAT(VerifyProgressLine(look, 200), HasSubstr("suspects 7"));
  for (int width = 1; width < 120; ++width) {
    EXPECT_LE(Columns(VerifyProgressLine(look, width)), width);
  }
  look.opening = true;
  EXPECT_THAT(VerifyProgressLine(look, 200), HasSubstr("looking at the tables"));
}

}  // namespace
}  // namespace ddbsync::cli
