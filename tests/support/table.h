#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/resource_policy.h"
#include "tests/support/stream.h"
#include "tests/support/table_key.h"

namespace ddbsync::fake {

/// Read views of what was there a moment ago, for eventually consistent reads: the images that
/// later writes replaced. Nothing means that there was no item.
using Overlay = std::map<Position, std::optional<StoredItem>>;

/// A table's time to live: what was asked for last, and when.
struct TimeToLive {
  std::string attribute;
  bool enabled = false;
  std::optional<Instant> changed;  ///< none: never
};

/// A policy that was put, or deleted.
struct PolicyChange {
  Instant at;
  std::string revision;
  std::optional<ResourcePolicy> policy;  ///< none: it was deleted
};

/// One table. Not thread-safe: behind the fake's mutex.
struct Table {
  // Constant after creation.
  std::string name;
  std::string arn;
  std::string id;
  TableSchema schema;
  std::vector<IndexKeyPart> index_keys;
  std::string definition_json;  ///< keys and indexes as members of DescribeTable, comma-separated
  Instant created;
  Instant active;

  bool on_demand = false;
  int64_t read_units = 0;
  int64_t write_units = 0;
  std::map<Position, StoredItem> items;
  size_t bytes = 0;
  std::string stream_arn;  ///< the latest; empty: never had one
  bool stream_on = false;
  std::map<std::string, std::string> tags;
  TimeToLive ttl;
  std::vector<PolicyChange> policies;  ///< all changes, oldest first

  /// Replaced images of the last `Options::staleness`, oldest first.
  struct Replaced {
    Instant at;
    Position position;
    std::optional<StoredItem> before;
  };
  std::deque<Replaced> replaced;

  /// Write units left in each partition, when limited, and what became of them so far.
  struct Bucket {
    double rate = 0;
    double units = 0;
    Instant filled;
    double taken = 0;
    uint64_t refused = 0;
    Instant last_taken;
  };
  std::vector<Bucket> partitions;

  /// What a read as of `time` sees otherwise than the items now.
  Overlay AsOf(Instant time) const;
  /// The first item at or after `from`, as seen through the overlay; null at the end.
  const StoredItem* Next(const Position& from, const Overlay& overlay, Position& found) const;
  const StoredItem* Get(const Position& position, const Overlay& overlay) const;
};

}  // namespace ddbsync::fake
