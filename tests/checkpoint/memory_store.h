#pragma once

#include <map>
#include <string>

#include "base/mutex.h"
#include "checkpoint/store.h"

namespace ddbsync::checkpoint {

/// A Store in memory that can be told to fail. Its records outlive a "crash" by being copied. Any
/// thread.
class MemoryStore final : public Store {
 public:
  using Records = std::map<std::string, std::string>;

  MemoryStore() = default;
  explicit MemoryStore(Records records) : records_(std::move(records)) {}

  /// Commits and reopens fail until told otherwise.
  void SetBroken(bool broken) {
    MutexLock lock(mutex_);
    broken_ = broken;
  }
  [[nodiscard]] Records records() const {
    MutexLock lock(mutex_);
    return records_;
  }
  /// Batches committed.
  [[nodiscard]] int commits() const {
    MutexLock lock(mutex_);
    return commits_;
  }

  Result<void> Commit(const Batch& batch) override {
    MutexLock lock(mutex_);
    if (poisoned_) return Fail(ErrorCode::kPoisoned, "poisoned");
    if (broken_) {
      poisoned_ = true;
      return Fail(ErrorCode::kIo, "broken");
    }
    ++commits_;
    for (const auto& [key, value] : batch.changes()) {
      if (value) {
        records_[key] = *value;
      } else {
        records_.erase(key);
      }
    }
    return {};
  }

  Result<std::optional<std::string>> Get(std::string_view key) override {
    MutexLock lock(mutex_);
    if (poisoned_) return Fail(ErrorCode::kPoisoned, "poisoned");
    const auto found = records_.find(std::string(key));
    if (found == records_.end()) return std::nullopt;
    return found->second;
  }

  Result<void> Scan(std::string_view prefix, const Visit& visit) override {
    for (const auto& [key, value] : records()) {
      if (!key.starts_with(prefix)) continue;
      if (auto visited = visit(key, value); !visited) return visited;
    }
    return {};
  }

  Result<void> Reopen() override {
    MutexLock lock(mutex_);
    if (broken_) return Fail(ErrorCode::kIo, "broken");
    poisoned_ = false;
    return {};
  }

 private:
  mutable Mutex mutex_;
  Records records_ GUARDED_BY(mutex_);
  int commits_ GUARDED_BY(mutex_) = 0;
  bool broken_ GUARDED_BY(mutex_) = false;
  bool poisoned_ GUARDED_BY(mutex_) = false;
};

}  // namespace ddbsync::checkpoint
