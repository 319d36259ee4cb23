#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "bench/server/item_shape.h"

namespace ddbsync::bench {

/// A stream of open shards of which the first has records and the others never do. It exists only
/// as the answers that are asked for. Immutable; any thread.
class WireStream {
 public:
  struct Options {
    std::string arn;
    std::string table;
    int shards = 1;
    uint64_t records = 0;        ///< of the first shard; with a rate: unused
    double rate = 0;             ///< changes per second from the beginning on; zero: all are there
    int distinct_percent = 100;  ///< of a thousand changes in a row, so many have keys of their own
  };
  /// Both outlive it. Keys of changes begin at `first_key`.
  WireStream(Options options, const ItemShape& shape, uint64_t first_key, const Clock& clock);

  // The answers to the calls of these names.
  [[nodiscard]] std::string DescribeStream(std::string_view request) const;
  [[nodiscard]] std::string GetShardIterator(std::string_view request) const;
  [[nodiscard]] std::string GetRecords(std::string_view request) const;

  /// Of a GetRecords request.
  [[nodiscard]] static uint64_t ShardPolled(std::string_view request);

  /// When a change could be read first, if `key` is one of a stream with a rate and all its keys
  /// distinct; else TimePoint::max().
  [[nodiscard]] TimePoint VisibleAt(uint64_t key) const;
  [[nodiscard]] uint64_t keys() const;  ///< upper bound of `first_key` and what follows it

 private:
  [[nodiscard]] uint64_t Available() const;
  [[nodiscard]] uint64_t KeyOf(uint64_t record) const;
  void AppendRecord(uint64_t record, std::string& out) const;
  [[nodiscard]] int64_t SecondsOf(uint64_t record) const;

  const Options options_;
  const ItemShape& shape_;
  const uint64_t first_key_;
  const Clock& clock_;
  const TimePoint began_;
  const WallTime began_wall_;
};

}  // namespace ddbsync::bench
