#pragma once

#include <string>

#include "checkpoint/records.h"

namespace ddbsync::cli {

/// What `checkpoint show` prints for people: every kind of record, the first ones of each. Ends
/// with a newline.
[[nodiscard]] std::string CheckpointScreen(const checkpoint::State& state);

}  // namespace ddbsync::cli
