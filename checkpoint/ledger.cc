#include "checkpoint/ledger.h"

#include <utility>

#include "base/error.h"

namespace ddbsync::checkpoint {

Ledger::Ticket Ledger::Stage(Batch batch) {
  MutexLock lock(mutex_);
  staged_.Merge(std::move(batch));
  return ++last_staged_;
}

void Ledger::WakeWhenDurable(Ticket ticket, Waker waker) {
  {
    MutexLock lock(mutex_);
    if (ticket > durable_) {
      waiting_.emplace_back(ticket, std::move(waker));
      return;
    }
  }
  waker.Wake();
}

bool Ledger::IsDurable(Ticket ticket) const {
  MutexLock lock(mutex_);
  return ticket <= durable_;
}

Ledger::Ticket Ledger::LastStaged() const {
  MutexLock lock(mutex_);
  return last_staged_;
}

Ledger::Staged Ledger::Take() {
  MutexLock lock(mutex_);
  return Staged{std::exchange(staged_, Batch()), last_staged_};
}

void Ledger::MarkDurable(Ticket ticket) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    DDBSYNC_CHECK(ticket >= durable_ && ticket <= last_staged_);
    durable_ = ticket;
    std::erase_if(waiting_, [&](std::pair<Ticket, Waker>& waiting) {
      if (waiting.first > ticket) return false;
      woken.push_back(std::move(waiting.second));
      return true;
    });
  }
  for (const Waker& waker : woken) waker.Wake();
}

void Ledger::PutBack(Staged staged) {
  MutexLock lock(mutex_);
  staged.batch.Merge(std::exchange(staged_, Batch()));
  staged_ = std::move(staged.batch);
}

}  // namespace ddbsync::checkpoint
