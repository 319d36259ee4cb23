#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "dynamodb/batch.h"

namespace ddbsync::replicator {

/// Writes that go out in one call. Destroyed after Settle.
class WriteBatch {
 public:
  virtual ~WriteBatch() = default;
  [[nodiscard]] virtual std::span<const dynamodb::WriteOp> ops() const = 0;

  /// What became of the call. Exactly once.
  virtual void Settle(const Result<dynamodb::BatchWriteResult>& result, TimePoint now) = 0;
};

/// Where writer slots get their batches. Any thread.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// True when Take is likely to find something now. Otherwise `slot` is woken when that changes,
  /// or asks again at `retry_at`.
  [[nodiscard]] virtual bool HasWork(int slot, const Waker& waker, TimePoint now,
                                     TimePoint& retry_at) = 0;

  /// A batch cleared by the fence, to be sent at once; null when there is none after all.
  [[nodiscard]] virtual std::unique_ptr<WriteBatch> Take(TimePoint now) = 0;
};

/// Slots that found nothing to do. Not thread-safe: part of a BatchSource, under its lock.
class IdleSlots {
 public:
  void Park(int slot, const Waker& waker) { idle_[slot] = waker; }
  /// It woke by itself: a wake spent on it would be lost while its call lasts.
  void Remove(int slot) { idle_.erase(slot); }
  /// Takes out up to `count`; the caller wakes them after it let go of its lock.
  [[nodiscard]] std::vector<Waker> Take(size_t count) {
    std::vector<Waker> woken;
    while (!idle_.empty() && woken.size() < count) {
      woken.push_back(std::move(idle_.begin()->second));
      idle_.erase(idle_.begin());
    }
    return woken;
  }

 private:
  std::map<int, Waker> idle_;
};

}  // namespace ddbsync::replicator
