#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/task.h"

namespace ddbsync {

class ByteCredit;

/// Bytes taken from a ByteCredit; given back when destroyed. Movable.
class ByteGrant {
 public:
  ByteGrant() = default;
  ByteGrant(ByteCredit* credit, size_t bytes) : credit_(credit), bytes_(bytes) {}
  ByteGrant(ByteGrant&& other) noexcept
      : credit_(std::exchange(other.credit_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  ByteGrant& operator=(ByteGrant&& other) noexcept;
  ~ByteGrant();

  /// Gives back what the real size did not need; takes what it needs beyond, even past the limit:
  /// the bytes are there already and the next request waits for them instead.
  void ResizeTo(size_t bytes);
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  ByteCredit* credit_ = nullptr;
  size_t bytes_ = 0;
};

/// Bounds the bytes of pages alive (--memory). Taken before a page is requested, so memory is
/// bounded whatever the table's size. Safe from any thread; outlives its grants.
class ByteCredit {
 public:
  /// The tail may use everything; the backfill leaves `reserved_for_tail` bytes free.
  ByteCredit(size_t limit, size_t reserved_for_tail);

  enum class User { kTail, kBackfill };

  /// Nothing when there is not enough; `waker` is then woken once, when enough of what came back is
  /// left by those who waited longer.
  std::optional<ByteGrant> TryTake(User user, size_t bytes, const Waker& waker);

  /// Takes even past the limit, for what has to go on so that credit comes back; others wait
  /// longer.
  [[nodiscard]] ByteGrant TakeRegardless(size_t bytes);

  [[nodiscard]] size_t used() const;
  /// Whether somebody waits for bytes to come back.
  [[nodiscard]] bool is_awaited() const;

 private:
  friend class ByteGrant;
  struct Waiting {
    Waker waker;
    size_t bytes;
  };

  void Adjust(size_t from, size_t to);
  /// Takes out those for whom there is room, the first first.
  void TakeServed(std::deque<Waiting>& waiting, size_t limit, size_t& promised,
                  std::vector<Waker>& served) REQUIRES(mutex_);

  const size_t limit_;
  const size_t reserved_for_tail_;

  mutable Mutex mutex_;
  size_t used_ GUARDED_BY(mutex_) = 0;
  std::deque<Waiting> waiting_tail_ GUARDED_BY(mutex_);
  std::deque<Waiting> waiting_backfill_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync
