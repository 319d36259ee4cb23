#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "checkpoint/batch.h"
#include "checkpoint/cutover_record.h"
#include "checkpoint/resync_record.h"
#include "checkpoint/store.h"

namespace ddbsync::checkpoint {

// What is known to be safe, as records of a Store. Every value is versioned and carries a checksum
// (docs/checkpoint-format.md). A newer version than ours is kInvalid ("made by a newer ddbsync"), a
// wrong checksum or shape kCorrupt.

/// Written before the first Scan: which copy this is, and since when its stream counts. Changed
/// only where a cut-over was taken back, or the copy is begun again after a gap: then it is another
/// stream, or the same one, and a later time.
struct JobRecord {
  std::string job_id = {};
  std::string source_identity = {};  ///< TableDescription::Identity()
  std::string source_arn = {};
  std::string target_identity = {};
  std::string target_arn = {};
  std::string key_schema = {};  ///< ToString(KeySchema)
  std::string stream_arn = {};  ///< empty for `backfill` alone
  WallTime start_time = {};     ///< T0, the server's time
  int total_segments = 0;       ///< 0 for `tail` alone
  std::string made_by = {};     ///< version of ddbsync
  friend bool operator==(const JobRecord&, const JobRecord&) = default;
};

/// How far a shard is applied. No record: TRIM_HORIZON.
struct ShardRecord {
  std::string shard_id = {};
  std::string parent_id = {};
  std::string position = {};       ///< last acknowledged sequence number; empty: none yet
  WallTime position_created = {};  ///< that record's creation time
  bool finished = false;           ///< read to its end, all acknowledged
  WallTime finished_at = {};
  friend bool operator==(const ShardRecord&, const ShardRecord&) = default;
};

/// How far a segment of the backfill is on the target.
struct SegmentRecord {
  int segment = 0;
  std::string cursor = {};  ///< raw JSON of the last safe LastEvaluatedKey; empty: from the start
  bool finished = false;    ///< a page without LastEvaluatedKey, all of it acknowledged
  int64_t items_read = 0;
  int64_t items_written = 0;
  int64_t items_fenced = 0;
  int64_t bytes_read = 0;
  friend bool operator==(const SegmentRecord&, const SegmentRecord&) = default;
};

/// An item that the target refuses for good.
struct DeadLetter {
  std::string key = {};  ///< canonical bytes
  std::string key_json = {};
  std::string reason = {};
  std::string origin = {};  ///< "backfill" or "tail"
  WallTime time = {};
  friend bool operator==(const DeadLetter&, const DeadLetter&) = default;
};

/// A key with a write of unknown outcome, to be compared later.
struct Recheck {
  std::string key = {};  ///< canonical bytes
  std::string key_json = {};
  WallTime last_attempt = {};  ///< for people; settling is counted on the monotonic clock
  friend bool operator==(const Recheck&, const Recheck&) = default;
};

/// Changes of the source that were lost before they were read.
struct Gap {
  std::string shard_id = {};  ///< empty: the whole stream
  std::string reason = {};
  WallTime detected_at = {};
  friend bool operator==(const Gap&, const Gap&) = default;
};

/// Everything of a job, as read at start.
struct State {
  std::optional<JobRecord> job;
  std::vector<ShardRecord> shards;
  std::vector<SegmentRecord> segments;
  std::vector<DeadLetter> dead_letters;
  std::vector<Recheck> rechecks;
  std::vector<Gap> gaps;
  std::optional<CutoverRecord> cutover;
  std::optional<ResyncRecord> resync;
  bool clean_stop = false;
};

[[nodiscard]] Result<State> LoadState(Store& store);

void PutJob(Batch& batch, const JobRecord& record);
void PutShard(Batch& batch, const ShardRecord& record);
void DeleteShard(Batch& batch, std::string_view shard_id);
void PutSegment(Batch& batch, const SegmentRecord& record);
void DeleteSegment(Batch& batch, int segment);
void PutDeadLetter(Batch& batch, const DeadLetter& record);
void DeleteDeadLetter(Batch& batch, std::string_view key);
void PutRecheck(Batch& batch, const Recheck& record);
void DeleteRecheck(Batch& batch, std::string_view key);
void PutGap(Batch& batch, const Gap& record);
void DeleteGap(Batch& batch, std::string_view shard_id);
/// Set only with no write in flight and no recheck pending.
void SetCleanStop(Batch& batch, bool clean);

}  // namespace ddbsync::checkpoint
