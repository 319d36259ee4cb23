#include "streams/lineage.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/planted_bug.h"
#include "streams/limits.h"

namespace ddbsync::streams {

std::string_view ToString(ShardPhase phase) {
  switch (phase) {
    case ShardPhase::kLost:
      return "lost";
    case ShardPhase::kWaiting:
      return "waiting";
    case ShardPhase::kReading:
      return "reading";
    case ShardPhase::kFinished:
      return "finished";
  }
  return "unknown";
}

Lineage::Lineage(WallTime earliest) : earliest_(earliest) {}

void Lineage::Restore(const ShardProgress& shard) {
  Adopt(shard.shard_id, shard.parent_id);
  Node& node = nodes_[shard.shard_id];
  node.begun = true;
  node.position = shard.position;
  node.state = shard.finished ? State::kFinished : State::kWaiting;
  node.finished_at = shard.finished_at;
  changed_ = true;
}

void Lineage::Observe(std::span<const dynamodb::ShardDescription> shards) {
  for (const dynamodb::ShardDescription& shard : shards) {
    Adopt(shard.id, shard.parent_id);
    Node& node = nodes_[shard.id];
    node.listed = true;
    node.missed = 0;
    node.closed = node.closed || !shard.ending_sequence_number.empty();
    if (node.state == State::kUnseen) node.state = State::kWaiting;
    if (node.state == State::kTrimmed) {
      node.state = State::kWaiting;
      if (HasBegunChild(node) && !HasChildCreatedBeforeEarliest(node)) {
        Lose(shard.id, node, "it is listed again after it was held to be trimmed");
      }
    }
  }
  changed_ = true;
}

void Lineage::CompleteListing(WallTime began) {
  latest_listing_ = began;
  for (auto& [id, node] : nodes_) {
    node.missed = node.listed ? 0 : node.missed + 1;
    node.listed = false;
  }
  for (auto& [id, node] : nodes_) {
    if (node.missed == 0) continue;
    if (node.state == State::kUnseen) {
      JudgeUnseen(id, node);
    } else {
      JudgeMissed(id, node);
    }
  }
  changed_ = true;
}

std::vector<ReadyShard> Lineage::TakeReady() {
  Settle();
  return std::exchange(ready_, {});
}

std::vector<std::string> Lineage::TakeFinishedUnread() {
  Settle();
  return std::exchange(finished_unread_, {});
}

std::vector<LostShard> Lineage::TakeLost() {
  Settle();
  return std::exchange(lost_, {});
}

std::vector<std::string> Lineage::TakeForgettable(WallTime now) {
  Settle();
  const Duration age = Planted(PlantedBug::kFinishedMarkersForgotten) ? Duration::zero()
                                                                      : limits::kFinishedMarkerAge;
  std::vector<std::string> forgettable;
  for (const auto& [id, node] : nodes_) {
    // Settle has begun the children that are known.
    if (node.state == State::kFinished && node.missed > 0 && now - node.finished_at >= age) {
      forgettable.push_back(id);
    }
  }
  for (const std::string& id : forgettable) Erase(id);
  return forgettable;
}

void Lineage::Finish(const std::string& shard_id, WallTime now) {
  Node& node = nodes_[shard_id];
  node.state = State::kFinished;
  node.begun = true;
  node.finished_at = now;
  changed_ = true;
}

bool Lineage::HasUnknownChildren(const std::string& shard_id) const {
  const auto found = nodes_.find(shard_id);
  return found != nodes_.end() && found->second.state == State::kFinished &&
         found->second.children.empty();
}

std::string Lineage::ParentOf(const std::string& shard_id) const {
  const auto found = nodes_.find(shard_id);
  return found == nodes_.end() ? "" : found->second.parent_id;
}

bool Lineage::EndedBeforeEarliest(const std::string& shard_id) const {
  const auto found = nodes_.find(shard_id);
  return found != nodes_.end() && HasChildCreatedBeforeEarliest(found->second);
}

Lineage::Counts Lineage::Count() const {
  Counts counts;
  for (const auto& [id, node] : nodes_) {
    if (node.state == State::kReading) ++counts.reading;
    if (node.state == State::kWaiting || node.state == State::kLost) ++counts.waiting;
    if (node.state == State::kFinished) ++counts.finished;
  }
  return counts;
}

ShardFamily Lineage::Family(size_t most) const {
  ShardFamily family;
  for (const auto& [state, phase] : {std::pair{State::kLost, ShardPhase::kLost},
                                     std::pair{State::kWaiting, ShardPhase::kWaiting},
                                     std::pair{State::kReading, ShardPhase::kReading},
                                     std::pair{State::kFinished, ShardPhase::kFinished}}) {
    // Ids begin with the time at which their shard was made.
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
      if (node->second.state != state) continue;
      if (family.shards.size() < most) {
        family.shards.push_back({node->first, node->second.parent_id, phase});
      } else {
        ++family.left_out;
      }
    }
  }
  return family;
}

bool Lineage::IsDone(const Node& node) {
  return node.state == State::kFinished || node.state == State::kTrimmed;
}

void Lineage::Adopt(const std::string& id, const std::string& parent_id) {
  Node& node = nodes_[id];
  if (parent_id.empty() || node.parent_id == parent_id) return;
  node.parent_id = parent_id;
  nodes_[parent_id].children.insert(id);
}

bool Lineage::HasChildCreatedBeforeEarliest(const Node& node) const {
  return std::ranges::any_of(node.children, [this](const std::string& child) {
    const std::optional<WallTime> created = CreatedFromId(child);
    return created && *created < earliest_;
  });
}

