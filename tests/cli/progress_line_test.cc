#include "cli/progress_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text.h"
#include "cli/values.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using replicator::JobStatus;
using replicator::Outcome;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

JobStatus Copying() {
  JobStatus status;
  status.job_id = "a-b";
  status.state = JobState::kCopying;
  status.reason = "the target throttles hot keys";
  status.backfill = {.wanted = true,
                     .items_read = 8500,
                     .items_written = 8400,
                     .items_fenced = 12,
                     .items_expected = 20000,
                     .progress = 0.42,
                     .items_per_second = 1234,
                     .eta_seconds = 9.4,
                     .throttled_segment_numbers = {}};
  status.tail.wanted = true;
  status.tail.lag_seconds = 0.4;
  status.tail.records_per_second = 200;
  status.writes.in_flight = 12;
  status.writes.in_flight_limit = 16;
  return status;
}

TEST(ProgressLine, WideLineSaysEverything) {
  EXPECT_EQ(ProgressLine(Copying(), 200),
            "copying  [========>           ]  42.0%  8,412/20,000  1,234 items/s  eta 9.4s  "
            "lag 0.4s  200 changes/s  in flight 12/16  the target throttles hot keys");
}

TEST(ProgressLine, NeverIsWiderThanTheTerminal) {
  for (int width = 1; width < 200; ++width) {
    const std::string line = ProgressLine(Copying(), width);
    EXPECT_LE(Columns(line), width);
    if (width >= 8) {
      EXPECT_THAT(line, StartsWith("copy")) << width;
    }
  }
}

TEST(ProgressLine, NarrowLineKeepsProgressLagAndTheReason) {
  const std::string line = ProgressLine(Copying(), 80);
  EXPECT_THAT(line, HasSubstr("42.0%"));
  EXPECT_THAT(line, HasSubstr("1,234 items/s"));
  EXPECT_THAT(line, HasSubstr("lag 0.4s"));
  EXPECT_THAT(line, HasSubstr("the target throttles"));
  EXPECT_THAT(line, Not(HasSubstr("[="))) << "the bar says the least";
}

TEST(ProgressLine, VeryNarrowLinesKeepTheStateThenWhatMattersMost) {
  JobStatus status = Copying();
  status.dead_letters = 3;
  for (int width = 1; width <= 40; ++width) {
    const std::string line = ProgressLine(status, width);
    EXPECT_LE(Columns(line), width);
    EXPECT_THAT(line, StartsWith(std::string("copying").substr(0, std::min(width, 3))));
    if (width >= 7 + 3) {
      EXPECT_THAT(line, StartsWith("copying"));
    }
    if (width >= 7 + 2 + 14) {
      EXPECT_THAT(line, HasSubstr("dead letters 3")) << width;
    }
  }
  EXPECT_EQ(ProgressLine(status, 0), "");
}

TEST(ProgressLine, FiguresStayWhereTheReasonCouldNotBeRead) {
  EXPECT_EQ(ProgressLine(Copying(), 19), "copying  42.0%");
  EXPECT_EQ(ProgressLine(Copying(), 24), "copying  42.0%  lag 0.4s");
  EXPECT_EQ(ProgressLine(Copying(), 32), "copying  42.0%  lag 0.4s");
  EXPECT_EQ(ProgressLine(Copying(), 33), "copying  the target throttles ...");
}

TEST(ProgressLine, WhatNeedsAPersonLeavesTheLineToItsReason) {
  JobStatus status = Copying();
  status.state = JobState::kGap;
  status.reason = "changes were lost: shard x was trimmed";
  EXPECT_EQ(ProgressLine(status, 19), "gap  changes wer...");
  for (int width = 1; width <= 40; ++width) EXPECT_LE(Columns(ProgressLine(status, width)), width);
}

TEST(ProgressLine, WideLettersOfAReasonCountTwice) {
  JobStatus status = Copying();
  status.reason = "表の名前です、表の名前です、表の名前です";
  for (int width = 1; width <= 200; ++width) {
    EXPECT_LE(Columns(ProgressLine(status, width)), width);
  }
}

TEST(ProgressLine, UnknownIsNotShownAsZero) {
  JobStatus status = Copying();
  status.backfill.progress.reset();
  status.backfill.eta_seconds.reset();
  status.tail.lag_seconds.reset();
  const std::string line = ProgressLine(status, 200);
  EXPECT_THAT(line, Not(HasSubstr("%")));
  EXPECT_THAT(line, Not(HasSubstr("eta")));
  EXPECT_THAT(line, HasSubstr("lag unknown"));
}

TEST(ProgressLine, IsNotAtHundredPercentBeforeTheCopyIsComplete) {
  JobStatus status = Copying();
  status.backfill.progress = 1.0;
  EXPECT_THAT(ProgressLine(status, 200), HasSubstr("99.9%"));
}

