#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "replicator/limits.h"

namespace ddbsync::replicator {

/// How many rows that only the target has a job removes without being asked again: a share of the
/// target's rows, or a number of them.
struct MostExtra {
  double share = limits::kMostExtraShare;  ///< 0 to 1
  std::optional<int64_t> rows = {};        ///< instead of the share

  [[nodiscard]] int64_t Of(int64_t target_rows) const {
    if (rows) return *rows;
    const auto part = static_cast<int64_t>(share * static_cast<double>(target_rows));
    return std::max(part, limits::kLeastMostExtra);
  }
};

}  // namespace ddbsync::replicator
