#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

// Keys of single items, for what leaves the straight path (rechecks, dead letters). Each call reads
// a copy of the item.

/// The key of an item as DynamoDB wants it in a request, its values' texts as the item has them:
/// {"id":{"S":"a"},"at":{"N":"5"}}. `item_json` is an item's raw JSON, or a key's.
/// Errors: kInvalid (a key attribute is missing or has another type), kCorrupt (not an item).
[[nodiscard]] Result<std::string> KeyJson(std::string_view item_json, const KeySchema& schema);

/// Canonical bytes (canonical_key.h) of an item's key. `item_json` and errors as KeyJson.
[[nodiscard]] Result<std::string> CanonicalKey(std::string_view item_json, const KeySchema& schema);

}  // namespace ddbsync::dynamodb
