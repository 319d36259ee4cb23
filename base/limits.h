#pragma once

#include <chrono>
#include <cstddef>

namespace ddbsync::limits {

/// A sleeping I/O thread looks around at least this often, so that a clock that jumped (suspend)
/// is noticed without a wake-up.
inline constexpr std::chrono::seconds kLongestIdleWait{1};

/// A task that is due waits this long at most for a thread that is about to be free; then another
/// is woken for it. To wake one costs several times what it takes to go on with the next task.
inline constexpr std::chrono::milliseconds kSecondWatch{1};

/// --memory: bytes of pages and bodies alive at once.
inline constexpr size_t kDefaultMemoryBytes = size_t{512} << 20;

/// Credit taken before a page is requested. A page holds at most 1 MB of item data; base64, escapes
/// and type tags make its JSON larger, rarely by more than this factor of four.
inline constexpr size_t kPageCreditBytes = size_t{4} << 20;
/// The same for a shard whose last page was empty: most likely nothing comes. A page of it is
/// counted as what it is once it is there. With 4 MiB, 10,000 shards 50 ms away would wait for one
/// another's memory: at the start, when all are asked at the poll interval, the few that have
/// records were half a minute late.
inline constexpr size_t kIdlePageCreditBytes = size_t{1} << 20;

/// Buffers this large are kept for use again (large_buffers.h): pages, and bodies of large items.
/// Larger ones than the second are not in the heap at all, and go back to the kernel when freed.
inline constexpr size_t kLargeBufferBytes = size_t{256} << 10;
inline constexpr size_t kUnmappedWhenFreedBytes = kLargeBufferBytes;
/// So many are kept, and no more bytes than these: a page for each of a few calls.
inline constexpr size_t kKeptBuffers = 32;
inline constexpr size_t kKeptBufferBytes = size_t{32} << 20;

}  // namespace ddbsync::limits
