#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace ddbsync::verify {

enum class DifferenceKind {
  kMissing,    ///< only the source has it
  kExtra,      ///< only the target has it
  kDifferent,  ///< both have the key, with other values
};
inline constexpr size_t kDifferenceKinds = 3;
std::string_view ToString(DifferenceKind kind);

/// A key whose items are not equal, and stayed so (suspects.h).
struct Difference {
  DifferenceKind kind = DifferenceKind::kMissing;
  std::string key = {};       ///< canonical bytes
  std::string key_json = {};  ///< as DynamoDB wants it
  WallTime since = {};        ///< server's time at which it was seen first
  /// Names of those that differ, at most limits::kNamedAttributes; of kDifferent alone.
  std::vector<std::string> attributes = {};
  std::string source_json = {};  ///< with Options::show_values; empty: there is none
  std::string target_json = {};
};

/// Names of the attributes in which two items' JSON differ, at most limits::kNamedAttributes.
[[nodiscard]] std::vector<std::string> DifferingAttributes(std::string_view source_json,
                                                           std::string_view target_json);

}  // namespace ddbsync::verify
