#pragma once

#include <nlohmann/json_fwd.hpp>

namespace ddbsync::fake {

/// Whether the ConditionExpression of a request, if it has one, holds for an item; `item` is empty
/// when there is none. Only `attribute_exists(name)` and `attribute_not_exists(name)` of whole
/// top-level attributes are served, joined by AND; anything else is refused.
bool ConditionHolds(const nlohmann::json& request, const nlohmann::json& item);

}  // namespace ddbsync::fake
