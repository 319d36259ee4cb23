#include "cli/job_metrics.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "cli/limits.h"
#include "metrics/families.h"

namespace ddbsync::cli {
namespace {

using metrics::Family;
using replicator::JobState;
using replicator::JobStatus;

/// Adds samples that all carry the job's labels.
class JobSamples {
 public:
  JobSamples(metrics::Samples& samples, const metrics::Labels& labels)
      : samples_(samples), labels_(labels) {}

  template <class T>
  void Add(const Family& family, T value, metrics::Labels more = {}) {
    metrics::Labels labels = labels_;
    labels.insert(labels.end(), more.begin(), more.end());
    samples_.Add(family, static_cast<double>(value), labels);
  }
  /// What is unknown is NaN, so that no alert takes it for a good value.
  void Add(const Family& family, const std::optional<double>& value, metrics::Labels more = {}) {
    Add(family, value.value_or(std::numeric_limits<double>::quiet_NaN()), std::move(more));
  }

 private:
  metrics::Samples& samples_;
  const metrics::Labels& labels_;
};

double UnixSeconds(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void AddState(JobSamples& out, const JobStatus& status) {
  for (int state = 0; state <= static_cast<int>(JobState::kFailed); ++state) {
    const auto known = static_cast<JobState>(state);
    out.Add(metrics::kState, known == status.state ? 1 : 0,
            {{"state", std::string(ToString(known))}});
  }
}

void AddTail(JobSamples& out, const JobStatus& status) {
  const JobStatus::Tail& tail = status.tail;
  if (!tail.wanted) return;
  out.Add(metrics::kReplicationLagSeconds, tail.lag_seconds);
  out.Add(metrics::kWatermarkTimestampSeconds,
          tail.watermark ? std::optional(UnixSeconds(*tail.watermark)) : std::nullopt);
  out.Add(metrics::kRetentionHeadroomSeconds, tail.headroom_seconds);
  out.Add(metrics::kStreamShards, tail.shards_reading, {{"status", "reading"}});
  out.Add(metrics::kStreamShards, tail.shards_waiting, {{"status", "waiting"}});
  out.Add(metrics::kStreamShards, tail.shards_finished, {{"status", "finished"}});
  out.Add(metrics::kStreamGaps, status.gaps);
  out.Add(metrics::kResyncExtraRows, status.resync.extra_rows);
  out.Add(metrics::kResyncRemovedRows, status.resync.removed_rows);
  out.Add(metrics::kStreamRecordsTotal, tail.inserts, {{"event", "insert"}});
  out.Add(metrics::kStreamRecordsTotal, tail.modifies, {{"event", "modify"}});
  out.Add(metrics::kStreamRecordsTotal, tail.removes, {{"event", "remove"}});
  out.Add(metrics::kStreamPollsTotal, tail.polls_records, {{"result", "records"}});
  out.Add(metrics::kStreamPollsTotal, tail.polls_empty, {{"result", "empty"}});
  out.Add(metrics::kStreamPollsTotal, tail.polls_failed, {{"result", "failed"}});
}

void AddWatch(JobSamples& out, const JobStatus::Watch& watch) {
  if (!watch.wanted) return;
  out.Add(metrics::kTargetWatchUp, watch.watching ? 1 : 0);
  out.Add(metrics::kTargetWatchLagSeconds, watch.lag_seconds);
  out.Add(metrics::kForeignWritesTotal, watch.puts, {{"kind", "put"}});
  out.Add(metrics::kForeignWritesTotal, watch.deletes, {{"kind", "delete"}});
  out.Add(metrics::kForeignWritesTotal, watch.ttl_deletes, {{"kind", "ttl_delete"}});
  out.Add(metrics::kTargetRecordsNotJudgedTotal, watch.not_judged);
}

void AddBackfill(JobSamples& out, const JobStatus::Backfill& backfill) {
  if (!backfill.wanted) return;
  out.Add(metrics::kBackfillItemsReadTotal, backfill.items_read);
  out.Add(metrics::kBackfillItemsWrittenTotal, backfill.items_written);
  out.Add(metrics::kBackfillItemsFencedTotal, backfill.items_fenced);
  out.Add(metrics::kBackfillReadBytesTotal, backfill.bytes_read);
  const int waiting = backfill.segments - backfill.segments_open - backfill.segments_finished;
  out.Add(metrics::kBackfillSegments, waiting, {{"status", "waiting"}});
  out.Add(metrics::kBackfillSegments, backfill.segments_open, {{"status", "open"}});
  out.Add(metrics::kBackfillSegments, backfill.segments_finished, {{"status", "finished"}});
  out.Add(metrics::kBackfillProgressRatio, backfill.progress);
  out.Add(metrics::kBackfillEtaSeconds, backfill.eta_seconds);
}

void AddWrites(JobSamples& out, const JobStatus& status) {
  const JobStatus::Writes& writes = status.writes;
  out.Add(metrics::kWritesTotal, writes.puts_ok, {{"op", "put"}, {"result", "ok"}});
  out.Add(metrics::kWritesTotal, writes.deletes_ok, {{"op", "delete"}, {"result", "ok"}});
  out.Add(metrics::kWritesTotal, writes.throttled, {{"op", "batch"}, {"result", "throttled"}});
  out.Add(metrics::kWritesTotal, writes.failed, {{"op", "batch"}, {"result", "failed"}});
  out.Add(metrics::kWritesTotal, writes.ambiguous, {{"op", "batch"}, {"result", "ambiguous"}});
  out.Add(metrics::kUnprocessedItemsTotal, writes.unprocessed);
  out.Add(metrics::kAmbiguousWrites, status.rechecks);
  out.Add(metrics::kDeadLetterItems, status.dead_letters);
  out.Add(metrics::kInflightRequests, writes.in_flight + writes.tail_in_flight);
  out.Add(metrics::kInflightRequestsLimit, writes.in_flight_limit);
  out.Add(metrics::kQueueBytes, status.queue_bytes);
}

}  // namespace

void WriteBuildInfo(metrics::Samples& samples) {
  samples.Add(metrics::kBuildInfo, 1, {{"version", DDBSYNC_VERSION}});
}

void WriteJobMetrics(const JobStatus& status, metrics::Samples& samples,
                     const metrics::Labels& labels) {
  JobSamples out(samples, labels);
  AddState(out, status);
  AddTail(out, status);
  AddBackfill(out, status.backfill);
  AddWrites(out, status);
  AddWatch(out, status.watch);
  for (size_t by = 0; by < replicator::kHeldByCount; ++by) {
    out.Add(metrics::kThrottledSecondsTotal, status.held_seconds[by],
            {{"reason", std::string(ToString(static_cast<replicator::HeldBy>(by)))}});
  }
  out.Add(metrics::kConsumedCapacityUnitsTotal, status.source_read_units,
          {{"table", "source"}, {"kind", "read"}});
  out.Add(metrics::kConsumedCapacityUnitsTotal, status.target_write_units,
          {{"table", "target"}, {"kind", "write"}});
  out.Add(metrics::kCheckpointAgeSeconds, status.checkpoint_age_seconds);
  out.Add(metrics::kCheckpointCommitsTotal, status.commits_ok, {{"result", "ok"}});
  out.Add(metrics::kCheckpointCommitsTotal, status.commits_failed, {{"result", "failed"}});
}

void WriteShardMetrics(const std::vector<replicator::ShardStatus>& shards, WallTime now,
                       metrics::Samples& samples, const metrics::Labels& labels) {
  JobSamples out(samples, labels);
  for (const replicator::ShardStatus& shard : shards) {
    const metrics::Labels its = {{"shard", shard.shard_id}};
    std::optional<double> lag, watermark;
    if (shard.watermark) {
      lag = std::max(0.0, std::chrono::duration<double>(now - *shard.watermark).count());
      watermark = UnixSeconds(*shard.watermark);
    }
    out.Add(metrics::kShardLagSeconds, lag, its);
    out.Add(metrics::kShardWatermarkTimestampSeconds, watermark, its);
  }
}

void WriteVerifyMetrics(const VerifyLook& look, metrics::Samples& samples,
                        const metrics::Labels& labels) {
  JobSamples out(samples, labels);
  const verify::Status& status = look.status;
  out.Add(metrics::kVerifyRunning, look.running ? 1 : 0);
  out.Add(metrics::kVerifyProgressRatio, status.progress);
  out.Add(metrics::kVerifyItemsTotal, status.source.items, {{"table", "source"}});
  out.Add(metrics::kVerifyItemsTotal, status.target.items, {{"table", "target"}});
  out.Add(metrics::kVerifySuspects, status.suspects);
  for (size_t kind = 0; kind < verify::kDifferenceKinds; ++kind) {
    out.Add(metrics::kVerifyDifferences, status.differences[kind],
            {{"kind", std::string(ToString(static_cast<verify::DifferenceKind>(kind)))}});
  }
  std::optional<double> oldest, completed;
  if (status.oldest_difference) {
    oldest = std::max(
        0.0, std::chrono::duration<double>(status.now - *status.oldest_difference).count());
  }
  if (status.completed) completed = UnixSeconds(*status.completed);
  out.Add(metrics::kVerifyOldestDifferenceSeconds, oldest);
  out.Add(metrics::kVerifyUndecided, status.undecided);
  out.Add(metrics::kVerifyRepairedTotal, status.repaired);
  out.Add(metrics::kVerifyGeneration, status.generation);
  out.Add(metrics::kVerifyCompletedTimestampSeconds, completed);
}

bool WantsShardMetrics(const std::optional<bool>& asked, const JobStatus& status) {
  return asked.value_or(status.tail.shards_reading <= limits::kMostShardsShown);
}

}  // namespace ddbsync::cli
