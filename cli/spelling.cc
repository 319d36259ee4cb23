#include "cli/spelling.h"

#include <algorithm>
#include <vector>

namespace ddbsync::cli {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours, each counted as one.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

/// Two slips in a short word, a third of a long one; more is another word.
size_t Tolerance(std::string_view word) {
  return std::max<size_t>(2, word.size() / 3);
}

}  // namespace

std::string_view Nearest(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  size_t best_distance = Tolerance(word) + 1;
  for (const std::string_view candidate : known) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> known,
                       std::string_view prefix) {
  const std::string_view nearest = Nearest(word, known);
  if (nearest.empty()) return {};
  return std::string("; did you mean `").append(prefix).append(nearest).append("`?");
}

}  // namespace ddbsync::cli
