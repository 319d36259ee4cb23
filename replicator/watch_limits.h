#pragma once

#include <chrono>
#include <cstddef>

namespace ddbsync::replicator::limits {

/// Writes to the target that are remembered to be known again in its stream (own_writes.h): two
/// million, at 30,000 a second those of a minute, while a record is in the stream within a second
/// and read within three. A place is 8 bytes and half of them are left empty: 2 MiB for each
/// generation that is in use, 32 MiB at most.
inline constexpr size_t kOwnWriteGenerations = 16;
inline constexpr size_t kOwnWritesPerGeneration = size_t{1} << 17;
inline constexpr size_t kOwnWrites = kOwnWriteGenerations * kOwnWritesPerGeneration;

/// The watch of the target's stream (target_watch.h): the most of its pages at once, which lie
/// beside --memory, and how often an active shard is polled.
inline constexpr size_t kWatchPages = 4;
inline constexpr std::chrono::seconds kWatchPoll{1};
inline constexpr size_t kForeignKeysShown = 10;
/// Foreign writes may come by the thousand; one line tells of all since the last.
inline constexpr std::chrono::seconds kForeignWriteLog{60};

}  // namespace ddbsync::replicator::limits
