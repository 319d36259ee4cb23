#pragma once

#include <atomic>
#include <cstdint>

namespace ddbsync::streams {

/// What a job's shard readers did, all shards together. Safe from any thread; only ever rises.
struct ReaderCounters {
  std::atomic<int64_t> polls_records{0};   ///< GetRecords answered with something new
  std::atomic<int64_t> polls_empty{0};     ///< ... with nothing
  std::atomic<int64_t> polls_repeated{0};  ///< ... only with records that were read before; dropped
  std::atomic<int64_t> polls_failed{0};    ///< GetRecords or GetShardIterator failed
  std::atomic<int64_t> polls_throttled{0};  ///< ... because the service throttles
};

}  // namespace ddbsync::streams
