#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/api.h"
#include "cli/checkpoint_screen.h"
#include "cli/jobs_screen.h"
#include "cli/limits.h"
#include "cli/status_screen.h"
#include "cli/values.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using replicator::JobStatus;
using ::testing::HasSubstr;
using ::testing::Not;

JobStatus Following() {
  JobStatus status;
  status.job_id = "a-b";
  status.version = "1.2.3";
  status.state = JobState::kFollowing;
  status.ready = true;
  status.source_arn = "arn:a";
  status.target_arn = "arn:b";
  status.started_at = *ParseTime("2026-11-21T09:00:00Z");
  status.now = *ParseTime("2026-11-21T10:00:00Z");
  status.backfill.wanted = true;
  status.backfill.complete = true;
  status.backfill.segments = 8;
  status.backfill.segments_finished = 8;
  status.tail.wanted = true;
  status.tail.shards_reading = 4;
  status.tail.inserts = 1000;
  return status;
}

TEST(StatusScreen, FitsOneScreenAndEndsWithWhatToDo) {
  const std::string screen = StatusScreen(Following(), false);
  constexpr int kRowsOfAScreen = 24;
  EXPECT_LE(std::count(screen.begin(), screen.end(), '\n'), kRowsOfAScreen);
  EXPECT_THAT(screen, HasSubstr("job           a-b (ddbsync 1.2.3, up 1h00m)\n"));
  EXPECT_THAT(screen, HasSubstr("state         following\n"));
  EXPECT_THAT(screen, HasSubstr("lag           unknown"));
  EXPECT_THAT(screen, HasSubstr("1,000 inserts"));
  EXPECT_THAT(screen, HasSubstr("\nnext          nothing"));
  EXPECT_THAT(screen, Not(HasSubstr("\x1b")));
}

TEST(StatusScreen, TellsOfForeignWritesOnlyWhereTheTargetIsWatched) {
  JobStatus status = Following();
  EXPECT_THAT(StatusScreen(status, false), Not(HasSubstr("foreign")));
  status.watch.wanted = status.watch.watching = true;
  status.watch.puts = 1;
  status.watch.deletes = 2;
  status.watch.ttl_deletes = 4;
  status.watch.some_keys = {R"({"id":{"S":"theirs"}})"};
  std::string screen = StatusScreen(status, false);
  EXPECT_THAT(screen, HasSubstr("3 (1 puts, 2 deletes), 4 by the target's time to live"));
  EXPECT_THAT(screen, HasSubstr("theirs"));
  EXPECT_THAT(screen, Not(HasSubstr("not watched")));
  EXPECT_THAT(screen, HasSubstr("\n  watch lag   unknown\n"));
  status.watch.lag_seconds = 200;
  EXPECT_THAT(StatusScreen(status, false), HasSubstr("\n  watch lag   3m20s\n"));
  status.watch.watching = false;
  status.watch.reason = "the stream was switched off";
  screen = StatusScreen(status, false);
  EXPECT_THAT(screen, HasSubstr("not watched: the stream was switched off"));
  EXPECT_THAT(screen, Not(HasSubstr("watch lag")));
}

TEST(StatusScreen, ColorsOnlyWhenAsked) {
  EXPECT_THAT(StatusScreen(Following(), true), HasSubstr("\x1b[32mfollowing\x1b[0m"));
}

TEST(StatusScreen, GapSaysThatGoingOnDoesNotHelp) {
  JobStatus status = Following();
  status.state = JobState::kGap;
  status.ready = false;
  status.reason = "shard x was trimmed";
  status.gaps = 1;
  const std::string screen = StatusScreen(status, false);
  EXPECT_THAT(screen, HasSubstr("gap: shard x was trimmed"));
  EXPECT_THAT(screen, HasSubstr("changes were lost"));
}

TEST(StatusScreen, DeadLettersPointToTheirList) {
  JobStatus status = Following();
  status.degraded = true;
  status.dead_letters = 2;
  EXPECT_THAT(StatusScreen(status, false), HasSubstr("ddbsync checkpoint show --job a-b"));
}

checkpoint::State Stopped() {
  checkpoint::State state;
  state.job = checkpoint::JobRecord{.job_id = "a-b", .total_segments = 2};
  state.segments = {{.segment = 0, .finished = true, .items_written = 10},
                    {.segment = 1, .items_written = 5}};
  state.shards = {{.shard_id = "shardId-1",
                   .position = "100",
                   .position_created = *ParseTime("2026-11-21T09:00:00Z")}};
  return state;
}

