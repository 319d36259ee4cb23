#pragma once

#include <chrono>
#include <cstddef>

// Source of the service's figures: the DynamoDB developer guide and API reference.

namespace ddbsync::cutover::limits {

// ---- Calls that change tables

/// UpdateTable answers at once and takes seconds; a table takes one change at a time.
inline constexpr std::chrono::milliseconds kControlRetry{500};

/// After an answer of unknown outcome nothing is concluded for this long: a call that was lost with
/// its connection lands within it (JobOptions::settle bounds the same for writes).
inline constexpr std::chrono::seconds kLateControlCall{5};

/// Between looks at a table that is being changed.
inline constexpr std::chrono::milliseconds kControlLook{250};

/// TTL is changed once an hour at most, and takes up to an hour.
inline constexpr std::chrono::seconds kTtlLook{5};
inline constexpr std::chrono::minutes kTtlRetry{1};

/// The target is this close before writes are stopped: what is left is drained while they are. A
/// watermark is five seconds behind even where nothing is.
inline constexpr std::chrono::seconds kLagBeforeFreeze{10};

// ---- Freeze

/// A policy reaches the service's parts within seconds; denials without a break for this long, of
/// probes at this pace, are taken to be all of them.
inline constexpr std::chrono::seconds kEffectiveFor{5};
inline constexpr std::chrono::milliseconds kProbePause{500};

/// A change of a stream's record carries its time in whole seconds, by the server's clock; one this
/// much after the freeze was found effective was let through.
inline constexpr std::chrono::seconds kFreezeSlack{2};

inline constexpr std::chrono::milliseconds kHookLook{100};
/// `thaw` that hangs is ended and run again; `freeze` is bounded by the cut-over's own time-out
/// too.
inline constexpr std::chrono::minutes kHookPatience{10};
inline constexpr std::chrono::seconds kThawRetry{5};
inline constexpr std::chrono::milliseconds kConfirmLook{100};

// ---- Drain

inline constexpr std::chrono::milliseconds kDrainLook{100};

/// quiesce: the watermark has passed the freeze by this much. Records reach a stream within a
/// second or so; nothing promises it, which is why quiesce compares everything.
inline constexpr std::chrono::seconds kQuietFor{10};

/// Events kept for the report; a cut-over has some thirty.
inline constexpr size_t kMostEvents = 200;

}  // namespace ddbsync::cutover::limits
