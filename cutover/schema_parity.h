#pragma once

#include <string>
#include <vector>

#include "dynamodb/table.h"

namespace ddbsync::cutover {

/// Why an application that works on `source` would not work on `target`: keys, and each index with
/// its keys, its projection, and whether it can be asked. What the target has on top is no fault.
[[nodiscard]] std::vector<std::string> SchemaFaults(const dynamodb::TableDescription& source,
                                                    const dynamodb::TableDescription& target);

}  // namespace ddbsync::cutover
