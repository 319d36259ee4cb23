#pragma once

#include <optional>
#include <string>

namespace ddbsync::dynamodb {

enum class KeyType { kString, kNumber, kBinary };

/// As in JSON: 'S', 'N', 'B'.
char TypeTag(KeyType type);

struct KeyAttribute {
  std::string name;
  KeyType type = KeyType::kString;
  friend bool operator==(const KeyAttribute&, const KeyAttribute&) = default;
};

/// A table's primary key.
struct KeySchema {
  KeyAttribute partition;
  std::optional<KeyAttribute> sort;
  friend bool operator==(const KeySchema&, const KeySchema&) = default;
};

/// "id (S), at (N)" for messages.
std::string ToString(const KeySchema& schema);

}  // namespace ddbsync::dynamodb
