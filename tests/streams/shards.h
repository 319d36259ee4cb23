#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "dynamodb/streams_client.h"

namespace ddbsync::streams {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// 2026-01-01T00:00:00Z: any date.
inline constexpr WallTime kSomeDay{std::chrono::milliseconds(1767225600000)};

/// A shard's name as AWS makes it.
inline std::string IdOf(WallTime created, std::string_view suffix) {
  std::string digits = std::to_string(created.time_since_epoch().count());
  digits.insert(0, 20 - digits.size(), '0');
  return "shardId-" + digits + "-" + std::string(suffix);
}

inline dynamodb::ShardDescription OpenShard(const std::string& id, const std::string& parent = "") {
  return {.id = id,
          .parent_id = parent,
          .starting_sequence_number = dynamodb::SequenceNumber("1"),
          .ending_sequence_number = {}};
}

inline dynamodb::ShardDescription ClosedShard(const std::string& id,
                                              const std::string& parent = "") {
  dynamodb::ShardDescription shard = OpenShard(id, parent);
  shard.ending_sequence_number = dynamodb::SequenceNumber("9");
  return shard;
}

}  // namespace ddbsync::streams
