#include "replicator/dealer.h"

#include <algorithm>
#include <utility>

#include "base/planted_bug.h"
#include "dynamodb/item_key.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

/// Items on the wire, admitted by the fence.
class Dealer::Batch final : public WriteBatch {
 public:
  Batch(Dealer& dealer, std::vector<Item> items) : dealer_(dealer), items_(std::move(items)) {
    ops_.reserve(items_.size());
    keys_.reserve(items_.size());
    for (const Item& item : items_) {
      ops_.push_back({dynamodb::WriteOp::Kind::kPut, item.view->json, item.view->key});
      keys_.push_back(item.view->key);
    }
  }

  [[nodiscard]] std::span<const dynamodb::WriteOp> ops() const override { return ops_; }

  void Settle(const Result<dynamodb::BatchWriteResult>& result, TimePoint now) override {
    const bool ambiguous = !result && result.error().code == ErrorCode::kAmbiguous;
    const bool rejected = !result && result.error().code == ErrorCode::kInvalid;
    // Noted before it is released: the tail may pass the key's position right after.
    if (ambiguous && !Planted(PlantedBug::kAmbiguousIsForgotten)) NoteAll(now);
    if (rejected && items_.size() == 1) AddDeadLetter(result.error());
    if (result) Acknowledge(result->unprocessed);
    dealer_.parts_.fence.Release(keys_);

    std::vector<BackfillPage*> settled;
    std::vector<Waker> woken;
    {
      MutexLock lock(dealer_.mutex_);
      if (result) {
        Distribute(result->unprocessed, now);
      } else if (rejected && items_.size() == 1) {
        dealer_.CloseItem(*items_.front().page, Fate::kDeadLetter);
      } else if (rejected) {
        const auto middle = items_.begin() + static_cast<ptrdiff_t>(items_.size() / 2);
        dealer_.isolated_.emplace_back(items_.begin(), middle);
        dealer_.isolated_.emplace_back(middle, items_.end());
      } else {
        const bool throttled = result.error().code == ErrorCode::kThrottled;
        const auto cause = throttled ? SegmentLanes::Cause::kRefused : SegmentLanes::Cause::kFailed;
        for (const Item& item : items_) dealer_.ReturnItem(item, cause, now);
      }
      settled = dealer_.TakeSettled();
      // Who is idle does not know of what has just come back.
      const bool some_are_back = !result || !result->unprocessed.empty();
      if (some_are_back) woken = dealer_.idle_.Take(1);
    }
    for (const Waker& waker : woken) waker.Wake();
    const bool throttled = !result && result.error().code == ErrorCode::kThrottled;
    if (throttled || (result && !result->unprocessed.empty())) dealer_.owner_.OnRefused();
    dealer_.Report(settled, now);
  }

 private:
  void NoteAll(TimePoint now) {
    for (const Item& item : items_) {
      dealer_.parts_.rechecks.Note(item.view->key, KeyOf(item), now);
    }
  }

  void AddDeadLetter(const Error& error) {
    const Item& item = items_.front();
    dealer_.parts_.dead_letters.Add(item.view->key, KeyOf(item), ToString(error), "backfill");
  }

  /// The page was cut by the same schema, so its items have their keys.
  [[nodiscard]] std::string KeyOf(const Item& item) const {
    auto key = dynamodb::KeyJson(item.view->json, dealer_.parts_.schema);
    DDBSYNC_CHECK(key.has_value());
    return *std::move(key);
  }

  void Acknowledge(const std::vector<size_t>& unprocessed) {
    if (unprocessed.empty()) {
      dealer_.parts_.dead_letters.OnAcknowledged(keys_);
      return;
    }
    std::vector<std::string_view> acknowledged;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (!std::ranges::binary_search(unprocessed, i)) acknowledged.push_back(keys_[i]);
    }
    dealer_.parts_.dead_letters.OnAcknowledged(acknowledged);
  }

  void Distribute(const std::vector<size_t>& unprocessed, TimePoint now) REQUIRES(dealer_.mutex_) {
    for (size_t i = 0; i < items_.size(); ++i) {
      if (std::ranges::binary_search(unprocessed, i)) {
        dealer_.ReturnItem(items_[i], SegmentLanes::Cause::kRefused, now);
      } else {
        SegmentLanes::OnWritten(items_[i], now);
        dealer_.CloseItem(*items_[i].page, Fate::kWritten);
      }
    }
  }

  Dealer& dealer_;
  const std::vector<Item> items_;
  std::vector<dynamodb::WriteOp> ops_;
  std::vector<std::string_view> keys_;
};

Dealer::~Dealer() = default;

void Dealer::Add(BackfillPage& page, TimePoint now) {
  std::vector<Waker> woken;
  std::vector<BackfillPage*> settled;
  {
    MutexLock lock(mutex_);
    const size_t count = page.open;
    DDBSYNC_CHECK(count > 0);
    lanes_.Add(page);
    if (page.stale) Purge(page);  // discarded before it came here
    settled = TakeSettled();
    woken = idle_.Take(count / dynamodb::kMaxBatchOps + 1);
  }
  for (const Waker& waker : woken) waker.Wake();
  Report(settled, now);
}

