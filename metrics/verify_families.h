#pragma once

#include "metrics/family.h"

namespace ddbsync::metrics {

// What a verification made by a job's process tells of; metrics/families.h lists them. They are
// those of the last one that was begun, and stay as they were when it has ended.

inline constexpr Family kVerifyRunning =
    GaugeOf("ddbsync_verify_running", "0 or 1", Subject::kVerify, "1 while one is made.");
inline constexpr Family kVerifyProgressRatio =
    GaugeOf("ddbsync_verify_progress_ratio", "0 to 1", Subject::kVerify,
            "Part of the present phase that is done. NaN: unknown.");
inline constexpr Family kVerifyItemsTotal =
    CounterOf("ddbsync_verify_items_total", "items", Subject::kVerify,
              "Items looked at; begins at 0 again with each walk over the tables.",
              {"table", "source, target"});
inline constexpr Family kVerifySuspects =
    GaugeOf("ddbsync_verify_suspects", "keys", Subject::kVerify,
            "Keys that were not equal once and are to be looked at again.");
inline constexpr Family kVerifyDifferences =
    GaugeOf("ddbsync_verify_differences", "keys", Subject::kVerify,
            "Keys that stay different. Not 0: the target is no copy of the source.",
            {"kind", "missing, extra, different"});
inline constexpr Family kVerifyOldestDifferenceSeconds =
    GaugeOf("ddbsync_verify_oldest_difference_seconds", "seconds", Subject::kVerify,
            "How long ago the oldest standing difference was seen first. NaN: there is none.");
inline constexpr Family kVerifyUndecided =
    GaugeOf("ddbsync_verify_undecided", "keys", Subject::kVerify,
            "Keys that changed whenever they were looked at, so that nothing is known of them.");
inline constexpr Family kVerifyRepairedTotal =
    CounterOf("ddbsync_verify_repaired_total", "keys", Subject::kVerify,
              "Keys that were repaired and found equal after that.");
inline constexpr Family kVerifyGeneration =
    GaugeOf("ddbsync_verify_generation", "number", Subject::kVerify,
            "Which look at all that may differ this is; rises with --watch.");
inline constexpr Family kVerifyCompletedTimestampSeconds =
    GaugeOf("ddbsync_verify_completed_timestamp_seconds", "Unix time", Subject::kVerify,
            "When everything had last been looked at. NaN: not yet.");

}  // namespace ddbsync::metrics
