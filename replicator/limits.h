#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace ddbsync::replicator::limits {

/// A writer slot is one BatchWriteItem on the wire. libcurl in a pool of 64 threads saturates a
/// core; more only lengthens queues at the target.
inline constexpr int kMaxWriterSlots = 64;
inline constexpr int kMaxTailWriterSlots = 64;

/// AIMD on backfill writes in flight: begin low enough for a cold table, add one per limit's worth
/// of successes, halve on throttles but not more often than throttles of one cause arrive.
inline constexpr int kInitialInFlight = 8;
inline constexpr std::chrono::milliseconds kHalvingPause{500};
/// A call that failed after so long was not refused: its server is overloaded, or out of reach.
inline constexpr std::chrono::seconds kLateAnswer{2};

/// What a call costs us, about (docs/performance.md): a batch is built, hashed, signed and sent, a
/// page is received, checked and cut.
inline constexpr std::chrono::microseconds kWorkOfABatch{100};
inline constexpr size_t kBytesOfThatBatch = size_t{64} << 10;  ///< at most; then as much more
inline constexpr std::chrono::microseconds kWorkOfAPage{1000};
/// Calls in flight beyond this many times what keeps the processors busy are of no use: latencies
/// vary, and so does the work. And so many are never too many.
inline constexpr double kUsefulFactor = 3;
inline constexpr double kUsefulPerProcessor = 2;
/// Latencies older than two of these are forgotten.
inline constexpr std::chrono::seconds kLatencyWindow{10};

/// Unacknowledged pages per segment: one being written, one ready behind it. The second only while
/// each open segment can have its first within so many of all, of which there is enough to deal.
inline constexpr size_t kMaxPagesPerSegment = 2;
inline constexpr size_t kPagesAhead = 128;
/// Fewer where a target that refuses nothing answers so soon that few writes keep the processors
/// busy: then that many fit into the caches, which more push each other out of.
inline constexpr size_t kPagesPerUsefulWrite = 2;
inline constexpr size_t kFewestPagesAhead = 16;

/// Segments open at once. A batch is dealt from them all; AWS's import guide spreads writes over 50
/// to 100 ranges before a single partition's 1,000 WCU/s stops being the bound. With 64, and
/// segments that do not lie as the target's 64 partitions do, a third of these stood idle.
inline constexpr int kOpenSegments = 128;
inline constexpr int kMinSegments = 64;
inline constexpr int kMaxSegments = 8192;
inline constexpr int64_t kBytesPerSegment = int64_t{32} << 20;

/// A page of 1 MB read consistently, at 4 KB a unit: what is taken before the first page told more.
inline constexpr double kUnitsOfFullPage = 256;
/// Who waits for capacity looks again after this: what was taken too much comes back any time.
inline constexpr std::chrono::milliseconds kCapacityLook{100};
/// Another job's backfill that had less of the account's capacity has taken its turn after this.
inline constexpr std::chrono::milliseconds kCapacityTurn{10};

/// Rest of a segment whose items came back; doubles while none is written.
inline constexpr std::chrono::milliseconds kFirstLeftoverPause{100};
inline constexpr std::chrono::milliseconds kLongestLeftoverPause{5000};

/// So long the backfill takes no capacity after the moment at which the tail should have asked
/// again: it may come late on a busy machine, or have nothing left to write.
inline constexpr std::chrono::milliseconds kTailHeadStart{300};

/// More than any call can cost: 25 items of 400 KB, written once more in each of 20 indexes.
inline constexpr double kMostUnitsOfACall = 1'000'000;

/// Pause before a key that another fenced write holds is tried again.
inline constexpr std::chrono::milliseconds kBusyKeyPause{20};

/// Touched keys the fence remembers before it makes old pages be read again.
inline constexpr size_t kFenceBytes = size_t{64} << 20;
/// Book-keeping of one touched key beside its bytes (two hash nodes and a log entry).
inline constexpr size_t kFenceEntryOverhead = 160;

/// Touches are told apart in time to this, which bounds what is kept of their times.
inline constexpr std::chrono::seconds kFenceMoment{1};

/// Eventually consistent reads may return what was true this long ago; AWS says about a second.
inline constexpr std::chrono::seconds kEventualReadMargin{60};
/// What is in hand of them is lost when the fence gives them up; at this pace it is not much.
inline constexpr std::chrono::minutes kEventualReadPause{10};

/// Records this much older than T0 do not concern us. Covers the one-second rounding of record
/// times and servers whose clocks disagree; replaying more is harmless.
inline constexpr std::chrono::minutes kStartMargin{15};

/// DynamoDB Streams keeps a record this long (developer guide).
inline constexpr std::chrono::hours kRetention{24};
/// Below this headroom the backfill yields to the tail, down to this share of its writes in flight.
inline constexpr std::chrono::hours kLowHeadroom{12};
inline constexpr double kBackfillFloor = 0.05;

