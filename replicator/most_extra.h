#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ddbsync::replicator {

namespace limits {

/// Of the target's rows, what a job removes without being asked again (--most-extra): a table that
/// loses more than that to a copy is more likely the wrong table.
inline constexpr double kMostExtraShare = 0.01;
/// Of a small table a percentage is less than a row; so few rows a person can look at one by one,
/// and `status` names them all.
inline constexpr int64_t kLeastMostExtra = 10;

}  // namespace limits

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
