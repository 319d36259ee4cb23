#pragma once

#include <string_view>

namespace ddbsync::metrics {

enum class FamilyType { kGauge, kCounter, kHistogram };

/// Every metric family of ddbsync is declared here and nowhere else. Base units: seconds, bytes.
/// All but build_info and the standard process_* ones carry the label job_id.
struct Family {
  std::string_view name;
  FamilyType type;
  std::string_view help;
};

// The job.

inline constexpr Family kReplicationLagSeconds{
    "ddbsync_replication_lag_seconds", FamilyType::kGauge,
    "Now less the job's watermark: every change older than this is on the target. NaN: unknown."};
inline constexpr Family kWatermarkTimestampSeconds{
    "ddbsync_watermark_timestamp_seconds", FamilyType::kGauge,
    "Unix time up to which every change of the source is on the target. NaN: unknown."};
inline constexpr Family kRetentionHeadroomSeconds{
    "ddbsync_retention_headroom_seconds", FamilyType::kGauge,
    "Time until the oldest change not applied leaves the stream. NaN: unknown."};
inline constexpr Family kState{"ddbsync_state", FamilyType::kGauge,
                               "1 for the state the job is in, 0 for the others. Label: state."};
inline constexpr Family kBuildInfo{"ddbsync_build_info", FamilyType::kGauge,
                                   "Always 1. Label: version."};

// The tail.

inline constexpr Family kStreamShards{
    "ddbsync_stream_shards", FamilyType::kGauge,
    "Shards of the source's stream. Label: status (reading, waiting for a parent, finished)."};
inline constexpr Family kStreamGaps{
    "ddbsync_stream_gaps", FamilyType::kGauge,
    "Places where changes left the stream before they were read. Not 0: a person must decide."};
inline constexpr Family kStreamRecordsTotal{
    "ddbsync_stream_records_total", FamilyType::kCounter,
    "Stream records read. Label: event (insert, modify, remove)."};
inline constexpr Family kStreamPollsTotal{
    "ddbsync_stream_polls_total", FamilyType::kCounter,
    "GetRecords calls. Label: result (records, empty, failed)."};
inline constexpr Family kRecordApplyDelaySeconds{
    "ddbsync_record_apply_delay_seconds", FamilyType::kHistogram,
    "From a record's creation at the source to the target's acknowledgement."};

// The backfill.

inline constexpr Family kBackfillItemsReadTotal{"ddbsync_backfill_items_read_total",
                                                FamilyType::kCounter,
                                                "Items that the backfill read from the source."};
inline constexpr Family kBackfillItemsWrittenTotal{
    "ddbsync_backfill_items_written_total", FamilyType::kCounter,
    "Items of the backfill that the target acknowledged."};
inline constexpr Family kBackfillItemsFencedTotal{
    "ddbsync_backfill_items_fenced_total", FamilyType::kCounter,
    "Items that the backfill left to the tail because they changed after they were read."};
inline constexpr Family kBackfillReadBytesTotal{"ddbsync_backfill_read_bytes_total",
                                                FamilyType::kCounter,
                                                "Bytes of items that the backfill read."};
inline constexpr Family kBackfillSegments{
    "ddbsync_backfill_segments", FamilyType::kGauge,
    "Segments of the backfill's scan. Label: status (waiting, open, finished)."};
inline constexpr Family kBackfillProgressRatio{
    "ddbsync_backfill_progress_ratio", FamilyType::kGauge,
    "Part of the backfill that is done, 0 to 1. NaN: unknown."};
inline constexpr Family kBackfillEtaSeconds{
    "ddbsync_backfill_eta_seconds", FamilyType::kGauge,
    "Time until the backfill is done at the present rate. NaN: unknown."};

// Writes to the target.

inline constexpr Family kWritesTotal{
    "ddbsync_writes_total", FamilyType::kCounter,
    "Items written to the target (op put, delete; result ok) and write calls that did not succeed "
    "(op batch; result throttled, failed, ambiguous)."};
inline constexpr Family kUnprocessedItemsTotal{
    "ddbsync_unprocessed_items_total", FamilyType::kCounter,
    "Items that the target handed back unwritten; they are sent again."};
inline constexpr Family kAmbiguousWrites{
    "ddbsync_ambiguous_writes", FamilyType::kGauge,
    "Keys with a write of unknown outcome that are still to be compared with the source."};
inline constexpr Family kDeadLetterItems{
    "ddbsync_dead_letter_items", FamilyType::kGauge,
    "Items that the target refuses. Not 0: the target is not a full copy."};
inline constexpr Family kInflightRequests{"ddbsync_inflight_requests", FamilyType::kGauge,
                                          "Write calls to the target under way."};
inline constexpr Family kInflightRequestsLimit{
    "ddbsync_inflight_requests_limit", FamilyType::kGauge,
    "Write calls allowed at once; falls when the target throttles."};
inline constexpr Family kQueueBytes{"ddbsync_queue_bytes", FamilyType::kGauge,
                                    "Bytes of pages held in memory; bounded by --memory."};

// AWS.

inline constexpr Family kConsumedCapacityUnitsTotal{
    "ddbsync_consumed_capacity_units_total", FamilyType::kCounter,
    "Capacity units consumed. Labels: table (source, target), kind (read, write)."};
inline constexpr Family kAwsRequestsTotal{
    "ddbsync_aws_requests_total", FamilyType::kCounter,
    "Attempts to call AWS. Labels: service, operation, code (ok, the service's code, transport)."};
inline constexpr Family kAwsRequestDurationSeconds{
    "ddbsync_aws_request_duration_seconds", FamilyType::kHistogram,
    "Duration of attempts to call AWS. Labels: service, operation."};

// The checkpoint.

inline constexpr Family kCheckpointAgeSeconds{
    "ddbsync_checkpoint_age_seconds", FamilyType::kGauge,
    "How long the oldest change of the checkpoint may have been waiting to become durable."};
inline constexpr Family kCheckpointCommitsTotal{
    "ddbsync_checkpoint_commits_total", FamilyType::kCounter,
    "Commits of the checkpoint. Label: result (ok, failed)."};

// The process; names that dashboards of every exporter know.

inline constexpr Family kProcessCpuSecondsTotal{"process_cpu_seconds_total", FamilyType::kCounter,
                                                "User and system CPU time spent in seconds."};
inline constexpr Family kProcessResidentMemoryBytes{
    "process_resident_memory_bytes", FamilyType::kGauge, "Resident memory size in bytes."};
inline constexpr Family kProcessVirtualMemoryBytes{
    "process_virtual_memory_bytes", FamilyType::kGauge, "Virtual memory size in bytes."};
inline constexpr Family kProcessOpenFds{"process_open_fds", FamilyType::kGauge,
                                        "Number of open file descriptors."};
inline constexpr Family kProcessMaxFds{"process_max_fds", FamilyType::kGauge,
                                       "Maximum number of open file descriptors."};
inline constexpr Family kProcessStartTimeSeconds{
    "process_start_time_seconds", FamilyType::kGauge,
    "Start time of the process since the Unix epoch in seconds."};

/// All of the above, for the tests and the docs.
inline constexpr const Family* kFamilies[] = {
    &kReplicationLagSeconds,
    &kWatermarkTimestampSeconds,
    &kRetentionHeadroomSeconds,
    &kState,
    &kBuildInfo,
    &kStreamShards,
    &kStreamGaps,
    &kStreamRecordsTotal,
    &kStreamPollsTotal,
    &kRecordApplyDelaySeconds,
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
    &kProcessCpuSecondsTotal,
    &kProcessResidentMemoryBytes,
    &kProcessVirtualMemoryBytes,
    &kProcessOpenFds,
    &kProcessMaxFds,
    &kProcessStartTimeSeconds,
};

}  // namespace ddbsync::metrics
