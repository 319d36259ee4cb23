#pragma once

#include "metrics/family.h"

namespace ddbsync::metrics {

// What a job tells of its cut-over; metrics/families.h lists them. A gate that was never judged has
// no series.

inline constexpr Family kCutoverReady =
    GaugeOf("ddbsync_cutover_ready", "0 or 1", Subject::kCutover,
            "1 while every gate holds: `ddbsync cutover run` would begin.");
inline constexpr Family kCutoverGateOk =
    GaugeOf("ddbsync_cutover_gate_ok", "0 or 1", Subject::kCutover, "1 while the gate holds.",
            {"gate", "a gate's name, as `ddbsync cutover plan` shows it"});
inline constexpr Family kCutoverStep = GaugeOf(
    "ddbsync_cutover_step", "0 or 1", Subject::kCutover,
    "1 for the step of the latest cut-over; 0 for all while there was none.",
    {"step",
     "preparing, freezing, sealing, draining, comparing, ready, committed, done, restoring, "
     "thawing, catching_up, rolled_back"});
inline constexpr Family kCutoverFrozenSeconds =
    GaugeOf("ddbsync_cutover_frozen_seconds", "seconds", Subject::kCutover,
            "For how long writes have been stopped by a cut-over; 0 while they are not.");

}  // namespace ddbsync::metrics