TEST(ProgressLine, FollowingShowsLagAndChangesButNoBar) {
  JobStatus status = Copying();
  status.state = JobState::kFollowing;
  status.backfill.complete = true;
  status.reason.clear();
  EXPECT_EQ(ProgressLine(status, 200), "following  lag 0.4s  200 changes/s  in flight 12/16");
}

TEST(ProgressLine, DeadLettersAreNotLeftOutOfANarrowLine) {
  JobStatus status = Copying();
  status.dead_letters = 3;
  EXPECT_THAT(ProgressLine(status, 100), HasSubstr("dead letters 3"));
}

TEST(ProgressLine, ReasonCannotMoveTheCursor) {
  JobStatus status = Copying();
  status.reason = "server said:\n\x1b[2J";
  const std::string line = ProgressLine(status, 300);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST(StateChange, CompleteCopyIsToldWithItsCounts) {
  JobStatus after = Copying();
  after.started_at = *ParseTime("2026-11-21T09:00:00Z");
  after.now = *ParseTime("2026-11-21T09:00:12Z");
  after.state = JobState::kFollowing;
  after.backfill.complete = true;
  after.backfill.items_written = 20000;
  const auto line = StateChange(Copying(), after);
  ASSERT_TRUE(line);
  EXPECT_EQ(*line,
            "copy complete: 20,000 items written, 12 left to the stream, 12s after the start; "
            "following");
}

TEST(StateChange, CopyThatWasCompleteBeforeTheStartIsNotToldAgain) {
  JobStatus before;
  JobStatus after = Copying();
  after.state = JobState::kFollowing;
  after.backfill.complete = true;
  after.reason.clear();
  EXPECT_EQ(StateChange(before, after), "following");
}

TEST(StateChange, NothingIsToldWhileTheStateStays) {
  EXPECT_EQ(StateChange(Copying(), Copying()), std::nullopt);
}

TEST(StateChange, EndIsLeftToTheLastLine) {
  for (const JobState state : {JobState::kDone, JobState::kFailed}) {
    JobStatus ended = Copying();
    ended.state = state;
    EXPECT_EQ(StateChange(Copying(), ended), std::nullopt);
  }
}

TEST(StateChange, GapIsToldWithItsReason) {
  JobStatus gap = Copying();
  gap.state = JobState::kGap;
  gap.reason = "shard x was trimmed";
  EXPECT_EQ(StateChange(Copying(), gap), "gap: shard x was trimmed");
}

TEST(EndLine, SaysHowItEndedAndWhatToDo) {
  JobStatus status = Copying();
  EXPECT_THAT(EndLine(status, Outcome::kDone, true), StartsWith("stopped in good order"));
  EXPECT_THAT(EndLine(status, Outcome::kDone, true), EndsWith("the same command resumes"));
  EXPECT_THAT(EndLine(status, Outcome::kDone, false), StartsWith("done: 8,400 items copied"));
  EXPECT_THAT(EndLine(status, Outcome::kFailed, false), HasSubstr(status.reason));
  status.dead_letters = 2;
  EXPECT_THAT(EndLine(status, Outcome::kDegraded, false), HasSubstr("2 dead letters"));
  EXPECT_THAT(EndLine(status, Outcome::kDataAtRisk, false), StartsWith("data at risk"));
}

TEST(SummaryLine, SaysHowManyDoWhatTheWorstLagAndTheWholeRate) {
  JobStatus copying, following, failed;
  copying.state = JobState::kCopying;
  copying.backfill.wanted = copying.tail.wanted = following.tail.wanted = true;
  copying.backfill.items_per_second = 300;
  copying.tail.lag_seconds = 70;
  following.state = JobState::kFollowing;
  following.tail.lag_seconds = 3;
  following.tail.records_per_second = 20;
  failed.state = JobState::kFailed;
  failed.tail.wanted = true;
  std::vector<JobLook> jobs = {
      {copying, {}}, {following, {}}, {failed, replicator::Outcome::kFailed}};
  EXPECT_EQ(
      SummaryLine(jobs, 200),
      "3 jobs: 1 copying, 1 following, 1 failed  300 items/s  worst lag 1m10s  20.0 changes/s");
  EXPECT_EQ(SummaryLine(jobs, 45), "3 jobs: 1 copying, 1 following, 1 failed");
  jobs[1].status.tail.lag_seconds.reset();
  EXPECT_THAT(SummaryLine(jobs, 200), HasSubstr("worst lag unknown"));
  EXPECT_EQ(SummaryLine({{copying, {}}}, 60), ProgressLine(copying, 60));
}

}  // namespace
}  // namespace ddbsync::cli
