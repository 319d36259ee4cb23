#pragma once

#include <chrono>
#include <cstdint>

namespace ddbsync::checkpoint::limits {

/// A crash replays what was acknowledged since the last commit. Five synced writes a second cost
/// little on any disk, and half a second of replay nobody notices.
inline constexpr std::chrono::milliseconds kCommitInterval{200};

/// Pause after a failed commit; doubles with each further one.
inline constexpr std::chrono::milliseconds kFirstCommitRetry = kCommitInterval;

/// A full disk that was given room again is noticed within this time.
inline constexpr std::chrono::milliseconds kLongestCommitRetry{5000};

/// Raised when a store cannot be read record by record any more (docs/checkpoint-format.md).
inline constexpr int64_t kStoreFormat = 1;

}  // namespace ddbsync::checkpoint::limits
