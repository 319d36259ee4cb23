#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "replicator/live_copy.h"

namespace ddbsync::replicator {

/// Keys that the tail has written since somebody last asked, for a verification that watches. Costs
/// one look at a flag while nobody does. Bounded by limits::kChangedKeyBytes. Any thread.
class ChangedKeys {
 public:
  void Remember(bool on);
  [[nodiscard]] bool wanted() const { return wanted_.load(std::memory_order_relaxed); }
  void Add(std::string_view key, std::string_view key_json);
  [[nodiscard]] LiveCopy::Changes Take();

 private:
  std::atomic<bool> wanted_ = false;
  Mutex mutex_;
  std::unordered_map<std::string, std::string> keys_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  bool complete_ GUARDED_BY(mutex_) = true;
};

}  // namespace ddbsync::replicator