void Dealer::Discard(BackfillPage& page, TimePoint now) {
  std::vector<BackfillPage*> settled;
  {
    MutexLock lock(mutex_);
    if (page.open == 0) return;
    Purge(page);
    settled = TakeSettled();
  }
  Report(settled, now);
}

bool Dealer::HasWork(int slot, const Waker& waker, TimePoint now, TimePoint& retry_at) {
  MutexLock lock(mutex_);
  idle_.Remove(slot);
  if (parts_.rechecks.Full()) {
    retry_at = now + limits::kRechecksLook;
    return false;
  }
  const TimePoint due = NextDue();
  if (due <= now) return true;
  idle_.Park(slot, waker);
  retry_at = due;
  return false;
}

std::unique_ptr<WriteBatch> Dealer::Take(TimePoint now) {
  std::unique_ptr<WriteBatch> batch;
  std::vector<BackfillPage*> settled;
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    while (batch == nullptr && NextDue() <= now) {
      auto cleared = Clear(Deal(now), now);
      if (!cleared.empty()) batch = std::make_unique<Batch>(*this, std::move(cleared));
    }
    // Its slot may have been the only one that knew when the rest is due.
    if (batch != nullptr && NextDue() != TimePoint::max()) woken = idle_.Take(1);
    settled = TakeSettled();
  }
  for (const Waker& waker : woken) waker.Wake();
  Report(settled, now);
  return batch;
}

std::vector<Dealer::Item> Dealer::Deal(TimePoint now) {
  if (isolated_.empty()) return lanes_.Deal(now);
  auto items = std::move(isolated_.front());
  isolated_.pop_front();
  return items;
}

std::vector<Dealer::Item> Dealer::Clear(std::vector<Item> dealt, TimePoint now) {
  std::vector<Fence::Candidate> candidates;
  candidates.reserve(dealt.size());
  for (const Item& item : dealt) {
    candidates.push_back({item.view->key, item.page->read.counter()});
  }
  parts_.fence.Admit(candidates);
  std::vector<Item> cleared;
  cleared.reserve(dealt.size());
  for (size_t i = 0; i < dealt.size(); ++i) {
    switch (candidates[i].verdict) {
      case Fence::Verdict::kAdmitted:
        cleared.push_back(dealt[i]);
        break;
      case Fence::Verdict::kTouched:
        CloseItem(*dealt[i].page, Fate::kFenced);
        break;
      case Fence::Verdict::kBusy:
        lanes_.Hold(dealt[i], now + limits::kBusyKeyPause);
        break;
      case Fence::Verdict::kStale: {
        BackfillPage& page = *dealt[i].page;
        CloseItem(*dealt[i].page, Fate::kStale);
        if (page.open > 0) Purge(page);
        break;
      }
    }
  }
  return cleared;
}

void Dealer::Purge(BackfillPage& page) {
  page.stale = true;
  size_t purged = lanes_.Purge(page);
  for (auto& items : isolated_) {
    purged += std::erase_if(items, [&](const Item& item) { return item.page == &page; });
  }
  std::erase_if(isolated_, [](const auto& items) { return items.empty(); });
  for (size_t i = 0; i < purged; ++i) CloseItem(page, Fate::kStale);
}

void Dealer::CloseItem(BackfillPage& page, Fate fate) {
  DDBSYNC_CHECK(page.open > 0);
  switch (fate) {
    case Fate::kWritten:
      ++page.written;
      ++settled_.written;
      break;
    case Fate::kFenced:
      ++page.fenced;
      ++settled_.fenced;
      break;
    case Fate::kDeadLetter:
      ++settled_.refused;
      break;
    case Fate::kStale:
      page.stale = true;
      break;
  }
  if (--page.open == 0) settled_pages_.push_back(&page);
}

void Dealer::ReturnItem(const Item& item, SegmentLanes::Cause cause, TimePoint now) {
  if (item.page->stale) {
    CloseItem(*item.page, Fate::kStale);
  } else {
    lanes_.Return(item, cause, now);
  }
}

Dealer::Settled Dealer::settled() const {
  MutexLock lock(mutex_);
  return settled_;
}

bool Dealer::HasItemsWaiting() const {
  MutexLock lock(mutex_);
  return NextDue() != TimePoint::max();
}

SegmentLanes::Throttled Dealer::LookForThrottles(TimePoint now) const {
  MutexLock lock(mutex_);
  return lanes_.LookForThrottles(now);
}

TimePoint Dealer::NextDue() const {
  return isolated_.empty() ? lanes_.NextDue() : TimePoint::min();
}

std::vector<BackfillPage*> Dealer::TakeSettled() {
  return std::exchange(settled_pages_, {});
}

void Dealer::Report(const std::vector<BackfillPage*>& settled, TimePoint now) {
  for (BackfillPage* page : settled) owner_.OnPageSettled(*page, now);
}

}  // namespace ddbsync::replicator
