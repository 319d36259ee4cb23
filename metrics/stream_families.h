#pragma once

#include "metrics/family.h"

namespace ddbsync::metrics {

// What is told of streams only where it is asked for; metrics/families.h lists them.

// Each shard (--shard-metrics).

inline constexpr Family kShardLagSeconds =
    GaugeOf("ddbsync_shard_lag_seconds", "seconds", Subject::kShards,
            "Now less the time up to which all of the shard is on the target. NaN: unknown.",
            {"shard", "a shard's id, while it is read"});
inline constexpr Family kShardWatermarkTimestampSeconds =
    GaugeOf("ddbsync_shard_watermark_timestamp_seconds", "Unix time", Subject::kShards,
            "Time up to which all of the shard is on the target. NaN: unknown.",
            {"shard", "a shard's id, while it is read"});

// The target's own stream (--watch-target).

inline constexpr Family kTargetWatchUp =
    GaugeOf("ddbsync_target_watch_up", "0 or 1", Subject::kWatch,
            "1 while the target's stream is read. 0: foreign writes are not noticed.");
inline constexpr Family kTargetWatchLagSeconds =
    GaugeOf("ddbsync_target_watch_lag_seconds", "seconds", Subject::kWatch,
            "Now less the time up to which all writes to the target are judged. NaN: unknown.");
inline constexpr Family kForeignWritesTotal =
    CounterOf("ddbsync_foreign_writes_total", "writes", Subject::kWatch,
              "Writes to the target that this job did not make.",
              {"kind", "put, delete, ttl_delete (by the target's time to live)"});
inline constexpr Family kTargetRecordsNotJudgedTotal = CounterOf(
    "ddbsync_target_records_not_judged_total", "records", Subject::kWatch,
    "Records of the target's stream read too late to be told from own writes, or unreadable.");

}  // namespace ddbsync::metrics
