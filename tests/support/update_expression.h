#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tests/support/table_key.h"

namespace ddbsync::fake {

/// Applies the UpdateExpression of a request to an item. Only whole top-level attributes are
/// served: `SET name = :value, ...` and `REMOVE name, ...`; anything else is refused.
void ApplyUpdate(const nlohmann::json& request, const TableSchema& schema, nlohmann::json& item);

}  // namespace ddbsync::fake
