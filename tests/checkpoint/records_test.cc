#include "checkpoint/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "checkpoint/envelope.h"
#include "tests/checkpoint/memory_store.h"

namespace ddbsync::checkpoint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Records = MemoryStore::Records;

WallTime At(int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

JobRecord AJob() {
  return {.job_id = "a-b",
          .source_identity = "id-1",
          .source_arn = "arn:aws:dynamodb:eu-west-1:1:table/a",
          .target_identity = "id-2",
          .target_arn = "arn:aws:dynamodb:eu-west-1:1:table/b",
          .key_schema = "pk S, sk N",
          .stream_arn = "arn:aws:dynamodb:eu-west-1:1:table/a/stream/2026",
          .start_time = At(1'790'000'000'123),
          .total_segments = 1'000'000,
          .made_by = "0.1.0"};
}

/// Canonical bytes with everything that could upset a store or a text format.
std::string BinaryKey() {
  return std::string("B\0\0\0\x04\xff\xfe\0/\"\\\n\x80", 13);
}

State AState() {
  State state;
  state.job = AJob();
  state.shards = {{.shard_id = "shardId-1", .position = "", .finished = false},
                  {.shard_id = "shardId-2",
                   .parent_id = "shardId-1",
                   .position = std::string(40, '9'),
                   .position_created = At(1'790'000'000'999),
                   .finished = true,
                   .finished_at = At(1'790'000'001'000)}};
  state.segments = {{.segment = 0, .finished = true},
                    {.segment = 2,
                     .cursor = R"({"pk":{"S":"ü\u0000"}})",
                     .items_read = std::numeric_limits<int64_t>::max(),
                     .items_written = 3,
                     .items_fenced = 4,
                     .bytes_read = 5},
                    {.segment = 10}};
  state.dead_letters = {{.key = BinaryKey(),
                         .key_json = "not UTF-8: \xff\xc0",
                         .reason = "Item size has exceeded\n\xe2\x82",
                         .origin = "tail",
                         .time = At(-1)}};
  state.rechecks = {{.key = BinaryKey() + "2", .key_json = "{}", .last_attempt = At(7)}};
  state.gaps = {{.shard_id = "", .reason = "stream recreated", .detected_at = At(8)},
                {.shard_id = "shardId-9", .reason = "trimmed", .detected_at = At(9)}};
  state.resync = {.number = 2,
                  .cause = "gap",
                  .reason = "stream recreated\n\xff",
                  .step = "removing",
                  .began = At(10),
                  .again = true,
                  .target_rows = std::numeric_limits<int64_t>::max(),
                  .extra_rows = 11,
                  .removed_rows = 12,
                  .most_rows = 13,
                  .some_keys = "{}\n{}",
                  .completed = At(14)};
  state.clean_stop = true;
  return state;
}

Records RecordsOf(const State& state) {
  Batch batch;
  if (state.job) PutJob(batch, *state.job);
  for (const auto& record : state.shards) PutShard(batch, record);
  for (const auto& record : state.segments) PutSegment(batch, record);
  for (const auto& record : state.dead_letters) PutDeadLetter(batch, record);
  for (const auto& record : state.rechecks) PutRecheck(batch, record);
  for (const auto& record : state.gaps) PutGap(batch, record);
  if (state.resync) PutResync(batch, *state.resync);
  SetCleanStop(batch, state.clean_stop);
  MemoryStore store;
  EXPECT_TRUE(store.Commit(batch));
  return store.records();
}

Result<State> Load(const Records& records) {
  MemoryStore store(records);
  return LoadState(store);
}

TEST(Records, ComeBackAsTheyWerePut) {
  const State state = AState();
  const auto loaded = Load(RecordsOf(state));
  ASSERT_TRUE(loaded) << ToString(loaded.error());
  EXPECT_EQ(loaded->job, state.job);
  EXPECT_EQ(loaded->shards, state.shards);
  EXPECT_EQ(loaded->segments, state.segments);
  EXPECT_EQ(loaded->dead_letters, state.dead_letters);
  EXPECT_EQ(loaded->rechecks, state.rechecks);
  EXPECT_EQ(loaded->gaps, state.gaps);
  EXPECT_EQ(loaded->resync, state.resync);
  EXPECT_TRUE(loaded->clean_stop);
}

TEST(Records, WhatACopyThatIsBegunAgainForgetsIsGone) {
  const State state = AState();
  MemoryStore store(RecordsOf(state));
  Batch batch;
  for (const auto& segment : state.segments) DeleteSegment(batch, segment.segment);
  for (const auto& shard : state.shards) DeleteShard(batch, shard.shard_id);
  for (const auto& gap : state.gaps) DeleteGap(batch, gap.shard_id);
  ASSERT_TRUE(store.Commit(batch));
  const auto loaded = LoadState(store);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->segments.empty() && loaded->shards.empty() && loaded->gaps.empty());
  EXPECT_EQ(loaded->rechecks, state.rechecks);
  EXPECT_EQ(loaded->dead_letters, state.dead_letters);
}

