#pragma once

#include <chrono>
#include <cstddef>

// Source of the figures on shards and streams: the DynamoDB developer guide and API reference,
// unless another is named.

namespace ddbsync::limits {

// ---- Lineage

/// How long a stream keeps a record. Older ones may be trimmed at any moment.
inline constexpr std::chrono::hours kStreamRetention{24};

/// A finished shard may be listed again for as long as the stream keeps its records; twice that, so
/// that a late listing cannot bring it back as a new one.
inline constexpr std::chrono::hours kFinishedMarkerAge{48};

/// Whole listings in a row that must miss a shard before it is held to be gone: a single one may
/// come from a replica that is behind.
inline constexpr int kListingsBeforeGone = 2;

// ---- Shard reader

/// The most that GetRecords accepts.
inline constexpr int kRecordsPerPage = 1000;

/// A page ends at 1 MB, before the record that does not fit; two images of a 400 KB item are the
/// largest record. Anything above the rest is a page cut short by size.
inline constexpr size_t kFullPageBytes = size_t{224} << 10;

/// One empty page is not the tip: a sparse shard answers several before its data. After a seek and
/// while behind, this many in a row over at least this long are.
inline constexpr int kEmptyPagesAtTip = 10;
inline constexpr std::chrono::seconds kEmptyTimeAtTip{10};

/// At the tip too a single empty page may have stopped before a record; so many in a row have not.
inline constexpr int kEmptyPagesToBelieve = 2;

/// A record this young leaves less unread than the margin that the watermark keeps after an empty
/// poll, so that the reader is not behind after it.
inline constexpr std::chrono::seconds kFreshRecord{5};

/// After the last record a shard counts as active for this long, and is then polled slower: each
/// poll is billed.
inline constexpr std::chrono::seconds kActiveFor{10};
/// Every two seconds or so, at random, for the same reason as below.
inline constexpr std::chrono::milliseconds kIdlePauseShortest{1800};
inline constexpr std::chrono::milliseconds kIdlePauseLongest{2200};

/// An active pause is shortened at random by up to this part, so that shards do not poll in step.
inline constexpr double kPollJitter = 0.2;

/// Answers "trimmed" or "not found" in a row before they are believed, with a new iterator each
/// time: DynamoDB Local gives both for shards that are whole.
inline constexpr int kLossAnswers = 3;

/// Pages without a next iterator in a row before the shard's end is believed, the last with nothing
/// new: DynamoDB Local leaves the iterator out of open shards now and then.
inline constexpr int kEndAnswers = 2;

/// Pause once access was denied twice in a row: only a person can help, and every call is logged on
/// their side.
inline constexpr std::chrono::seconds kDeniedPause{20};

// ---- Discovery

/// DescribeStream: at most ten calls a second.
inline constexpr std::chrono::milliseconds kDescribeStreamPause{100};

/// From one whole listing to the next. A job that waits for its next listing must not look as if it
/// stood still, even when one has to be asked for again.
inline constexpr std::chrono::seconds kWholeListingPause{30};
/// The same when one is asked for.
inline constexpr std::chrono::seconds kListingPauseShortest{5};

/// Between looks for the children of ended shards, doubled after each that found none, and between
/// listings of a stream that has no shard yet.
inline constexpr std::chrono::seconds kLookPause{1};
inline constexpr std::chrono::seconds kLookPauseLongest{16};

}  // namespace ddbsync::limits
