#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

namespace ddbsync::fake {

/// Checks an item (attribute name to AttributeValue) by AWS's rules and brings it to the form in
/// which AWS gives it back: numbers canonical, binary re-encoded, sets in an order of our own.
/// Two normalised items are equal exactly when DynamoDB takes a write of one over the other for no
/// change. Returns the item's size in bytes as DynamoDB counts it.
size_t NormaliseItem(nlohmann::json& item);

/// Item size limit (developer guide, "Quotas").
inline constexpr size_t kMaxItemBytes = 400 * 1024;

}  // namespace ddbsync::fake
