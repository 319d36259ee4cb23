#include "replicator/changed_keys.h"

#include <utility>

#include "replicator/limits.h"

namespace ddbsync::replicator {

void ChangedKeys::Remember(bool on) {
  MutexLock lock(mutex_);
  keys_.clear();
  bytes_ = 0;
  complete_ = true;
  wanted_ = on;
}

void ChangedKeys::Add(std::string_view key, std::string_view key_json) {
  MutexLock lock(mutex_);
  if (!wanted() || !complete_) return;
  const auto [entry, added] = keys_.try_emplace(std::string(key), key_json);
  if (!added) return;
  bytes_ += key.size() + key_json.size() + limits::kChangedKeyOverhead;
  if (bytes_ <= limits::kChangedKeyBytes) return;
  // All are to be looked at then; none needs to be known.
  complete_ = false;
  keys_.clear();
  bytes_ = 0;
}

LiveCopy::Changes ChangedKeys::Take() {
  MutexLock lock(mutex_);
  LiveCopy::Changes changes;
  changes.complete = std::exchange(complete_, true);
  for (auto& [key, key_json] : keys_) changes.keys.emplace_back(key, std::move(key_json));
  keys_.clear();
  bytes_ = 0;
  return changes;
}

}  // namespace ddbsync::replicator
