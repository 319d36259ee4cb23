#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ddbsync::checkpoint {

/// What every record's value is wrapped in, so that damage and a newer version are told apart:
///
///   8 bytes  XXH3-64 of all that follows, seeded with XXH3-64 of the record's key, little-endian
///   1 byte   version of this kind of record
///   rest     payload
///
/// This layout never changes. The key is part of the checksum, so a value that turns up under
/// another key is noticed too.
struct RecordKind {
  std::string_view name;    ///< for messages: "shard"
  std::string_view prefix;  ///< of the key; the whole key when only one record of the kind exists
  uint8_t version;
};

[[nodiscard]] std::string Seal(const RecordKind& kind, std::string_view key,
                               std::string_view payload);

/// The payload, a view into `value`. Errors: kCorrupt (too short, wrong checksum), kInvalid (made
/// by a newer ddbsync).
[[nodiscard]] Result<std::string_view> Unseal(const RecordKind& kind, std::string_view key,
                                              std::string_view value);

/// The version of a value that Unseal took.
[[nodiscard]] uint8_t VersionOf(std::string_view value);

/// How messages name a record: "shard shardId-1", or a digest when its key holds an item's key,
/// which belongs in no message.
[[nodiscard]] std::string NameOf(const RecordKind& kind, std::string_view key);

/// kCorrupt, with what to do.
[[nodiscard]] std::unexpected<Error> Damaged(const RecordKind& kind, std::string_view key,
                                             std::string_view what);

}  // namespace ddbsync::checkpoint
