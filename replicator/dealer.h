#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "replicator/batch_source.h"
#include "replicator/dead_letters.h"
#include "replicator/fence.h"
#include "replicator/rechecks.h"
#include "replicator/segment_lanes.h"

namespace ddbsync::replicator {

/// Told what becomes of pages. Called without a lock of the dealer's.
class PageOwner {
 public:
  virtual ~PageOwner() = default;
  /// The page has no open item left. Each page once.
  virtual void OnPageSettled(BackfillPage& page, TimePoint now) = 0;
  /// The target has refused items for now.
  virtual void OnRefused() = 0;
};

/// Deals the items of many segments into each batch. Scan order is the target's partition order, so
/// a batch from one segment would hit one partition; one from all open segments spreads. What comes
/// back goes to the front of its own segment's lane, which then pauses: a throttled key range holds
/// back only itself. Any thread.
class Dealer final : public BatchSource {
 public:
  struct Parts {
    const dynamodb::KeySchema& schema;
    Fence& fence;
    Rechecks& rechecks;
    DeadLetters& dead_letters;
  };

  /// All outlive this.
  Dealer(Parts parts, PageOwner& owner) : parts_(parts), owner_(owner) {}
  ~Dealer() override;

  /// A page with at least one item.
  void Add(BackfillPage& page, TimePoint now);
  /// Gives up what is not on the wire of a page that will be read again; it settles as stale. A
  /// page that is settled already is left alone.
  void Discard(BackfillPage& page, TimePoint now);

  struct Settled {
    int64_t written = 0;
    int64_t fenced = 0;
    int64_t refused = 0;
    [[nodiscard]] int64_t total() const { return written + fenced + refused; }
  };
  /// Items settled by this process; those of a page that is read again count twice.
  [[nodiscard]] Settled settled() const;
  /// Items that wait to be dealt or come back.
  [[nodiscard]] bool HasItemsWaiting() const;
  [[nodiscard]] SegmentLanes::Throttled LookForThrottles(TimePoint now) const;

  bool HasWork(int slot, const Waker& waker, TimePoint now, TimePoint& retry_at) override;
  std::unique_ptr<WriteBatch> Take(TimePoint now) override;

 private:
  class Batch;
  friend class Batch;

  using Item = SegmentLanes::Item;
  enum class Fate { kWritten, kFenced, kDeadLetter, kStale };

  [[nodiscard]] std::vector<Item> Deal(TimePoint now) REQUIRES(mutex_);
  [[nodiscard]] std::vector<Item> Clear(std::vector<Item> dealt, TimePoint now) REQUIRES(mutex_);
  void Purge(BackfillPage& page) REQUIRES(mutex_);
  void CloseItem(BackfillPage& page, Fate fate) REQUIRES(mutex_);
  void ReturnItem(const Item& item, SegmentLanes::Cause cause, TimePoint now) REQUIRES(mutex_);
  [[nodiscard]] TimePoint NextDue() const REQUIRES(mutex_);
  [[nodiscard]] std::vector<BackfillPage*> TakeSettled() REQUIRES(mutex_);
  void Report(const std::vector<BackfillPage*>& settled, TimePoint now);

  const Parts parts_;
  PageOwner& owner_;

  mutable Mutex mutex_;
  SegmentLanes lanes_ GUARDED_BY(mutex_);
  std::deque<std::vector<Item>> isolated_ GUARDED_BY(mutex_);  ///< halves of a rejected batch
  std::vector<BackfillPage*> settled_pages_ GUARDED_BY(mutex_);
  Settled settled_ GUARDED_BY(mutex_);
  IdleSlots idle_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::replicator
