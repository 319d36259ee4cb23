#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ddbsync::fake {

struct KeyPart {
  std::string name;
  char type = 'S';  ///< 'S', 'N' or 'B'
};

struct TableSchema {
  KeyPart partition;
  std::optional<KeyPart> sort;
};

/// A key attribute of a secondary index: items may lack it, but not have it with another type.
struct IndexKeyPart {
  KeyPart key;
  std::string index;
};

/// Where an item lies: the hash of its partition key, the key, the sort key; bytes that sort as
/// DynamoDB orders a table (by hash, then by sort key).
using Position = std::string;

/// The first eight bytes: what segments, shards and partitions are ranges of.
uint64_t HashOf(const Position& position);
/// The least position with that hash or a greater one.
Position FirstPosition(uint64_t hash);

/// `key` has exactly the schema's attributes; it is normalised in place.
Position PositionOfKey(const TableSchema& schema, nlohmann::json& key);
/// `item` is normalised already and has its key among its attributes.
Position PositionOfItem(const TableSchema& schema, const nlohmann::json& item);
/// The key alone.
nlohmann::json KeyOf(const TableSchema& schema, const nlohmann::json& item);

/// Refuses an item that an index of the table could not hold.
void CheckIndexKeys(const std::vector<IndexKeyPart>& index_keys, const nlohmann::json& item);

}  // namespace ddbsync::fake
