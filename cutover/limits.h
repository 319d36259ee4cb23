#pragma once

#include <chrono>
#include <cstddef>

namespace ddbsync::cutover::limits {

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
/// Probes are denied for so long before the freeze is believed: one of them may have met the part
/// of the service that knew it first.
inline constexpr std::chrono::seconds kFreezeWatched{5};

/// UpdateTable of a stream until the table is ACTIVE again, each way. No official figure.
inline constexpr std::chrono::seconds kStreamSwitch{5};

/// From the end of a stream until its shards were read to their ends: two polls of an idle shard
/// (2.2 s each, the second to believe the first) and a listing that says that no child follows.
inline constexpr std::chrono::seconds kEndOfShards{10};

/// Quiesce: until a poll at the tip shows what was written last, a poll of an idle shard (2.2 s)
/// and the margin that the watermark keeps (5 s).
inline constexpr std::chrono::seconds kTipShown{8};

/// One batch of the checkpoint, synced, and a look at the new stream before it.
inline constexpr std::chrono::seconds kCommit{1};

// ---- Finding out

/// A look at both tables is a dozen calls; what was not asked within this is unknown.
inline constexpr std::chrono::seconds kLookPatience{30};

}  // namespace ddbsync::cutover::limits
