#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ddbsync::cli {

// What lines about something that goes on are made of.

inline constexpr std::string_view kBetweenParts = "  ";

/// A part of a line; the highest rank is left out first, 0 never.
struct LinePart {
  std::string text;
  int rank;
};

[[nodiscard]] std::string Join(const std::vector<LinePart>& parts);
/// False when none may be left out.
bool DropLeastImportant(std::vector<LinePart>& parts);

/// "[=====>     ]"
[[nodiscard]] std::string Bar(double progress);
/// "37.5%"; never 100 % before it is: the estimate of a table may be short.
[[nodiscard]] std::string Percent(double progress, bool complete);

}  // namespace ddbsync::cli
