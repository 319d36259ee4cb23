#include "replicator/watermark.h"

#include "base/planted_bug.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

void Watermark::Start(const std::string& shard_id, const std::string& parent_id) {
  const auto parent = marks_.find(parent_id);
  marks_.try_emplace(shard_id, parent == marks_.end() ? std::nullopt : parent->second);
}

void Watermark::Restore(const std::string& shard_id, std::optional<WallTime> applied) {
  marks_[shard_id] = applied;
}

void Watermark::OnApplied(const std::string& shard_id, WallTime created) {
  auto& mark = marks_[shard_id];
  if (mark && created < *mark) ++regressions_;
  mark = created;  // also backwards: what we believed was wrong
}

void Watermark::OnTip(const std::string& shard_id, WallTime since) {
  auto& mark = marks_[shard_id];
  const WallTime proved = Planted(PlantedBug::kNoTipMargin) ? since : since - limits::kTipMargin;
  if (!mark || proved > *mark) mark = proved;
}

void Watermark::Drop(const std::string& shard_id) {
  marks_.erase(shard_id);
}

std::optional<WallTime> Watermark::Minimum() const {
  std::optional<WallTime> minimum;
  for (const auto& [shard, mark] : marks_) {
    if (!mark) return std::nullopt;
    if (!minimum || *mark < *minimum) minimum = mark;
  }
  return minimum;
}

std::optional<WallTime> Watermark::Of(const std::string& shard_id) const {
  const auto mark = marks_.find(shard_id);
  return mark == marks_.end() ? std::nullopt : mark->second;
}

}  // namespace ddbsync::replicator
