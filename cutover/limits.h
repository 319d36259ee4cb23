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

// ---- What the gates ask for

/// What is behind is drained while writes stand still, so it is drained before.
inline constexpr std::chrono::seconds kMostLag{30};

/// Changes not applied yet must outlive a cut-over that is taken back, and a person who finds out
/// why it was: both are over within half a working day.
inline constexpr std::chrono::hours kLeastHeadroom{4};

/// An older comparison says little of a table that the job has gone on writing to since.
inline constexpr std::chrono::hours kVerifiedWithin{24};

/// A stream this much older than the job's start was there for others. `--enable-stream` turns it
/// on seconds before the job's first record.
inline constexpr std::chrono::minutes kOwnStreamMargin{5};

/// Size of a resource's policy, blanks included (developer guide, "Resource-based policy
/// considerations").
inline constexpr size_t kMostPolicyBytes = size_t{20} * 1024;
/// Of our statement: its names, actions, the table's ARN; the exempt principals come on top.
inline constexpr size_t kStatementBytes = 1024;

/// A write unit is a kilobyte (developer guide).
inline constexpr double kBytesPerWriteUnit = 1024;

// ---- What the prediction reckons with

/// From PutResourcePolicy until it acts everywhere. AWS says "eventually consistent ... a few
/// seconds"; there is no official figure.
inline constexpr std::chrono::seconds kPolicyEffect{5};
/// UpdateTable of a stream until the table is ACTIVE again, each way. No official figure.
inline constexpr std::chrono::seconds kStreamSwitch{5};

/// From the end of a stream until it is known that its shards were read to their ends: the listing
/// that shows it comes within 5 s (streams/limits.h), and the one that is taken to name all late
/// children 10 s after it (replicator/limits.h). Idle shards are read to their ends meanwhile.
inline constexpr std::chrono::seconds kEndOfShards{15};

/// One batch of the checkpoint, synced, and a look at the new stream before it.
inline constexpr std::chrono::seconds kCommit{1};

// ---- Finding out

/// A look at both tables is a dozen calls; what was not asked within this is unknown.
inline constexpr std::chrono::seconds kLookPatience{30};

}  // namespace ddbsync::cutover::limits
