#include "tests/support/table_key.h"

#include <nlohmann/json.hpp>

#include "tests/support/attribute.h"
#include "tests/support/base64.h"
#include "tests/support/decimal.h"
#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

// Developer guide, "Quotas": partition key and sort key length.
constexpr size_t kMaxPartitionKeyBytes = 2048;
constexpr size_t kMaxSortKeyBytes = 1024;
constexpr size_t kHashBytes = 8;

/// FNV-1a, then the finaliser of splitmix64: keys that differ little must land far apart.
uint64_t Hash(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
  return hash ^ hash >> 31;
}

/// The value's bytes, sorting as DynamoDB sorts it.
std::string OrderedBytes(const KeyPart& part, const json& value) {
  const auto& text = value.begin().value().get_ref<const std::string&>();
  switch (part.type) {
    case 'N':
      return ToOrderedBytes(ParseDecimal(text));
    case 'B':
      return *DecodeBase64(text);
    default:
      return text;
  }
}

std::string CheckedBytes(const KeyPart& part, const json& value, bool is_partition) {
  std::string bytes = OrderedBytes(part, value);
  if (bytes.empty()) {
    RefuseInvalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an empty " +
        std::string(part.type == 'B' ? "binary" : "string") + " value. Key: " + part.name);
  }
  if (is_partition && bytes.size() > kMaxPartitionKeyBytes) {
    RefuseInvalid(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
        "limit of2048 bytes");
  }
  if (!is_partition && bytes.size() > kMaxSortKeyBytes) {
    RefuseInvalid(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
        "the size limit of 1024 bytes");
  }
  return bytes;
}

Position MakePosition(const TableSchema& schema, const json& attributes) {
  const std::string partition =
      CheckedBytes(schema.partition, attributes.at(schema.partition.name), true);
  Position position = FirstPosition(Hash(partition));
  position += static_cast<char>(partition.size() >> 8);
  position += static_cast<char>(partition.size() & 0xFF);
  position += partition;
  if (schema.sort) {
    position += CheckedBytes(*schema.sort, attributes.at(schema.sort->name), false);
  }
  return position;
}

void CheckItemKey(const KeyPart& part, const json& item) {
  const auto found = item.find(part.name);
  if (found == item.end()) {
    RefuseInvalid("One or more parameter values were invalid: Missing the key " + part.name +
                  " in the item");
  }
  const std::string& type = found->begin().key();
  if (type == std::string(1, part.type)) return;
  RefuseInvalid("One or more parameter values were invalid: Type mismatch for key " + part.name +
                " expected: " + part.type + " actual: " + type);
}

bool Matches(const KeyPart& part, const json& key) {
  const auto found = key.find(part.name);
  return found != key.end() && found->is_object() && found->size() == 1 &&
         found->begin().key() == std::string(1, part.type);
}

}  // namespace

uint64_t HashOf(const Position& position) {
  uint64_t hash = 0;
  for (size_t i = 0; i < kHashBytes; ++i) hash = hash << 8 | static_cast<uint8_t>(position[i]);
  return hash;
}

Position FirstPosition(uint64_t hash) {
  Position position;
  for (int shift = 56; shift >= 0; shift -= 8) position += static_cast<char>(hash >> shift & 0xFF);
  return position;
}

Position PositionOfKey(const TableSchema& schema, json& key) {
  if (!key.is_object()) RefuseMalformed("Unexpected field type");
  const size_t parts = schema.sort ? 2 : 1;
  NormaliseItem(key);
  if (key.size() != parts || !Matches(schema.partition, key) ||
      (schema.sort && !Matches(*schema.sort, key))) {
    RefuseInvalid("The provided key element does not match the schema");
  }
  return MakePosition(schema, key);
}

Position PositionOfItem(const TableSchema& schema, const json& item) {
  CheckItemKey(schema.partition, item);
  if (schema.sort) CheckItemKey(*schema.sort, item);
  return MakePosition(schema, item);
}

json KeyOf(const TableSchema& schema, const json& item) {
  json key;
  key[schema.partition.name] = item.at(schema.partition.name);
  if (schema.sort) key[schema.sort->name] = item.at(schema.sort->name);
  return key;
}

void CheckIndexKeys(const std::vector<IndexKeyPart>& index_keys, const json& item) {
  for (const auto& [key, index] : index_keys) {
    const auto found = item.find(key.name);
    if (found == item.end()) continue;
    const std::string& type = found->begin().key();
    if (type != std::string(1, key.type)) {
      RefuseInvalid("One or more parameter values were invalid: Type mismatch for Index Key " +
                    key.name + " Expected: " + key.type + " Actual: " + type +
                    " IndexName: " + index);
    }
    if (found->begin()->get_ref<const std::string&>().empty()) {
      RefuseInvalid(
          "One or more parameter values are not valid. A value specified for a secondary index key "
          "is not supported. The AttributeValue for a key attribute cannot contain an empty string "
          "value. IndexName: " +
          index + ", IndexKey: " + key.name);
    }
  }
}

}  // namespace ddbsync::fake
