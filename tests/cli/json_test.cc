#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "cli/checkpoint_json.h"
#include "cli/status_json.h"
#include "cli/values.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using replicator::JobStatus;
using ::testing::HasSubstr;

JobStatus SomeStatus() {
  JobStatus status;
  status.job_id = "a-b";
  status.version = "1.2.3";
  status.state = JobState::kCopying;
  status.reason = "the target throttles";
  status.ready = true;
  status.source_arn = "arn:a";
  status.started_at = *ParseTime("2026-11-21T09:00:00Z");
  status.now = *ParseTime("2026-11-21T09:30:00.250Z");
  status.backfill = {.wanted = true,
                     .segments = 64,
                     .segments_finished = 3,
                     .items_read = 20000,
                     .items_written = 19000,
                     .progress = 0.5,
                     .items_per_second = 1000.5,
                     .eta_seconds = std::nullopt,
                     .throttled_segments = 7,
                     .throttled_segment_numbers = {3, 4, 9, 11, 40}};
  status.tail.wanted = true;
  status.tail.watermark = *ParseTime("2026-11-21T09:29:59Z");
  status.tail.lag_seconds = 1.25;
  status.writes = {.puts_ok = 19000, .in_flight = 7, .in_flight_limit = 16};
  status.watch.wanted = status.watch.watching = true;
  status.watch.since = *ParseTime("2026-11-21T09:00:07Z");
  status.watch.lag_seconds = 6.5;
  status.watch.puts = 1;
  status.watch.some_keys = {R"({"id":{"S":"theirs"}})"};
  status.queue_bytes = 12345;
  status.dead_letters = 2;
  return status;
}

TEST(StatusJson, HasTheNamesOfTheStatusAndUnknownIsNull) {
  const auto json = nlohmann::json::parse(StatusToJson(SomeStatus(), true));
  EXPECT_EQ(json["job_id"], "a-b");
  EXPECT_EQ(json["state"], "copying");
  EXPECT_EQ(json["now"], "2026-11-21T09:30:00.250Z");
  EXPECT_EQ(json["backfill"]["items_written"], 19000);
  EXPECT_EQ(json["backfill"]["progress"], 0.5);
  EXPECT_TRUE(json["backfill"]["eta_seconds"].is_null());
  EXPECT_EQ(json["backfill"]["throttled_segments"], 7);
  EXPECT_EQ(json["backfill"]["throttled_segment_numbers"].dump(), "[3,4,9,11,40]");
  EXPECT_EQ(json["tail"]["lag_seconds"], 1.25);
  EXPECT_EQ(json["tail"]["watermark"], "2026-11-21T09:29:59.000Z");
  EXPECT_TRUE(json["tail"]["headroom_seconds"].is_null());
  EXPECT_EQ(json["writes"]["in_flight_limit"], 16);
  EXPECT_EQ(json["watch"]["puts"], 1);
  EXPECT_EQ(json["watch"]["lag_seconds"], 6.5);
  EXPECT_EQ(json["watch"]["since"], "2026-11-21T09:00:07.000Z");
  EXPECT_TRUE(json["watch"]["last_foreign"].is_null());
  EXPECT_EQ(json["watch"]["some_keys"][0], R"({"id":{"S":"theirs"}})");
  EXPECT_EQ(json["dead_letters"], 2);
}

TEST(StatusJson, ComesBackAsItWent) {
  const std::string json = StatusToJson(SomeStatus(), false);
  EXPECT_EQ(json.find('\n'), std::string::npos) << "one line";
  const auto back = StatusFromJson(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(StatusToJson(*back, false), json);
  EXPECT_EQ(back->state, JobState::kCopying);
  EXPECT_EQ(back->tail.watermark, SomeStatus().tail.watermark);
  EXPECT_FALSE(back->backfill.eta_seconds);
}

TEST(StatusJson, EveryStateComesBack) {
  for (int state = 0; state <= static_cast<int>(JobState::kFailed); ++state) {
    JobStatus status;
    status.state = static_cast<JobState>(state);
    EXPECT_EQ(StatusFromJson(StatusToJson(status, false))->state, status.state);
  }
}

TEST(StatusJson, NumbersThatAreNoneAndBytesThatAreNoTextAreStillJson) {
  JobStatus status = SomeStatus();
  status.tail.lag_seconds = std::numeric_limits<double>::quiet_NaN();
  status.reason = "answered \xff\xfe";
  const auto json = nlohmann::json::parse(StatusToJson(status, false));
  EXPECT_TRUE(json["tail"]["lag_seconds"].is_null());
}

TEST(StatusJson, MissingNamesKeepDefaultsAndRubbishIsRefused) {
  EXPECT_EQ(StatusFromJson(R"({"job_id":"x"})")->job_id, "x");
  EXPECT_EQ(StatusFromJson("[]").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(StatusFromJson("<html>").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(StatusFromJson(R"({"job_id":5})").error().code, ErrorCode::kCorrupt);
}

checkpoint::State SomeCheckpoint() {
  checkpoint::State state;
  state.job = checkpoint::JobRecord{.job_id = "a-b",
                                    .source_arn = "arn:a",
                                    .start_time = *ParseTime("2026-11-21T09:00:00Z"),
                                    .total_segments = 2};
  state.segments = {{.segment = 0, .finished = true, .items_written = 10},
                    {.segment = 1, .cursor = R"({"pk":{"S":"x"}})"}};
  state.shards = {{.shard_id = "shardId-1", .position = "100"}};
  state.dead_letters = {{.key_json = R"({"pk":{"S":"y"}})", .reason = "too big"}};
  state.gaps = {{.reason = "trimmed"}};
  state.clean_stop = true;
  return state;
}

TEST(CheckpointJson, ComesBackAsItWent) {
  const std::string json = CheckpointToJson(SomeCheckpoint(), true);
  const auto back = CheckpointFromJson(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(CheckpointToJson(*back, true), json);
  EXPECT_EQ(back->segments, SomeCheckpoint().segments);
  EXPECT_EQ(back->job, SomeCheckpoint().job);
  EXPECT_TRUE(back->clean_stop);
}

TEST(CheckpointJson, JobThatNeverBeganIsNull) {
  const std::string json = CheckpointToJson({}, false);
  EXPECT_THAT(json, HasSubstr(R"("job":null)"));
  EXPECT_FALSE(CheckpointFromJson(json)->job);
  EXPECT_EQ(CheckpointFromJson("nonsense").error().code, ErrorCode::kCorrupt);
}

TEST(CheckpointJson, StoppedJobSaysThatItDoesNotRun) {
  const auto next = nlohmann::json::parse(StoppedToJson(SomeCheckpoint(), "another job"));
  EXPECT_EQ(next["reason"], "no process runs this job; another job");
  const auto json = nlohmann::json::parse(StoppedToJson(SomeCheckpoint()));
  EXPECT_EQ(json["state"], "not_running");
  EXPECT_EQ(json["job_id"], "a-b");
  EXPECT_EQ(json["checkpoint"]["segments"].size(), 2U);
}

}  // namespace
}  // namespace ddbsync::cli