/// An empty poll at the tip proves that everything older than its start less this is applied: a
/// write becomes visible in its stream within well under a second on AWS.
inline constexpr std::chrono::seconds kTipMargin{5};

/// Dead letters beyond which something is wrong with the whole.
inline constexpr size_t kMaxDeadLetters = 10'000;
/// Or more than half of this many items in a row.
inline constexpr int kDeadLetterWindow = 1'000;
inline constexpr size_t kLoggedDeadLetters = 20;  ///< standing ones, told one by one

/// A tail, commit or backfill without progress for this long takes readiness away: well inside the
/// minute that I9 allows.
inline constexpr std::chrono::seconds kStandstill{50};

/// How often both tables are looked at for having been recreated, or their stream switched.
inline constexpr std::chrono::seconds kTableWatchInterval{60};

/// IAM changes take effect within seconds; a refusal that lasts longer before anything was written
/// is a configuration error.
inline constexpr std::chrono::seconds kDeniedGrace{10};

/// Pace of the job's own bookkeeping (state, completion, stop).
inline constexpr std::chrono::milliseconds kConductInterval{50};
inline constexpr std::chrono::milliseconds kSharedLook{200};  ///< its age at most (shared_look.h)
/// How far the tail is behind needs a look at all its shards; hours are the question.
inline constexpr std::chrono::seconds kTailLook{1};

/// Rates shown are averages over about this long.
inline constexpr std::chrono::seconds kRateWindow{5};

/// BatchGetItem takes at most so many keys (API reference).
inline constexpr size_t kMaxBatchGetKeys = 100;
/// Keys to recheck beyond which the backfill writes nothing new: at half a kilobyte each some 50
/// MB, and repairs, a few hundred a second, are through with it in minutes.
inline constexpr size_t kMostRechecks = 100'000;
/// How often a backfill writer that this holds looks again.
inline constexpr std::chrono::milliseconds kRechecksLook{200};
/// Keys that the tail wrote and a verification has not asked for yet; past it all are looked at.
inline constexpr size_t kChangedKeyBytes = size_t{16} << 20;
inline constexpr size_t kChangedKeyOverhead = 128;
/// Rounds of rechecks side by side: each waits for the watermark to pass its read, some seconds,
/// and an outage of a target leaves keys by the thousand.
inline constexpr int kRecheckTasks = 8;
/// Keys of a page that are read back at once: with the largest items still only some 10 MB.
inline constexpr size_t kReadBackKeys = 25;

/// Attempts of a call at start-up before its error is told.
inline constexpr int kStartupAttempts = 5;
/// A table or stream that we asked for is usually there within a minute.
inline constexpr std::chrono::minutes kTableWait{5};
inline constexpr std::chrono::milliseconds kTableLook{500};

/// A stop whose last commit does not succeed for so long ends anyway; the next start replays.
inline constexpr std::chrono::seconds kStopPatience{15};

/// Record times are whole seconds, rounded down, and so is the Date that our server time is set by.
inline constexpr std::chrono::seconds kRecordTimeResolution{2};

/// Children of a split may be listed late and one by one; a listing begun this long after their
/// parent's end is taken to name them all.
inline constexpr std::chrono::seconds kLateChildren{10};

/// Answers in a row that a stream or table is not what it was before that is believed: one may come
/// from a replica that is behind.
inline constexpr int kAnswersBeforeGap = 3;
inline constexpr std::chrono::seconds kSuspectLook{2};

/// How often the recheck looks whether keys have settled and the watermark has passed.
inline constexpr std::chrono::milliseconds kRecheckLook{200};
inline constexpr std::chrono::seconds kRecheckIdleLook{1};  ///< while nothing is listed
/// How often a paused task looks whether it may go on.
inline constexpr std::chrono::milliseconds kPausedLook{200};
/// Upper bounds, in seconds, of the buckets of record apply delays. Records tell whole seconds.
inline constexpr std::array kApplyDelayBuckets{0.5,  1.0,   2.0,    5.0,    10.0,   30.0,
                                               60.0, 300.0, 1800.0, 7200.0, 43200.0};

/// A tail that is further behind is asked what holds it back.
inline constexpr std::chrono::seconds kBehind{10};
/// Of all processors' time: what is left of them is taken by the kernel and by others.
inline constexpr double kBusy = 0.85;
/// A refusal of the service holds the job back for about so long: backoff, and rests of what came
/// back.
inline constexpr std::chrono::seconds kRefusalHolds{1};
/// What held the job back within this time is why it is not faster.
inline constexpr std::chrono::seconds kRecently{3};
inline constexpr size_t kThrottledNamed = 5;  ///< segments; a reason is one line

/// Progress below which no ETA is guessed.
inline constexpr double kEtaFloor = 0.01;

}  // namespace ddbsync::replicator::limits
