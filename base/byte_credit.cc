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
  Line& line = user == User::kTail ? waiting_tail_ : waiting_backfill_;
  // One page at a time is always allowed, or a page larger than the limit would wait for ever.
  if (used_ + bytes <= limit || (used_ == 0)) {
    used_ += bytes;
    line.Remove(waker);
    return ByteGrant(this, bytes);
  }
  line.Add(waker, bytes);
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

size_t ByteCredit::waiting() const {
  MutexLock lock(mutex_);
  return waiting_tail_.size() + waiting_backfill_.size();
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

void ByteCredit::TakeServed(Line& line, size_t limit, size_t& promised,
                            std::vector<Waker>& served) {
  // Not all of them: with thousands of shards each release would wake as many for nothing. Who is
  // woken may want nothing any more; when nobody holds anything nobody's release would come, so
  // then all look again.
  while (!line.empty()) {
    const size_t bytes = line.first_bytes();
    if (used_ > 0 && used_ + promised + bytes > limit) return;
    promised += bytes;
    served.push_back(line.TakeFirst());
  }
}

void ByteCredit::Line::Add(const Waker& waker, size_t bytes) {
  if (const auto place = places_.find(waker.id()); place != places_.end()) {
    place->second->bytes = bytes;
    return;
  }
  places_[waker.id()] = waiting_.insert(waiting_.end(), {waker, bytes});
}

void ByteCredit::Line::Remove(const Waker& waker) {
  const auto place = places_.find(waker.id());
  if (place == places_.end()) return;
  waiting_.erase(place->second);
  places_.erase(place);
}

Waker ByteCredit::Line::TakeFirst() {
  Waker waker = std::move(waiting_.front().waker);
  places_.erase(waker.id());
  waiting_.pop_front();
  return waker;
}

}  // namespace ddbsync
