#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ddbsync::verify::limits {

/// What a walker holds at most: a page of 1 MB of item data as JSON, its canonical keys, the items
/// it looks up (kLookupBytes, unless a single one is larger) and their index.
inline constexpr size_t kBytesPerWalker = size_t{8} << 20;
inline constexpr int kMinWalkers = 2;
inline constexpr int kMaxWalkers = 64;
/// Item bytes that one BatchGetItem asks for: below the 16 MB of an answer by far, and what comes
/// back is parsed while the caches still hold it.
inline constexpr size_t kLookupBytes = size_t{1} << 20;

/// So many items share a bucket: a bucket that differs names so many keys to be looked up, and 24
/// bytes a bucket for each side are all that a scan remembers.
inline constexpr int64_t kItemsPerBucket = 64;
inline constexpr size_t kMinBuckets = 1024;
inline constexpr size_t kMaxBuckets = size_t{1} << 20;
inline constexpr size_t kBucketsPerRecord = 16'384;  ///< 400 KB

/// How often the sums become durable, with the positions that they belong to.
inline constexpr std::chrono::seconds kSumsInterval{30};

/// The quiet form is chosen when not more than this share of the items changes while both are
/// scanned: each change makes a bucket differ, whose items are then looked up.
inline constexpr double kQuietShare = 0.002;
/// Items that are scanned in a second, about, to guess how long that takes.
inline constexpr double kScannedPerSecond = 20'000;

/// A sample takes at least so many segments of a table; each is a range of the hash space.
inline constexpr int kSampledSegments = 16;

/// Suspects beyond which walkers wait until some are settled: at a kilobyte each 50 MB.
inline constexpr size_t kMostSuspects = 50'000;
/// Differences that are kept one by one; more are counted.
inline constexpr size_t kMostDifferences = 10'000;
inline constexpr size_t kNamedAttributes = 8;
inline constexpr size_t kShownValueBytes = 4096;  ///< of an image that is kept to be shown

/// Without a job a suspect is looked at again after this: both images must be what they were.
inline constexpr std::chrono::seconds kSecondLook{1};
/// How often it is looked whether the watermark has passed a suspect's sighting.
inline constexpr std::chrono::milliseconds kWatermarkLook{200};
/// A key that changed again rests a little longer before each further look, to this.
inline constexpr std::chrono::seconds kLongestRest{5};
/// So often in a row a changing key must have been in step to be taken for equal, and so many
/// looks, a few minutes, until one that never was is told as undecided.
inline constexpr int kLooksInStep = 3;
inline constexpr int kMostLooks = 60;
/// Times a repair of a key is asked for before its difference stands.
inline constexpr int kMostRepairs = 3;
/// Rounds side by side: each waits some seconds until the watermark has passed it.
inline constexpr int kResolvers = 16;

/// Pace of the bookkeeping.
inline constexpr std::chrono::milliseconds kConductInterval{50};
/// Rates are averages over about this long.
inline constexpr std::chrono::seconds kRateWindow{5};
/// Progress below which no ETA is guessed.
inline constexpr double kEtaFloor = 0.01;
/// Progress that is only guessed from the number of items is never more.
inline constexpr double kMostGuessed = 0.99;

/// Keys of a BatchGetItem (API reference).
inline constexpr size_t kLookupKeys = 100;

/// A refusal of permissions that lasts so long ends the run.
inline constexpr std::chrono::seconds kDeniedGrace{10};

/// A unit of read capacity is 4 KB, strongly consistent (developer guide).
inline constexpr double kBytesPerUnit = 4096;

/// Of the rows that only the target has, and that are not removed: so many are named to a person.
inline constexpr size_t kExtrasNamed = 10;
/// How often it is looked whether a walk of a removal has ended, and after one that failed.
inline constexpr std::chrono::milliseconds kRemovalLook{200};
inline constexpr std::chrono::seconds kRemovalRetry{30};

/// A stop that does not become durable within this ends all the same; the next run repeats a
/// little.
inline constexpr std::chrono::seconds kStopPatience{15};

}  // namespace ddbsync::verify::limits