TEST(StoppedScreen, SaysThatNothingRunsAndWhatIsSafe) {
  EXPECT_THAT(StoppedScreen(Stopped(), false, "another job"),
              ::testing::EndsWith("\nnext          another job\n"));
  const std::string screen = StoppedScreen(Stopped(), false);
  EXPECT_THAT(screen, HasSubstr("not running; did not stop in good order"));
  EXPECT_THAT(screen, HasSubstr("1 of 2 segments finished, 15 items written"));
  EXPECT_THAT(screen, HasSubstr("the newest of 2026-11-21T09:00:00.000Z"));
  EXPECT_THAT(screen, HasSubstr("run the same start command"));
}

TEST(CheckpointScreen, ListsTheFirstOfEachKindAndCountsTheRest) {
  checkpoint::State state = Stopped();
  state.dead_letters.assign(limits::kMostLinesShown + 5,
                            {.key_json = R"({"pk":{"S":"y"}})", .reason = "too big"});
  const std::string screen = CheckpointScreen(state);
  EXPECT_THAT(screen, HasSubstr("segments: 2\n"));
  EXPECT_THAT(screen, HasSubstr("shardId-1  applied to 100"));
  EXPECT_THAT(screen, HasSubstr("dead letters: 25\n"));
  EXPECT_THAT(screen, HasSubstr("... and 5 more; --json lists all"));
  EXPECT_THAT(screen, HasSubstr("gaps: 0\n"));
}

std::vector<JobLook> ThreeJobs() {
  JobStatus copying = Following(), failed = Following();
  copying.job_id = "long-name";
  copying.state = JobState::kCopying;
  copying.backfill.complete = false;
  copying.backfill.progress = 0.452;
  copying.backfill.items_per_second = 300;
  copying.tail.lag_seconds = 70;
  copying.reason = "not shown while it progresses";
  failed.job_id = "c";
  failed.state = JobState::kFailed;
  failed.ready = false;
  failed.reason = "no such\ntable";
  return {{Following(), {}}, {copying, {}}, {failed, replicator::Outcome::kFailed}};
}

TEST(JobsScreen, HasALineForEachJobAndOneForAll) {
  EXPECT_EQ(JobsScreen(ThreeJobs(), {"d"}, false),
            "a-b        following  lag unknown\n"
            "long-name  copying    45.2% copied  lag 1m10s\n"
            "c          failed                              no such table\n"
            "3 jobs: 1 copying, 1 following, 1 failed  300 items/s  worst lag unknown  "
            "0 changes/s\n"
            "not running: d\n");
  EXPECT_THAT(JobsScreen(ThreeJobs(), {}, true), HasSubstr("c          \x1b[31mfailed\x1b[0m   "));
  EXPECT_EQ(JobsScreen({{Following(), {}}}, {}, false), "a-b  following  lag unknown\n");
}

TEST(JobsScreen, IsMadeOfWhatTheApiTells) {
  const auto told = JobsFromJson(JobsToJson(ThreeJobs(), true));
  ASSERT_TRUE(told);
  EXPECT_EQ(JobsScreen(*told, {}, false), JobsScreen(ThreeJobs(), {}, false));
  for (const char* text : {"", "[]", R"({"jobs":[1]})", R"({"jobs":[{"job_id":1}]})"}) {
    const auto fault = JobsFromJson(text);
    EXPECT_TRUE(!fault || (fault->size() == 1 && fault->front().status.job_id.empty())) << text;
  }
}

TEST(Readiness, IsUnavailableWithTheReasonWhenTheJobStandsStill) {
  EXPECT_EQ(Readiness({{Following(), {}}}).status, 200);
  JobStatus status = Following();
  status.ready = false;
  status.reason = "no poll for 60 s";
  const metrics::Reply reply = Readiness({{status, {}}});
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("no poll for 60 s"));
}

TEST(Readiness, OfSeveralJobsNamesThoseThatStandStillAndForgivesThoseThatEndedWell) {
  replicator::JobStatus gap = Following(), stopped = Following();
  gap.job_id = "c-d";
  gap.state = replicator::JobState::kGap;
  gap.reason = "changes were lost";
  gap.ready = false;
  stopped.state = replicator::JobState::kDone;
  stopped.ready = false;
  EXPECT_EQ(Readiness({{Following(), {}}, {stopped, replicator::Outcome::kDone}}).status, 200);
  const metrics::Reply reply = Readiness({{Following(), {}}, {gap, {}}});
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("c-d is gap: changes were lost"));
  EXPECT_EQ(Readiness({{Following(), {}}, {stopped, replicator::Outcome::kFailed}}).status, 503);
}

}  // namespace
}  // namespace ddbsync::cli
