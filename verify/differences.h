#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/difference.h"

namespace ddbsync::verify {

/// The differences that stand. Those beyond limits::kMostDifferences are counted and not kept: a
/// run that finds so many names enough. Not thread-safe.
class Differences {
 public:
  /// False when it is counted only.
  bool Add(Difference difference);
  /// What was kept of the key; none: nothing.
  std::optional<Difference> Remove(std::string_view key);
  /// Of those that are counted and not kept, none stands any more: they are looked for anew.
  void ForgetNotKept();

  [[nodiscard]] const std::array<int64_t, kDifferenceKinds>& counts() const { return counts_; }
  [[nodiscard]] std::optional<WallTime> oldest() const;
  /// At most `most` of those seen first at `before` or earlier, by key.
  [[nodiscard]] std::vector<Difference> List(size_t most, WallTime before) const;

 private:
  std::map<std::string, Difference, std::less<>> kept_;
  std::array<int64_t, kDifferenceKinds> counts_{};
  std::array<int64_t, kDifferenceKinds> not_kept_{};
};

}  // namespace ddbsync::verify
