#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/key_schema.h"

// What the engine should find in a text, worked out by other means than its own: nlohmann's parser
// builds the whole document, tests/support/decimal.h knows the numbers.

namespace ddbsync::fuzz {

/// The document; nothing when it is not JSON, or says a name twice in one object: what that means
/// is left to each parser.
[[nodiscard]] std::optional<nlohmann::json> ParseJson(std::string_view text);

/// A member of an object; null when it is absent.
[[nodiscard]] const nlohmann::json& Member(const nlohmann::json& object, const char* name);

/// Canonical bytes of an item's key as dynamodb/canonical_key.h defines them; nothing when the item
/// has none.
[[nodiscard]] std::optional<std::string> KeyOf(const nlohmann::json& item,
                                               const dynamodb::KeySchema& schema);

/// Those of each item; nothing when `items` is not an array of items that all have a key.
[[nodiscard]] std::optional<std::vector<std::string>> KeysOf(const nlohmann::json& items,
                                                             const dynamodb::KeySchema& schema);

/// CanonicalNumber's text by way of the decimal; nothing for what DynamoDB refuses.
[[nodiscard]] std::optional<std::string> NumberText(std::string_view text);

/// The one form of an item that all its spellings have: numbers plain, sets in order. Two items are
/// equal exactly when these are. Nothing when it has a value that dynamodb/canonical_item.h
/// refuses.
[[nodiscard]] std::optional<nlohmann::json> NormalItem(const nlohmann::json& item);

/// Whether it is absent, or a ConsumedCapacity or a list of them.
[[nodiscard]] bool IsConsumedCapacity(const nlohmann::json& capacity);

/// Tables with and without a sort key, of every key type.
[[nodiscard]] const std::vector<dynamodb::KeySchema>& Schemas();

}  // namespace ddbsync::fuzz
