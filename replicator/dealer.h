#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_credit.h"
#include "base/mutex.h"
#include "dynamodb/item_page.h"
#include "replicator/batch_source.h"
#include "replicator/dead_letters.h"
#include "replicator/fence.h"
#include "replicator/rechecks.h"

namespace ddbsync::replicator {

/// A page of a segment on its way to the target. Owned by Backfill; the dealer refers to it
/// until it has reported it settled. Until then what the dealer counts is the dealer's, under its
/// lock; what it reported stands still afterwards.
struct BackfillPage {
  BackfillPage(dynamodb::ItemPage page, ByteGrant bytes, FencedRead fenced_read, int from_segment,
               std::string start)
      : items(std::move(page)),
        grant(std::move(bytes)),
        read(std::move(fenced_read)),
        segment(from_segment),
        start_cursor(std::move(start)),
        open(items.items().size()) {}

  dynamodb::ItemPage items;
  ByteGrant grant;
  FencedRead read;
  int segment;
  std::string start_cursor;  ///< what it was read with
  size_t open;               ///< items not settled yet; the dealer's
  int64_t written = 0;
  int64_t fenced = 0;    ///< dropped: the tail knows better
  bool stale = false;    ///< must be read again
  bool settled = false;  ///< reported; Backfill's, under its lock
};

/// Told when a page has no open item left. Called without a lock of the dealer's; each page once.
class PageOwner {
 public:
  virtual ~PageOwner() = default;
  virtual void OnPageSettled(BackfillPage& page, TimePoint now) = 0;
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

  bool HasWork(int slot, const Waker& waker, TimePoint now, TimePoint& retry_at) override;
  std::unique_ptr<WriteBatch> Take(TimePoint now) override;

 private:
  class Batch;
  friend class Batch;

  struct Item {
    BackfillPage* page;
    size_t index;
    [[nodiscard]] const dynamodb::ItemView& view() const { return page->items.items()[index]; }
  };
  struct Lane {
    std::deque<Item> items;
    TimePoint not_before;
    Duration pause = Duration::zero();
  };
  enum class Fate { kWritten, kFenced, kDeadLetter, kStale };

  [[nodiscard]] std::vector<Item> Deal(TimePoint now) REQUIRES(mutex_);
  [[nodiscard]] std::vector<Item> Clear(std::vector<Item> dealt, TimePoint now) REQUIRES(mutex_);
  void Purge(BackfillPage& page) REQUIRES(mutex_);
  void CloseItem(const Item& item, Fate fate) REQUIRES(mutex_);
  void ReturnItem(const Item& item, TimePoint now, bool slow_down) REQUIRES(mutex_);
  [[nodiscard]] TimePoint NextDue() const REQUIRES(mutex_);
  [[nodiscard]] std::vector<BackfillPage*> TakeSettled() REQUIRES(mutex_);
  void Report(const std::vector<BackfillPage*>& settled, TimePoint now);

  const Parts parts_;
  PageOwner& owner_;

  mutable Mutex mutex_;
  std::map<int, Lane> lanes_ GUARDED_BY(mutex_);               ///< by segment
  int next_lane_ GUARDED_BY(mutex_) = 0;                       ///< where dealing goes on
  std::deque<std::vector<Item>> isolated_ GUARDED_BY(mutex_);  ///< halves of a rejected batch
  std::vector<BackfillPage*> settled_pages_ GUARDED_BY(mutex_);
  Settled settled_ GUARDED_BY(mutex_);
  IdleSlots idle_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::replicator
