// Records of any content, beside the chosen ones of records_test.cc.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "checkpoint/records.h"
#include "tests/checkpoint/memory_store.h"

namespace ddbsync::checkpoint {
namespace {

/// Any bytes, NUL and broken UTF-8 among them.
std::string AnyText() {
  return *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
}

WallTime AnyTime() {
  return WallTime(std::chrono::milliseconds(*rc::gen::arbitrary<int64_t>()));
}

JobRecord AnyJob() {
  return {.job_id = AnyText(),
          .source_identity = AnyText(),
          .source_arn = AnyText(),
          .target_identity = AnyText(),
          .target_arn = AnyText(),
          .key_schema = AnyText(),
          .stream_arn = AnyText(),
          .start_time = AnyTime(),
          .total_segments = *rc::gen::arbitrary<int>(),
          .made_by = AnyText()};
}

/// `id` begins the keys, so that no two records of a kind share one and they are listed in order.
void AddRecords(State& state, char id) {
  state.shards.push_back({.shard_id = id + AnyText(),
                          .parent_id = AnyText(),
                          .position = AnyText(),
                          .position_created = AnyTime(),
                          .finished = *rc::gen::arbitrary<bool>(),
                          .finished_at = AnyTime()});
  state.segments.push_back({.segment = id - 'a',
                            .cursor = AnyText(),
                            .finished = *rc::gen::arbitrary<bool>(),
                            .items_read = *rc::gen::arbitrary<int64_t>(),
                            .items_written = *rc::gen::arbitrary<int64_t>(),
                            .items_fenced = *rc::gen::arbitrary<int64_t>(),
                            .bytes_read = *rc::gen::arbitrary<int64_t>()});
  state.dead_letters.push_back({.key = id + AnyText(),
                                .key_json = AnyText(),
                                .reason = AnyText(),
                                .origin = AnyText(),
                                .time = AnyTime()});
  state.rechecks.push_back(
      {.key = id + AnyText(), .key_json = AnyText(), .last_attempt = AnyTime()});
  state.gaps.push_back({.shard_id = id + AnyText(), .reason = AnyText(), .detected_at = AnyTime()});
}

State AnyState() {
  State state;
  state.job = AnyJob();
  for (char id = 'a'; *rc::gen::inRange(0, 3) != 0 && id < 'z'; ++id) AddRecords(state, id);
  state.clean_stop = *rc::gen::arbitrary<bool>();
  state.resync = {.number = *rc::gen::arbitrary<int>(),
                  .cause = AnyText(),
                  .reason = AnyText(),
                  .step = AnyText(),
                  .began = AnyTime(),
                  .again = *rc::gen::arbitrary<bool>(),
                  .target_rows = *rc::gen::arbitrary<int64_t>(),
                  .extra_rows = *rc::gen::arbitrary<int64_t>(),
                  .removed_rows = *rc::gen::arbitrary<int64_t>(),
                  .most_rows = *rc::gen::arbitrary<int64_t>(),
                  .some_keys = AnyText(),
                  .completed = AnyTime()};
  return state;
}

MemoryStore::Records RecordsOf(const State& state) {
  Batch batch;
  PutJob(batch, *state.job);
  for (const auto& record : state.shards) PutShard(batch, record);
  for (const auto& record : state.segments) PutSegment(batch, record);
  for (const auto& record : state.dead_letters) PutDeadLetter(batch, record);
  for (const auto& record : state.rechecks) PutRecheck(batch, record);
  for (const auto& record : state.gaps) PutGap(batch, record);
  if (state.resync) PutResync(batch, *state.resync);
  SetCleanStop(batch, state.clean_stop);
  MemoryStore store;
  RC_ASSERT(store.Commit(batch).has_value());
  return store.records();
}

Result<State> Load(const MemoryStore::Records& records) {
  MemoryStore store(records);
  return LoadState(store);
}

RC_GTEST_PROP(RecordsProperty, AnyStateComesBackAsItWasPut, ()) {
  const State state = AnyState();
  const Result<State> loaded = Load(RecordsOf(state));
  RC_ASSERT(loaded.has_value());
  RC_ASSERT(loaded->job == state.job);
  RC_ASSERT(loaded->resync == state.resync);
  RC_ASSERT(loaded->shards == state.shards);
  RC_ASSERT(loaded->segments == state.segments);
  RC_ASSERT(loaded->dead_letters == state.dead_letters);
  RC_ASSERT(loaded->rechecks == state.rechecks);
  RC_ASSERT(loaded->gaps == state.gaps);
  RC_ASSERT(loaded->clean_stop == state.clean_stop);
}

RC_GTEST_PROP(RecordsProperty, ABitFlippedAnywhereIsNoticed, ()) {
  MemoryStore::Records records = RecordsOf(AnyState());
  auto damaged = records.begin();
  std::advance(damaged, *rc::gen::inRange<size_t>(0, records.size()));
  const auto bit = *rc::gen::inRange<size_t>(0, damaged->second.size() * 8);
  damaged->second[bit / 8] = static_cast<char>(damaged->second[bit / 8] ^ (1 << (bit % 8)));
  const Result<State> loaded = Load(records);
  RC_ASSERT(!loaded.has_value());
  RC_ASSERT(loaded.error().code == ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace ddbsync::checkpoint
