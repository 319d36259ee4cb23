#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/batch.h"

namespace ddbsync::checkpoint {

/// What is safe but not durable yet. Every Stage leaves the whole in a state that may become
/// durable as it stands; the committer always takes all of it. So things that must become durable
/// together are staged in one call, and what must come first is staged first. Any thread.
class Ledger {
 public:
  /// Names a moment: all that was staged up to and with that call.
  using Ticket = uint64_t;

  Ticket Stage(Batch batch);

  /// Wakes `waker` when the ticket is durable; at once when it is already.
  void WakeWhenDurable(Ticket ticket, Waker waker);
  [[nodiscard]] bool IsDurable(Ticket ticket) const;
  /// All that was staged so far; a stop waits until it is durable.
  [[nodiscard]] Ticket LastStaged() const;

  // For the committer alone. One Take is answered by one MarkDurable or one PutBack.
  struct Staged {
    Batch batch;
    Ticket ticket = 0;
  };
  /// Everything, possibly nothing.
  [[nodiscard]] Staged Take();
  void MarkDurable(Ticket ticket);
  /// The commit failed: its changes go back beneath those staged meanwhile.
  void PutBack(Staged staged);

 private:
  mutable Mutex mutex_;
  Batch staged_ GUARDED_BY(mutex_);
  Ticket last_staged_ GUARDED_BY(mutex_) = 0;
  Ticket durable_ GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<Ticket, Waker>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::checkpoint