TEST(Records, AResyncIsUnderWayUntilItIsCompleteOrOvertaken) {
  EXPECT_TRUE(IsUnderWay({.step = "held"}));
  EXPECT_FALSE(IsUnderWay({.completed = At(1)}));
  EXPECT_FALSE(IsUnderWay({.again = true}));
}

TEST(Records, AnEmptyStoreIsAJobThatHasNotBegun) {
  const auto loaded = Load({});
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->job);
  EXPECT_FALSE(loaded->clean_stop);
}

TEST(Records, AStopBeforeTheJobBeganLeavesAStoreThatCanBegin) {
  State state;
  state.clean_stop = true;
  const auto loaded = Load(RecordsOf(state));
  ASSERT_TRUE(loaded) << ToString(loaded.error());
  EXPECT_FALSE(loaded->job);
}

TEST(Records, AClearedStopMarkerIsNotClean) {
  State state = AState();
  state.clean_stop = false;
  EXPECT_FALSE(Load(RecordsOf(state))->clean_stop);
}

TEST(Records, AreGoneOnceDeleted) {
  MemoryStore store(RecordsOf(AState()));
  Batch batch;
  DeleteShard(batch, "shardId-1");
  DeleteDeadLetter(batch, BinaryKey());
  DeleteRecheck(batch, BinaryKey() + "2");
  ASSERT_TRUE(store.Commit(batch));
  const auto loaded = LoadState(store);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->shards.size(), 1U);
  EXPECT_TRUE(loaded->dead_letters.empty());
  EXPECT_TRUE(loaded->rechecks.empty());
}

TEST(Records, EveryFlippedBitIsNoticed) {
  const Records whole = RecordsOf(AState());
  for (const auto& [key, value] : whole) {
    for (size_t i = 0; i < value.size(); ++i) {
      Records damaged = whole;
      damaged[key][i] ^= 1 << (i % 8);
      const auto loaded = Load(damaged);
      ASSERT_FALSE(loaded) << key << " at " << i;
      EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
    }
  }
}

TEST(Records, EveryTruncationIsNoticed) {
  const Records whole = RecordsOf(AState());
  for (const auto& [key, value] : whole) {
    for (size_t size = 0; size < value.size(); ++size) {
      Records damaged = whole;
      damaged[key].resize(size);
      const auto loaded = Load(damaged);
      ASSERT_FALSE(loaded) << key << " cut to " << size;
      EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
    }
  }
}

TEST(Records, AValueUnderAnotherKeyIsCorrupt) {
  Records records = RecordsOf(AState());
  std::swap(records["shard/shardId-1"], records["shard/shardId-2"]);
  const auto loaded = Load(records);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(loaded.error().message, HasSubstr("shard shardId-1"));
  EXPECT_THAT(loaded.error().message, HasSubstr("move it away"));
}

