#pragma once

#include <chrono>
#include <cstddef>

namespace ddbsync::dynamodb::limits {

/// Reads: a page holds up to 1 MB of item data, and a throttled or far-away server may take many
/// seconds to collect it; asking again costs the whole page again.
inline constexpr std::chrono::seconds kReadTimeout{30};

/// Writes: an answer normally takes milliseconds. One that timed out is unclear, and may still land
/// within the settle time (--settle) after it was given up.
inline constexpr std::chrono::seconds kWriteTimeout{10};

/// Calls about tables and streams, which carry little and touch no item.
inline constexpr std::chrono::seconds kControlTimeout{20};

/// GetRecords and DescribeStream refuse more (API reference).
inline constexpr int kMaxRecordsPerCall = 1000;
inline constexpr int kMaxShardsPerCall = 100;

/// BatchGetItem refuses more (API reference).
inline constexpr size_t kMaxBatchGetKeys = 100;

/// DynamoDB numbers: 38 significant digits, magnitude 1E-130 to 9.99...E+125 (developer guide,
/// "Data types").
inline constexpr size_t kMaxNumberDigits = 38;
inline constexpr int kMinNumberExponent = -130;
inline constexpr int kMaxNumberExponent = 125;

/// Lists and maps within each other, the item itself not counted (developer guide, "Quotas":
/// nesting depth 32). Read by recursion, so a server must not choose it.
inline constexpr int kMaxNesting = 32;

/// An item's JSON. Its 400 KB are at most 26 MB of text: numbers of two bytes that are written out
/// with 126 digits.
inline constexpr size_t kMaxItemJsonBytes = size_t{64} << 20;

/// What a thread keeps for the canonical bytes of its next item: one of 400 KB with room to spare.
inline constexpr size_t kKeptItemBytes = size_t{1} << 20;

/// What a BatchWriteItem body holds beside its ops: a table name or ARN (at most 1,024 characters),
/// the names of the members, the brackets.
inline constexpr size_t kBatchFrameBytes = 2048;

/// A parser's capacity that a thread keeps for its next response: a Scan page of 1 MB of item data
/// with its JSON around it. BatchGetItem may answer with 16 MB.
inline constexpr size_t kKeptParserBytes = size_t{4} << 20;

}  // namespace ddbsync::dynamodb::limits
