#include "cli/line_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ddbsync::cli {
namespace {

constexpr int kBarColumns = 20;

}  // namespace

std::string Join(const std::vector<LinePart>& parts) {
  std::string line;
  for (const LinePart& part : parts) {
    if (!line.empty()) line.append(kBetweenParts);
    line.append(part.text);
  }
  return line;
}

bool DropLeastImportant(std::vector<LinePart>& parts) {
  const auto least =
      std::max_element(parts.begin(), parts.end(),
                       [](const LinePart& a, const LinePart& b) { return a.rank < b.rank; });
  if (least == parts.end() || least->rank == 0) return false;
  parts.erase(least);
  return true;
}

std::string Bar(double progress) {
  const double filled = std::clamp(progress, 0.0, 1.0) * kBarColumns;
  const auto done = static_cast<size_t>(std::floor(filled));
  std::string bar = "[" + std::string(done, '=');
  if (done < kBarColumns) bar += '>';
  bar.resize(kBarColumns + 1, ' ');
  return bar + "]";
}

std::string Percent(double progress, bool complete) {
  constexpr double kAlmost = 99.9;
  const double percent = std::clamp(progress, 0.0, 1.0) * 100;
  return complete ? "100%" : fmt::format("{:.1f}%", std::min(percent, kAlmost));
}

}  // namespace ddbsync::cli