TEST(Records, ADamagedItemRecordIsNamedWithoutItsKey) {
  Records records = RecordsOf(AState());
  records["dead/" + BinaryKey()] = "";
  const auto loaded = Load(records);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("dead letter with key digest "));
  EXPECT_THAT(loaded.error().message, Not(HasSubstr("\xff")));
}

TEST(Records, ANewerRecordIsNotDamagedButFromANewerVersion) {
  Records records = RecordsOf(AState());
  const std::string key = "shard/shardId-1";
  records[key] = Seal({"shard", "shard/", 2}, key, "whatever comes to be");
  const auto loaded = Load(records);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(loaded.error().message, HasSubstr("made by a newer ddbsync"));
  EXPECT_THAT(loaded.error().context, HasSubstr("shard shardId-1"));
}

TEST(Records, ANewerStoreFormatIsRefusedBeforeAnythingElseIsRead) {
  Records records = RecordsOf(AState());
  const std::string one(
      "\xa1\x66"
      "format"
      "\x01");  // {"format": 1} as CBOR
  const std::string two(
      "\xa1\x66"
      "format"
      "\x02");
  ASSERT_EQ(records["format"], Seal({"", "", 1}, "format", one));
  records["format"] = Seal({"", "", 1}, "format", two);
  records["a kind to come"] = "in a shape to come";
  const auto loaded = Load(records);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(loaded.error().message, HasSubstr("made by a newer ddbsync"));
}

TEST(Records, AMissingOrWrongFieldIsCorruptAndNamed) {
  Records records = RecordsOf(AState());
  const std::string key = "stop";
  for (const std::string& payload :
       std::vector<std::string>{"\xa0",
                                "\xa1\x65"
                                "clean"
                                "\x01",
                                "\x01", "", "\xa1", "\x9b\x80" + std::string(7, '\0'),
                                "\xa1\x65"
                                "clean\xf5\x01"}) {
    records[key] = Seal({"", "", 1}, key, payload);
    const auto loaded = Load(records);
    ASSERT_FALSE(loaded) << testing::PrintToString(payload);
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(loaded.error().message, HasSubstr("clean stop"));
  }
}

TEST(Records, ANumberBeyondItsFieldIsCorruptAndNotWrappedRound) {
  Records records = RecordsOf(AState());
  const std::string key = "recheck/k";
  const std::string fields =
      "\xa2\x68"
      "key_json\x60\x6f"
      "last_attempt_ms\x1b";  // {"key_json": "", "last_attempt_ms": and 64 bits without a sign
  const std::string largest = "\x7f" + std::string(7, '\xff');
  records[key] = Seal({"", "", 1}, key, fields + largest);
  const auto loaded = Load(records);
  ASSERT_TRUE(loaded) << ToString(loaded.error());
  EXPECT_EQ(loaded->rechecks.back().last_attempt, At(std::numeric_limits<int64_t>::max()));
  records[key] = Seal({"", "", 1}, key, fields + "\x80" + std::string(7, '\0'));
  EXPECT_EQ(Load(records).error().code, ErrorCode::kCorrupt);
}

TEST(Records, ProgressWithoutItsJobIsCorrupt) {
  for (const char* missing : {"job", "format"}) {
    Records records = RecordsOf(AState());
    ASSERT_EQ(records.erase(missing), 1U);
    const auto loaded = Load(records);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(loaded.error().message, HasSubstr("missing"));
  }
}

TEST(Records, ARecordOfAnUnknownKindIsCorrupt) {
  Records records = RecordsOf(AState());
  records["zzz"] = "?";
  EXPECT_EQ(Load(records).error().code, ErrorCode::kCorrupt);
}

TEST(Records, AStoreThatCannotBeReadIsNoEmptyState) {
  MemoryStore store;
  store.SetBroken(true);
  Batch batch;
  SetCleanStop(batch, false);
  ASSERT_FALSE(store.Commit(batch));
  EXPECT_EQ(LoadState(store).error().code, ErrorCode::kPoisoned);
}

}  // namespace
}  // namespace ddbsync::checkpoint