bool Lineage::HasBegunChild(const Node& node) const {
  return std::ranges::any_of(node.children, [this](const std::string& child) {
    const auto found = nodes_.find(child);
    return found != nodes_.end() && found->second.begun;
  });
}

bool Lineage::HoldsBackChild(const Node& node) const {
  return std::ranges::any_of(node.children, [this](const std::string& child) {
    const auto found = nodes_.find(child);
    return found != nodes_.end() && !found->second.begun;
  });
}

bool Lineage::MayStart(const Node& node) const {
  if (Planted(PlantedBug::kChildBeforeParent)) return latest_listing_.has_value();
  const bool resumes = node.begun && !node.position.empty();
  // What a shard without a position may have lost is known only beside a whole listing.
  if (!resumes && !latest_listing_) return false;
  if (node.parent_id.empty()) return true;
  const auto parent = nodes_.find(node.parent_id);
  // A durable record of the child was written no sooner than the one of its parent's end.
  if (parent == nodes_.end() || parent->second.state == State::kUnseen) {
    return node.begun || Planted(PlantedBug::kUnlistedParentIsFinished);
  }
  return IsDone(parent->second);
}

bool Lineage::BeginningMayBeTrimmed(const std::string& id, const Node& node) const {
  if (!node.position.empty() || !latest_listing_) return false;
  // An idle shard that never closes, as local servers have, keeps no position for days; on AWS
  // shards roll every few hours, so that one of this age is closed.
  if (node.begun && !node.closed) return false;
  const WallTime horizon = *latest_listing_ - limits::kStreamRetention;
  const std::optional<WallTime> created = CreatedFromId(id);
  return created && *created < horizon && earliest_ < horizon;
}

void Lineage::JudgeMissed(const std::string& id, Node& node) {
  if (node.missed < limits::kListingsBeforeGone) return;
  if (node.state != State::kWaiting && node.state != State::kReading) return;
  if (HasChildCreatedBeforeEarliest(node)) {
    FinishUnread(id);
    return;
  }
  node.state = State::kLost;
  Lose(id, node, "it is no longer listed and was not read to its end");
}

void Lineage::JudgeUnseen(const std::string& id, Node& node) {
  if (!HoldsBackChild(node)) return;
  if (HasChildCreatedBeforeEarliest(node)) {
    node.state = State::kTrimmed;
    return;
  }
  const std::optional<WallTime> created = CreatedFromId(id);
  const bool old_enough = !created || *latest_listing_ - *created > limits::kStreamRetention;
  if (node.missed < limits::kListingsBeforeGone || !old_enough) return;
  node.state = State::kTrimmed;
  const bool end_is_known = CreatedFromId(*node.children.begin()).has_value();
  if (end_is_known) {
    Lose(id, node, "it ended, unread, and is older than the 24 hours that a stream keeps");
  }
}

void Lineage::Lose(const std::string& id, Node& node, std::string reason) {
  if (std::exchange(node.named_lost, true)) return;
  lost_.push_back({id, std::move(reason)});
}

void Lineage::FinishUnread(const std::string& shard_id) {
  std::string id = shard_id;
  for (auto found = nodes_.find(id); found != nodes_.end(); found = nodes_.find(id)) {
    Node& node = found->second;
    if (id != shard_id && (node.state != State::kWaiting || node.begun)) return;
    node.state = State::kFinished;
    node.begun = true;
    node.finished_at = *latest_listing_;
    finished_unread_.push_back(id);
    id = node.parent_id;
  }
}

void Lineage::Settle() {
  if (!std::exchange(changed_, false)) return;
  if (latest_listing_) {
    for (const auto& [id, node] : nodes_) {
      if (node.state != State::kWaiting || node.begun) continue;
      const bool of_no_concern = node.closed && HasChildCreatedBeforeEarliest(node);
      if (of_no_concern || HasBegunChild(node)) FinishUnread(id);
    }
  }
  for (auto& [id, node] : nodes_) {
    if (node.state != State::kWaiting || !MayStart(node)) continue;
    if (BeginningMayBeTrimmed(id, node)) {
      Lose(id, node,
           "its oldest records left the stream, which keeps 24 hours, before it was read");
    }
    node.state = State::kReading;
    node.begun = true;
    ready_.push_back({id, node.parent_id, node.position});
  }
}

void Lineage::Erase(const std::string& id) {
  const std::string parent_id = nodes_.at(id).parent_id;
  nodes_.erase(id);
  const auto parent = nodes_.find(parent_id);
  if (parent == nodes_.end()) return;
  const State state = parent->second.state;
  if (state != State::kUnseen && state != State::kTrimmed) return;
  parent->second.children.erase(id);
  if (parent->second.children.empty()) nodes_.erase(parent);
}

std::optional<WallTime> CreatedFromId(std::string_view shard_id) {
  constexpr std::string_view kPrefix = "shardId-";
  constexpr size_t kDigits = 20;
  if (!shard_id.starts_with(kPrefix)) return std::nullopt;
  shard_id.remove_prefix(kPrefix.size());
  if (shard_id.size() <= kDigits || shard_id[kDigits] != '-') return std::nullopt;
  int64_t milliseconds = 0;
  const char* end = shard_id.data() + kDigits;
  const auto [stop, error] = std::from_chars(shard_id.data(), end, milliseconds);
  if (error != std::errc() || stop != end || milliseconds < 0) return std::nullopt;
  return WallTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace ddbsync::streams
