#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace ddbsync::replicator {

/// Up to when everything is on the target. Per live shard: the creation time of its last applied
/// record, or the start of its last poll that proved the tip less a margin; for the job the minimum
/// of all. Failed polls never move it. Not thread-safe; its owner locks.
class Watermark {
 public:
  /// A shard that may be read now. A child begins where its parent ended.
  void Start(const std::string& shard_id, const std::string& parent_id);
  /// A shard known from the checkpoint, applied up to a record of that time.
  void Restore(const std::string& shard_id, std::optional<WallTime> applied);

  void OnApplied(const std::string& shard_id, WallTime created);
  void OnTip(const std::string& shard_id, WallTime since);

  /// A finished shard counts until its children are known, for they may be behind.
  void Drop(const std::string& shard_id);

  /// None: no live shard, or one of which nothing is known yet.
  [[nodiscard]] std::optional<WallTime> Minimum() const;
  /// Of one shard.
  [[nodiscard]] std::optional<WallTime> Of(const std::string& shard_id) const;

  /// Records that were older than their shard's watermark.
  [[nodiscard]] int64_t regressions() const { return regressions_; }

 private:
  std::unordered_map<std::string, std::optional<WallTime>> marks_;
  int64_t regressions_ = 0;
};

}  // namespace ddbsync::replicator
