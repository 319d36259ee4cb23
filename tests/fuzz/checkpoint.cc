// Records of the checkpoint. The first byte of an input says which kind; the rest is used twice, as
// a stored value as it stands and as the payload inside a right envelope. What holds:
//  - a value that was not sealed is never believed (kCorrupt);
//  - a payload is refused or decoded, never a crash; what is decoded is encoded to a record that
//    decodes to the same state, byte for byte from then on, and each field says what it said;
//  - a bit flipped anywhere, in value or key, is noticed, and so is a cut;
//  - a record of any texts and numbers comes back as it was put.

#include "checkpoint/records.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "checkpoint/envelope.h"
#include "tests/checkpoint/memory_store.h"
#include "tests/fuzz/input.h"

namespace ddbsync::fuzz {
namespace {

using namespace ddbsync::checkpoint;

using nlohmann::json;
using Records = MemoryStore::Records;

struct Kind {
  RecordKind kind;
  std::string_view key;
};

constexpr std::array kKinds = {
    Kind{{"job", "job", 1}, "job"},
    Kind{{"clean stop", "stop", 1}, "stop"},
    Kind{{"shard", "shard/", 1}, "shard/shardId-1"},
    Kind{{"segment", "segment/", 1}, "segment/00000007"},
    Kind{{"dead letter", "dead/", 1}, "dead/\xff key"},
    Kind{{"recheck", "recheck/", 1}, "recheck/\xff key"},
    Kind{{"gap", "gap/", 1}, "gap/"},
    Kind{{"store format", "format", 1}, "format"},
};

Result<State> Load(const Records& records) {
  MemoryStore store(records);
  return LoadState(store);
}

Records RecordsOf(const State& state) {
  Batch batch;
  if (state.job) PutJob(batch, *state.job);
  for (const auto& record : state.shards) PutShard(batch, record);
  for (const auto& record : state.segments) PutSegment(batch, record);
  for (const auto& record : state.dead_letters) PutDeadLetter(batch, record);
  for (const auto& record : state.rechecks) PutRecheck(batch, record);
  for (const auto& record : state.gaps) PutGap(batch, record);
  SetCleanStop(batch, state.clean_stop);
  MemoryStore store;
  DDBSYNC_CHECK(store.Commit(batch));
  return store.records();
}

bool IsSame(const State& a, const State& b) {
  return a.job == b.job && a.shards == b.shards && a.segments == b.segments &&
         a.dead_letters == b.dead_letters && a.rechecks == b.rechecks && a.gaps == b.gaps &&
         a.clean_stop == b.clean_stop;
}

/// What every store has before anything else.
Records Begun() {
  State state;
  state.job = JobRecord{.job_id = "a-b"};
  return RecordsOf(state);
}

void CheckComesBack(const State& state) {
  const Records records = RecordsOf(state);
  const Result<State> loaded = Load(records);
  DDBSYNC_CHECK(loaded && IsSame(*loaded, state));
  DDBSYNC_CHECK(RecordsOf(*loaded) == records);
}

void CheckUnsealed(const Kind& kind, std::string_view value) {
  Records records = Begun();
  records[std::string(kind.key)] = value;
  const Result<State> loaded = Load(records);
  DDBSYNC_CHECK(!loaded && loaded.error().code == ErrorCode::kCorrupt);
}

void CheckDamage(const Kind& kind, const std::string& sealed) {
  DDBSYNC_CHECK(Unseal(kind.kind, kind.key, sealed).has_value());
  constexpr size_t kMostBits = 100;
  const size_t step = 1 + sealed.size() * 8 / kMostBits;
  for (size_t bit = 0; bit < sealed.size() * 8; bit += step) {
    std::string damaged = sealed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto unsealed = Unseal(kind.kind, kind.key, damaged);
    DDBSYNC_CHECK(!unsealed && unsealed.error().code == ErrorCode::kCorrupt);
  }
  for (size_t size = 0; size < sealed.size(); size += 1 + size / 8) {
    DDBSYNC_CHECK(!Unseal(kind.kind, kind.key, std::string_view(sealed).substr(0, size)));
  }
  std::string other_key(kind.key);
  other_key.back() ^= 1;
  DDBSYNC_CHECK(!Unseal(kind.kind, other_key, sealed));
}

/// Each field that is written again says what it said in the payload.
void CheckFieldsKept(const Kind& kind, const State& state, std::string_view payload) {
  const std::string value = RecordsOf(state).at(std::string(kind.key));
  const json written = json::from_cbor(*Unseal(kind.kind, kind.key, value));
  const json read = json::from_cbor(payload);
  for (const auto& [name, field] : written.items()) {
    DDBSYNC_CHECK(read.at(name) == field);
    if (field.is_number()) DDBSYNC_CHECK(read.at(name).dump() == field.dump());
  }
}

void CheckSealed(const Kind& kind, std::string_view payload) {
  const std::string sealed = Seal(kind.kind, kind.key, payload);
  DDBSYNC_CHECK(*Unseal(kind.kind, kind.key, sealed) == payload);
  CheckDamage(kind, sealed);
  Records records = Begun();
  records[std::string(kind.key)] = sealed;
  const Result<State> loaded = Load(records);
  if (loaded) {
    CheckComesBack(*loaded);
    CheckFieldsKept(kind, *loaded, payload);
  } else {
    const ErrorCode code = loaded.error().code;
    DDBSYNC_CHECK(code == ErrorCode::kCorrupt || code == ErrorCode::kInvalid);
    DDBSYNC_CHECK(loaded.error().message.find('\xff') == std::string::npos);
  }
}

int64_t Number(Input& input) {
  uint64_t number = 0;
  for (const char c : input.Take(sizeof number)) number = number << 8 | static_cast<uint8_t>(c);
  return static_cast<int64_t>(number);
}

WallTime Time(Input& input) {
  return WallTime(std::chrono::milliseconds(Number(input)));
}

/// A state of the input's own texts and numbers. The texts come last: they may take all there is.
State AnyState(Input input) {
  State state;
  JobRecord& job = state.job.emplace();
  ShardRecord& shard = state.shards.emplace_back();
  SegmentRecord& segment = state.segments.emplace_back();
  DeadLetter& letter = state.dead_letters.emplace_back();
  Recheck& recheck = state.rechecks.emplace_back();
  Gap& gap = state.gaps.emplace_back();
  const uint8_t flags = input.Byte();
  shard.finished = (flags & 1) != 0;
  segment.finished = (flags & 2) != 0;
  state.clean_stop = (flags & 4) != 0;
  segment.segment = input.Byte();
  job.total_segments = static_cast<int>(Number(input));
  for (int64_t* number :
       {&segment.items_read, &segment.items_written, &segment.items_fenced, &segment.bytes_read}) {
    *number = Number(input);
  }
  for (WallTime* time : {&job.start_time, &shard.position_created, &shard.finished_at, &letter.time,
                         &recheck.last_attempt, &gap.detected_at}) {
    *time = Time(input);
  }
  for (std::string* text :
       {&job.job_id,     &job.source_identity, &job.source_arn, &job.target_identity,
        &job.target_arn, &job.key_schema,      &job.stream_arn, &job.made_by,
        &shard.shard_id, &shard.parent_id,     &shard.position, &segment.cursor,
        &letter.key,     &letter.key_json,     &letter.reason,  &letter.origin,
        &recheck.key,    &recheck.key_json,    &gap.shard_id,   &gap.reason}) {
    *text = input.Take(input.Byte());
  }
  return state;
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ddbsync::fuzz;
  Input input(data, size);
  // Letters for the seeds' sake: 'a' is a job, 'b' a clean stop, ...
  const Kind& kind = kKinds[(input.Byte() + 256 - 'a') % kKinds.size()];
  CheckComesBack(AnyState(input));
  const std::string_view bytes = input.Rest();
  CheckUnsealed(kind, bytes);
  CheckSealed(kind, bytes);
  return 0;
}
