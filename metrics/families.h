#pragma once

#include "metrics/cutover_families.h"
#include "metrics/family.h"
#include "metrics/process_families.h"
#include "metrics/stream_families.h"
#include "metrics/verify_families.h"

namespace ddbsync::metrics {

// Every metric family of ddbsync is declared here, or in what this includes, and listed here;
// docs/metrics.md is made from it (tests/metrics/describe.h). Base units: seconds, bytes.

// The job.

inline constexpr Family kReplicationLagSeconds = GaugeOf(
    "ddbsync_replication_lag_seconds", "seconds", Subject::kTail,
    "Now less the job's watermark: every change older than this is on the target. NaN: unknown.");
inline constexpr Family kWatermarkTimestampSeconds =
    GaugeOf("ddbsync_watermark_timestamp_seconds", "Unix time", Subject::kTail,
            "Time up to which every change of the source is on the target. NaN: unknown.");
inline constexpr Family kRetentionHeadroomSeconds =
    GaugeOf("ddbsync_retention_headroom_seconds", "seconds", Subject::kTail,
            "Time until the oldest change not applied leaves the stream. NaN: unknown.");
inline constexpr Family kState = GaugeOf(
    "ddbsync_state", "0 or 1", Subject::kJob, "1 for the state the job is in, 0 for the others.",
    {"state",
     "starting, settling, copying, following, resync, paused, stopping, done, gap, "
     "failed"});
inline constexpr Family kThrottledSecondsTotal = CounterOf(
    "ddbsync_throttled_seconds_total", "seconds", Subject::kJob,
    "Time during which something held the job back; several reasons may at once.",
    {"reason",
     "source_read, target_write: the service refuses, counted until a second after, or does not "
     "answer in time; read_capacity, write_capacity, in_flight: a limit of ours; memory: a page "
     "waits for --memory; rechecks: repairs go first"});
inline constexpr Family kBuildInfo =
    GaugeOf("ddbsync_build_info", "always 1", Subject::kProcess, "The program that runs.",
            {"version", "as `ddbsync version` prints it"});

// The tail.
inline constexpr Family kStreamShards =
    GaugeOf("ddbsync_stream_shards", "shards", Subject::kTail, "Shards of the source's stream.",
            {"status", "reading, waiting (for a parent), finished"});
inline constexpr Family kStreamGaps = GaugeOf(
    "ddbsync_stream_gaps", "shards", Subject::kTail,
    "Places where changes left the stream before they were read. Not 0: a person must decide, or a "
    "resync is under way.");
inline constexpr Family kResyncExtraRows =
    GaugeOf("ddbsync_resync_extra_rows", "rows", Subject::kTail,
            "Of a resync under way, once they are counted: rows that only the target has. Else 0.");
inline constexpr Family kResyncRemovedRows =
    GaugeOf("ddbsync_resync_removed_rows", "rows", Subject::kTail,
            "Of a resync under way: those of them that were asked to be removed. Else 0.");
inline constexpr Family kStreamRecordsTotal =
    CounterOf("ddbsync_stream_records_total", "records", Subject::kTail, "Stream records read.",
              {"event", "insert, modify, remove"});
inline constexpr Family kStreamPollsTotal =
    CounterOf("ddbsync_stream_polls_total", "calls", Subject::kTail, "GetRecords calls.",
              {"result", "records, empty, failed"});
inline constexpr Family kRecordApplyDelaySeconds =
    HistogramOf("ddbsync_record_apply_delay_seconds", "seconds", Subject::kJob,
                "From a record's creation at the source to the target's acknowledgement.");

// The backfill.

inline constexpr Family kBackfillItemsReadTotal =
    CounterOf("ddbsync_backfill_items_read_total", "items", Subject::kBackfill,
              "Items that the backfill read from the source.");
inline constexpr Family kBackfillItemsWrittenTotal =
    CounterOf("ddbsync_backfill_items_written_total", "items", Subject::kBackfill,
              "Items of the backfill that the target acknowledged.");
inline constexpr Family kBackfillItemsFencedTotal = CounterOf(
    "ddbsync_backfill_items_fenced_total", "items", Subject::kBackfill,
    "Items that the backfill left to the tail because they changed after they were read.");
inline constexpr Family kBackfillReadBytesTotal =
    CounterOf("ddbsync_backfill_read_bytes_total", "bytes", Subject::kBackfill,
              "Bytes of items that the backfill read.");
inline constexpr Family kBackfillSegments =
    GaugeOf("ddbsync_backfill_segments", "segments", Subject::kBackfill,
            "Segments of the backfill's scan.", {"status", "waiting, open, finished"});
inline constexpr Family kBackfillProgressRatio =
    GaugeOf("ddbsync_backfill_progress_ratio", "0 to 1", Subject::kBackfill,
            "Part of the backfill that is done. NaN: unknown.");
inline constexpr Family kBackfillEtaSeconds =
    GaugeOf("ddbsync_backfill_eta_seconds", "seconds", Subject::kBackfill,
            "Time until the backfill is done at the present rate. NaN: unknown.");

// Writes to the target.

inline constexpr Family kWritesTotal =
    CounterOf("ddbsync_writes_total", "items; calls for op batch", Subject::kJob,
              "Items written to the target, and write calls that did not succeed.",
              {"op", "put, delete; batch: a whole call"},
              {"result", "ok; of a batch: throttled, failed, ambiguous"});
inline constexpr Family kUnprocessedItemsTotal =
    CounterOf("ddbsync_unprocessed_items_total", "items", Subject::kJob,
              "Items that the target handed back unwritten; they are sent again.");
inline constexpr Family kAmbiguousWrites =
    GaugeOf("ddbsync_ambiguous_writes", "keys", Subject::kJob,
            "Keys with a write of unknown outcome that are still to be compared with the source.");
inline constexpr Family kDeadLetterItems =
    GaugeOf("ddbsync_dead_letter_items", "items", Subject::kJob,
            "Items that the target refuses. Not 0: the target is not a full copy.");
inline constexpr Family kInflightRequests = GaugeOf(
    "ddbsync_inflight_requests", "calls", Subject::kJob, "Write calls to the target under way.");
inline constexpr Family kInflightRequestsLimit = GaugeOf(
    "ddbsync_inflight_requests_limit", "calls", Subject::kJob,
    "Write calls allowed at once; falls when the target throttles or does not answer in time.");
inline constexpr Family kQueueBytes =
    GaugeOf("ddbsync_queue_bytes", "bytes", Subject::kJob,
            "Bytes of pages held in memory; bounded by --memory.");

// AWS.

inline constexpr Family kConsumedCapacityUnitsTotal =
    CounterOf("ddbsync_consumed_capacity_units_total", "capacity units", Subject::kJob,
              "Capacity units consumed.", {"table", "source, target"}, {"kind", "read, write"});
inline constexpr Family kAwsRequestsTotal = CounterOf(
    "ddbsync_aws_requests_total", "calls", Subject::kCalls, "Attempts to call AWS.",
    {"service", "dynamodb, streams"}, {"operation", "the API's name of it"},
    {"code", "ok, transport, garbled, http_NNN, or the service's own; other: after 50 of them"});
inline constexpr Family kAwsRequestDurationSeconds =
    HistogramOf("ddbsync_aws_request_duration_seconds", "seconds", Subject::kCalls,
                "Duration of attempts to call AWS.", {"service", "dynamodb, streams"},
                {"operation", "the API's name of it"});

// The checkpoint.

inline constexpr Family kCheckpointAgeSeconds = GaugeOf(
    "ddbsync_checkpoint_age_seconds", "seconds", Subject::kJob,
    "How long the oldest change of the checkpoint may have been waiting to become durable.");
inline constexpr Family kCheckpointCommitsTotal =
    CounterOf("ddbsync_checkpoint_commits_total", "commits", Subject::kJob,
              "Commits of the checkpoint.", {"result", "ok, failed"});

/// All of the above, for the tests and the docs.
inline constexpr const Family* kFamilies[] = {&kReplicationLagSeconds,
                                              &kWatermarkTimestampSeconds,
                                              &kRetentionHeadroomSeconds,
                                              &kState,
                                              &kThrottledSecondsTotal,
                                              &kBuildInfo,
                                              &kStreamShards,
                                              &kStreamGaps,
                                              &kResyncExtraRows,
                                              &kResyncRemovedRows,
                                              &kTargetWatchUp,
                                              &kTargetWatchLagSeconds,
                                              &kForeignWritesTotal,
                                              &kTargetRecordsNotJudgedTotal,
                                              &kStreamRecordsTotal,
                                              &kStreamPollsTotal,
                                              &kRecordApplyDelaySeconds,
                                              &kShardLagSeconds,
                                              &kShardWatermarkTimestampSeconds,
                                              &kBackfillItemsReadTotal,
                                              &kBackfillItemsWrittenTotal,
                                              &kBackfillItemsFencedTotal,
                                              &kBackfillReadBytesTotal,
                                              &kBackfillSegments,
                                              &kBackfillProgressRatio,
                                              &kBackfillEtaSeconds,
                                              &kWritesTotal,
                                              &kUnprocessedItemsTotal,
                                              &kAmbiguousWrites,
                                              &kDeadLetterItems,
                                              &kInflightRequests,
                                              &kInflightRequestsLimit,
                                              &kQueueBytes,
                                              &kConsumedCapacityUnitsTotal,
                                              &kAwsRequestsTotal,
                                              &kAwsRequestDurationSeconds,
                                              &kCheckpointAgeSeconds,
                                              &kCheckpointCommitsTotal,
                                              &kVerifyRunning,
                                              &kVerifyProgressRatio,
                                              &kVerifyItemsTotal,
                                              &kVerifySuspects,
                                              &kVerifyDifferences,
                                              &kVerifyOldestDifferenceSeconds,
                                              &kVerifyUndecided,
                                              &kVerifyRepairedTotal,
                                              &kVerifyGeneration,
                                              &kVerifyCompletedTimestampSeconds,
                                              &kCutoverReady,
                                              &kCutoverGateOk,
                                              &kCutoverStep,
                                              &kCutoverFrozenSeconds,
                                              &kProcessCpuSecondsTotal,
                                              &kProcessResidentMemoryBytes,
                                              &kProcessVirtualMemoryBytes,
                                              &kProcessOpenFds,
                                              &kProcessMaxFds,
                                              &kProcessStartTimeSeconds};

}  // namespace ddbsync::metrics
