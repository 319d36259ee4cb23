#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

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
  /// left by those who waited longer. Who asks again while it waits keeps its place, with the new
  /// size; who is given something waits no more. So no more wait than there are wakers.
  std::optional<ByteGrant> TryTake(User user, size_t bytes, const Waker& waker);

  /// Takes even past the limit, for what has to go on so that credit comes back; others wait
  /// longer.
  [[nodiscard]] ByteGrant TakeRegardless(size_t bytes);

  [[nodiscard]] size_t used() const;
  /// How many wait for bytes to come back.
  [[nodiscard]] size_t waiting() const;

 private:
  friend class ByteGrant;

  /// Who waits, the first first. Each call is O(1): ten thousand shards may stand here.
  class Line {
   public:
    void Add(const Waker& waker, size_t bytes);
    void Remove(const Waker& waker);
    [[nodiscard]] size_t size() const { return waiting_.size(); }
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] size_t first_bytes() const { return waiting_.front().bytes; }
    Waker TakeFirst();

   private:
    struct Waiting {
      Waker waker;
      size_t bytes;
    };
    std::list<Waiting> waiting_;
    std::unordered_map<const void*, std::list<Waiting>::iterator> places_;  ///< by the waker's id
  };

  void Adjust(size_t from, size_t to);
  /// Takes out those for whom there is room, the first first.
  void TakeServed(Line& line, size_t limit, size_t& promised, std::vector<Waker>& served)
      REQUIRES(mutex_);

  const size_t limit_;
  const size_t reserved_for_tail_;

  mutable Mutex mutex_;
  size_t used_ GUARDED_BY(mutex_) = 0;
  Line waiting_tail_ GUARDED_BY(mutex_);
  Line waiting_backfill_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync
