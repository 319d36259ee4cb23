#include "base/byte_credit.h"

#include "base/error.h"

namespace ddbsync {

ByteGrant& ByteGrant::operator=(ByteGrant&& other) noexcept {
  ByteGrant released(std::move(*this));  // now, not when `other` ends
  std::swap(credit_, other.credit_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

ByteGrant::~ByteGrant() {
  if (credit_ != nullptr) credit_->Adjust(bytes_, 0);
}

void ByteGrant::ResizeTo(size_t bytes) {
  DDBSYNC_CHECK(credit_ != nullptr);
  credit_->Adjust(bytes_, bytes);
  bytes_ = bytes;
}

ByteCredit::ByteCredit(size_t limit, size_t reserved_for_tail)
    : limit_(limit), reserved_for_tail_(reserved_for_tail) {
  DDBSYNC_CHECK(reserved_for_tail < limit);
}

std::optional<ByteGrant> ByteCredit::TryTake(User user, size_t bytes, const Waker& waker) {
  MutexLock lock(mutex_);
  const size_t limit = user == User::kTail ? limit_ : limit_ - reserved_for_tail_;
  // One page at a time is always allowed, or a page larger than the limit would wait for ever.
  if (used_ + bytes <= limit || (used_ == 0)) {
    used_ += bytes;
    return ByteGrant(this, bytes);
  }
  (user == User::kTail ? waiting_tail_ : waiting_backfill_).push_back({waker, bytes});
  return std::nullopt;
}

ByteGrant ByteCredit::TakeRegardless(size_t bytes) {
  MutexLock lock(mutex_);
  used_ += bytes;
  return {this, bytes};
}

size_t ByteCredit::used() const {
  MutexLock lock(mutex_);
  return used_;
}

bool ByteCredit::is_awaited() const {
  MutexLock lock(mutex_);
  return !waiting_tail_.empty() || !waiting_backfill_.empty();
}

void ByteCredit::Adjust(size_t from, size_t to) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    DDBSYNC_CHECK(used_ + to >= from);
    used_ = used_ + to - from;
    if (to >= from) return;
    size_t promised = 0;
    TakeServed(waiting_tail_, limit_, promised, woken);
    TakeServed(waiting_backfill_, limit_ - reserved_for_tail_, promised, woken);
  }
  for (const Waker& waker : woken) waker.Wake();
}

void ByteCredit::TakeServed(std::deque<Waiting>& waiting, size_t limit, size_t& promised,
                            std::vector<Waker>& served) {
  // Not all of them: with thousands of shards each release would wake as many for nothing. Who is
  // woken may want nothing any more; when nobody holds anything nobody's release would come, so
  // then all look again.
  while (!waiting.empty()) {
    const size_t bytes = waiting.front().bytes;
    if (used_ > 0 && used_ + promised + bytes > limit) return;
    promised += bytes;
    served.push_back(std::move(waiting.front().waker));
    waiting.pop_front();
  }
}

}  // namespace ddbsync
