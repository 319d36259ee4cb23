#pragma once

#include <string>

#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

/// A key that no application has by chance, as JSON: for calls that find out what keys may do.
[[nodiscard]] std::string ProbeKey(const KeySchema& schema);

}  // namespace ddbsync::dynamodb
