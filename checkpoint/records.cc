#include "checkpoint/records.h"

#include <cstdio>
#include <utility>

#include "checkpoint/limits.h"
#include "checkpoint/record_codec_internal.h"

namespace ddbsync::checkpoint {
namespace {

constexpr RecordKind kFormat{"store format", "format", 1};
constexpr RecordKind kJob{"job", "job", 1};
constexpr RecordKind kCleanStop{"clean stop", "stop", 1};
constexpr RecordKind kShard{"shard", "shard/", 1};
constexpr RecordKind kSegment{"segment", "segment/", 1};
constexpr RecordKind kDeadLetter{"dead letter", "dead/", 1};
constexpr RecordKind kRecheck{"recheck", "recheck/", 1};
constexpr RecordKind kGap{"gap", "gap/", 1};
constexpr RecordKind kCutover{"cut-over", "cutover", 1};
constexpr RecordKind kResync{"resync", "resync", 1};

struct FormatRecord {
  int64_t format = 0;
};

struct CleanStopRecord {
  bool clean = false;
};

std::string SegmentId(int segment) {
  char id[12];
  std::snprintf(id, sizeof id, "%08d", segment);  // so that they are listed in their order
  return id;
}

}  // namespace

// Found by the codec through the records' own namespace.

static void Fields(auto& field, Is<FormatRecord> auto& record) {
  field("format", record.format);
}

static void Fields(auto& field, Is<CleanStopRecord> auto& record) {
  field("clean", record.clean);
}

static void Fields(auto& field, Is<JobRecord> auto& record) {
  field("job_id", record.job_id);
  field("source_identity", record.source_identity);
  field("source_arn", record.source_arn);
  field("target_identity", record.target_identity);
  field("target_arn", record.target_arn);
  field("key_schema", record.key_schema);
  field("stream_arn", record.stream_arn);
  field("start_time_ms", record.start_time);
  field("total_segments", record.total_segments);
  field("made_by", record.made_by);
}

static void Fields(auto& field, Is<ShardRecord> auto& record) {
  field("parent_id", record.parent_id);
  field("position", record.position);
  field("position_created_ms", record.position_created);
  field("finished", record.finished);
  field("finished_at_ms", record.finished_at);
}

static void Fields(auto& field, Is<SegmentRecord> auto& record) {
  field("segment", record.segment);
  field("cursor", record.cursor);
  field("finished", record.finished);
  field("items_read", record.items_read);
  field("items_written", record.items_written);
  field("items_fenced", record.items_fenced);
  field("bytes_read", record.bytes_read);
}

static void Fields(auto& field, Is<DeadLetter> auto& record) {
  field("key_json", record.key_json);
  field("reason", record.reason);
  field("origin", record.origin);
  field("time_ms", record.time);
}

static void Fields(auto& field, Is<Recheck> auto& record) {
  field("key_json", record.key_json);
  field("last_attempt_ms", record.last_attempt);
}

static void Fields(auto& field, Is<Gap> auto& record) {
  field("reason", record.reason);
  field("detected_at_ms", record.detected_at);
}

static void Fields(auto& field, Is<CutoverRecord> auto& record) {
  field("number", record.number);
  field("step", record.step);
  field("options", record.options);
  field("began_ms", record.began);
  field("source_noted", record.source_noted);
  field("source_ttl", record.source_ttl);
  field("old_stream_arn", record.old_stream_arn);
  field("stream_view", record.stream_view);
  field("new_stream_arn", record.new_stream_arn);
  field("frozen_at_ms", record.frozen_at);
  field("sealed_at_ms", record.sealed_at);
  field("drained_at_ms", record.drained_at);
  field("thawed_at_ms", record.thawed_at);
  field("target_stream_arn", record.target_stream_arn);
  field("reverse_start_ms", record.reverse_start);
  field("committed_at_ms", record.committed_at);
  field("reason", record.reason);
  field("source_ttl_owed", record.source_ttl_owed);
  field("report", record.report);
}

static void Fields(auto& field, Is<ResyncRecord> auto& record) {
  field("number", record.number);
  field("cause", record.cause);
  field("reason", record.reason);
  field("step", record.step);
  field("began_ms", record.began);
  field("again", record.again);
  field("target_rows", record.target_rows);
  field("extra_rows", record.extra_rows);
  field("removed_rows", record.removed_rows);
  field("most_rows", record.most_rows);
  field("some_keys", record.some_keys);
  field("completed_ms", record.completed);
}

namespace {

/// Appends the record to `list` and fills in what its key holds.
template <class Record>
Result<void> ReadInto(std::vector<Record>& list, std::string Record::* id, const RecordKind& kind,
                      std::string_view key, std::string_view value) {
  auto record = ReadRecord<Record>(kind, key, value);
  if (!record) return std::unexpected(record.error());
  if (id != nullptr) (*record).*id = key.substr(kind.prefix.size());
  list.push_back(std::move(*record));
  return {};
}

/// Whether the store has a format record. Read before anything else, since a newer format may have
/// changed everything else.
Result<bool> CheckFormat(Store& store) {
  const std::string key = KeyOf(kFormat);
  const auto value = store.Get(key);
  if (!value) return std::unexpected(value.error());
  if (!value->has_value()) return false;
  const auto record = ReadRecord<FormatRecord>(kFormat, key, **value);
  if (!record) return std::unexpected(record.error());
  if (record->format <= limits::kStoreFormat) return true;
  return Fail(ErrorCode::kInvalid,
              "The checkpoint was made by a newer ddbsync: run that version again, or a later one.",
              "its format is " + std::to_string(record->format) + ", known is up to " +
                  std::to_string(limits::kStoreFormat));
}

Result<void> ReadAny(State& state, std::string_view key, std::string_view value) {
  if (key == kFormat.prefix) return {};
  if (key == kJob.prefix) {
    auto job = ReadRecord<JobRecord>(kJob, key, value);
    if (!job) return std::unexpected(job.error());
    state.job = std::move(*job);
    return {};
  }
  if (key == kCleanStop.prefix) {
    const auto stop = ReadRecord<CleanStopRecord>(kCleanStop, key, value);
    if (!stop) return std::unexpected(stop.error());
    state.clean_stop = stop->clean;
    return {};
  }
  if (key == kCutover.prefix) {
    auto cutover = ReadRecord<CutoverRecord>(kCutover, key, value);
    if (!cutover) return std::unexpected(cutover.error());
    state.cutover = std::move(*cutover);
    return {};
  }
  if (key == kResync.prefix) {
    auto resync = ReadRecord<ResyncRecord>(kResync, key, value);
    if (!resync) return std::unexpected(resync.error());
    state.resync = std::move(*resync);
    return {};
  }
  if (key.starts_with(kShard.prefix)) {
    return ReadInto(state.shards, &ShardRecord::shard_id, kShard, key, value);
  }
  if (key.starts_with(kSegment.prefix)) {
    return ReadInto<SegmentRecord>(state.segments, nullptr, kSegment, key, value);
  }
  if (key.starts_with(kDeadLetter.prefix)) {
    return ReadInto(state.dead_letters, &DeadLetter::key, kDeadLetter, key, value);
  }
  if (key.starts_with(kRecheck.prefix)) {
    return ReadInto(state.rechecks, &Recheck::key, kRecheck, key, value);
  }
  if (key.starts_with(kGap.prefix)) {
    return ReadInto(state.gaps, &Gap::shard_id, kGap, key, value);
  }
  return Damaged({"unknown", "", 0}, key, "its kind is unknown");
}

}  // namespace

Result<State> LoadState(Store& store) {
  const auto has_format = CheckFormat(store);
  if (!has_format) return std::unexpected(has_format.error());
  State state;
  auto scanned = store.Scan(
      "", [&](std::string_view key, std::string_view value) { return ReadAny(state, key, value); });
  if (!scanned) return std::unexpected(scanned.error());
  const bool has_progress = !state.shards.empty() || !state.segments.empty() ||
                            !state.dead_letters.empty() || !state.rechecks.empty() ||
                            !state.gaps.empty() || state.cutover.has_value() ||
                            state.resync.has_value();
  // The two are written first and in one batch; without them nobody knows whose progress this is.
  if (!state.job && has_progress) return Damaged(kJob, kJob.prefix, "it is missing");
  if (state.job && !*has_format) return Damaged(kFormat, kFormat.prefix, "it is missing");
  return state;
}

void PutJob(Batch& batch, const JobRecord& record) {
  PutRecord(batch, kFormat, {}, FormatRecord{limits::kStoreFormat});
  PutRecord(batch, kJob, {}, record);
}

void PutShard(Batch& batch, const ShardRecord& record) {
  PutRecord(batch, kShard, record.shard_id, record);
}

void DeleteShard(Batch& batch, std::string_view shard_id) {
  batch.Delete(KeyOf(kShard, shard_id));
}

void PutSegment(Batch& batch, const SegmentRecord& record) {
  PutRecord(batch, kSegment, SegmentId(record.segment), record);
}

void DeleteSegment(Batch& batch, int segment) {
  batch.Delete(KeyOf(kSegment, SegmentId(segment)));
}

void PutDeadLetter(Batch& batch, const DeadLetter& record) {
  PutRecord(batch, kDeadLetter, record.key, record);
}

void DeleteDeadLetter(Batch& batch, std::string_view key) {
  batch.Delete(KeyOf(kDeadLetter, key));
}

void PutRecheck(Batch& batch, const Recheck& record) {
  PutRecord(batch, kRecheck, record.key, record);
}

void DeleteRecheck(Batch& batch, std::string_view key) {
  batch.Delete(KeyOf(kRecheck, key));
}

void PutGap(Batch& batch, const Gap& record) {
  PutRecord(batch, kGap, record.shard_id, record);
}

void DeleteGap(Batch& batch, std::string_view shard_id) {
  batch.Delete(KeyOf(kGap, shard_id));
}

bool Seals(const CutoverRecord& record) {
  return record.sealed_at != WallTime{};
}

bool IsCommitted(const CutoverRecord& record) {
  return record.committed_at != WallTime{};
}

void PutCutover(Batch& batch, const CutoverRecord& record) {
  PutRecord(batch, kCutover, {}, record);
}

bool IsUnderWay(const ResyncRecord& record) {
  return record.completed == WallTime{} && !record.again;
}

void PutResync(Batch& batch, const ResyncRecord& record) {
  PutRecord(batch, kResync, {}, record);
}

void SetCleanStop(Batch& batch, bool clean) {
  PutRecord(batch, kCleanStop, {}, CleanStopRecord{clean});
}

}  // namespace ddbsync::checkpoint
