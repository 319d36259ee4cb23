#include "verify/differences.h"

#include <algorithm>
#include <utility>

#include "verify/limits.h"

namespace ddbsync::verify {

bool Differences::Add(Difference difference) {
  const auto kind = static_cast<size_t>(difference.kind);
  if (const auto known = Remove(difference.key)) {
    difference.since = std::min(difference.since, known->since);
  }
  ++counts_[kind];
  if (kept_.size() >= limits::kMostDifferences) {
    ++not_kept_[kind];
    return false;
  }
  std::string key = difference.key;
  kept_.emplace(std::move(key), std::move(difference));
  return true;
}

std::optional<Difference> Differences::Remove(std::string_view key) {
  const auto found = kept_.find(key);
  if (found == kept_.end()) return std::nullopt;
  Difference removed = std::move(found->second);
  kept_.erase(found);
  --counts_[static_cast<size_t>(removed.kind)];
  return removed;
}

void Differences::ForgetNotKept() {
  for (size_t kind = 0; kind < kDifferenceKinds; ++kind) {
    counts_[kind] -= std::exchange(not_kept_[kind], 0);
  }
}

std::optional<WallTime> Differences::oldest() const {
  std::optional<WallTime> oldest;
  for (const auto& [key, difference] : kept_) {
    if (!oldest || difference.since < *oldest) oldest = difference.since;
  }
  return oldest;
}

std::vector<Difference> Differences::List(size_t most, WallTime before) const {
  std::vector<Difference> listed;
  for (const auto& [key, difference] : kept_) {
    if (listed.size() == most) break;
    if (difference.since <= before) listed.push_back(difference);
  }
  return listed;
}

}  // namespace ddbsync::verify
