#include "replicator/tail_queue.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/planted_bug.h"

namespace ddbsync::replicator {

class TailQueue::Batch final : public WriteBatch {
 public:
  Batch(TailQueue& queue, std::shared_ptr<TailPage> page, std::vector<size_t> indices,
        const aws::Backoff& backoff)
      : queue_(queue), page_(std::move(page)), indices_(std::move(indices)), backoff_(backoff) {
    for (const size_t index : indices_) {
      ops_.push_back(page_->ops[index]);
      keys_.push_back(page_->ops[index].key);
    }
  }

  [[nodiscard]] std::span<const dynamodb::WriteOp> ops() const override { return ops_; }
  [[nodiscard]] const std::vector<std::string_view>& keys() const { return keys_; }

  void Settle(const Result<dynamodb::BatchWriteResult>& result, TimePoint now) override {
    if (result) {
      backoff_.OnSuccess();
      SettleAnswered(result->unprocessed, now);
      return;
    }
    const Error& error = result.error();
    if (error.code == ErrorCode::kInvalid) {
      SettleRejected(error, now);
      return;
    }
    if (error.code == ErrorCode::kAmbiguous && !Planted(PlantedBug::kAmbiguousIsForgotten)) {
      for (const size_t index : indices_) {
        queue_.rechecks_.Note(page_->ops[index].key, page_->keys_json[index], now);
        NoteChanged(index);
      }
    }
    Retry(indices_, now, error.code);
  }

 private:
  void NoteChanged(size_t index) {
    if (!queue_.changed_.wanted()) return;
    queue_.changed_.Add(page_->ops[index].key, page_->keys_json[index]);
  }

  void SettleAnswered(const std::vector<size_t>& unprocessed, TimePoint now) {
    std::vector<std::string_view> acknowledged;
    std::vector<size_t> left;
    size_t next = 0;
    for (size_t i = 0; i < indices_.size(); ++i) {
      if (next < unprocessed.size() && unprocessed[next] == i) {
        left.push_back(indices_[i]);
        ++next;
      } else {
        acknowledged.push_back(keys_[i]);
        NoteChanged(indices_[i]);
      }
    }
    // Touched again now that they have landed: who reads the target meanwhile, to compare it, may
    // see what was there before, though its read began after the first touch.
    std::ignore = queue_.fence_.Touch(acknowledged, now, {});
    queue_.dead_letters_.OnAcknowledged(acknowledged);
    const size_t done =
        acknowledged.size() + (Planted(PlantedBug::kRetryOvertakes) ? left.size() : 0);
    if (!left.empty()) Retry(std::move(left), now, ErrorCode::kThrottled);
    Close(done);
  }

  /// One of the items is refused for good. Halves find it; a single one becomes a dead letter.
  void SettleRejected(const Error& error, TimePoint now) {
    if (indices_.size() == 1) {
      const size_t index = indices_.front();
      queue_.dead_letters_.Add(page_->ops[index].key, page_->keys_json[index], ToString(error),
                               "tail");
      Close(1);
      return;
    }
    const auto middle = indices_.begin() + static_cast<ptrdiff_t>(indices_.size() / 2);
    Again({indices_.begin(), middle}, now);
    Again({middle, indices_.end()}, now);
  }

  void Retry(std::vector<size_t> indices, TimePoint now, ErrorCode code) {
    const TimePoint due = now + backoff_.OnFailure(code);
    Again(std::move(indices), due);
  }

  void Again(std::vector<size_t> indices, TimePoint due) {
    queue_.Requeue(std::make_unique<Batch>(queue_, page_, std::move(indices), backoff_), due);
  }

  void Close(size_t settled) {
    if (settled == 0) return;
    const size_t open = page_->open.fetch_sub(settled);
    const size_t awaited = Planted(PlantedBug::kCheckpointPastGap) ? page_->ops.size() : settled;
    if (open == awaited) page_->applied();
  }

  TailQueue& queue_;
  const std::shared_ptr<TailPage> page_;
  const std::vector<size_t> indices_;
  std::vector<dynamodb::WriteOp> ops_;
  std::vector<std::string_view> keys_;
  aws::Backoff backoff_;
};

TailQueue::TailQueue(Fence& fence, Rechecks& rechecks, DeadLetters& dead_letters,
                     ChangedKeys& changed, aws::RetryBudget& budget)
    : fence_(fence),
      rechecks_(rechecks),
      dead_letters_(dead_letters),
      changed_(changed),
      budget_(budget) {}

TailQueue::~TailQueue() = default;

void TailQueue::Add(std::shared_ptr<TailPage> page, TimePoint now) {
  DDBSYNC_CHECK(!page->ops.empty());
  page->open = page->ops.size();
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    size_t first = 0;
    size_t batches = 0;
    while (first < page->ops.size()) {
      const size_t count = dynamodb::FitBatch(std::span(page->ops).subspan(first));
      std::vector<size_t> indices(count);
      for (size_t i = 0; i < count; ++i) indices[i] = first + i;
      queued_.emplace(now, std::make_unique<Batch>(*this, page, std::move(indices),
                                                   aws::Backoff(budget_, next_id_++)));
      first += count;
      ++batches;
    }
    woken = idle_.Take(batches);
  }
  for (const Waker& waker : woken) waker.Wake();
}

bool TailQueue::HasWork(int slot, const Waker& waker, TimePoint now, TimePoint& retry_at) {
  MutexLock lock(mutex_);
  idle_.Remove(slot);
  if (!queued_.empty() && queued_.begin()->first <= now) return true;
  idle_.Park(slot, waker);
  if (!queued_.empty()) retry_at = queued_.begin()->first;
  return false;
}

std::unique_ptr<WriteBatch> TailQueue::Take(TimePoint now) {
  std::unique_ptr<WriteBatch> taken;
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    taken = TakeDue(now);
    // Its slot may have been the only one that knew when the rest is due.
    if (taken != nullptr && !queued_.empty()) woken = idle_.Take(1);
  }
  for (const Waker& waker : woken) waker.Wake();
  return taken;
}

std::unique_ptr<WriteBatch> TailQueue::TakeDue(TimePoint now) {
  while (!queued_.empty() && queued_.begin()->first <= now) {
    auto batch = std::move(queued_.begin()->second);
    queued_.erase(queued_.begin());
    // Parked under an id of its own before it looks: the waker may be called at once.
    const uint64_t id = next_id_++;
    const Waker unpark([this, id] { Unpark(id); });
    if (fence_.Touch(batch->keys(), now, unpark)) return batch;
    parked_.emplace(id, std::move(batch));
  }
  return nullptr;
}

void TailQueue::Requeue(std::unique_ptr<Batch> batch, TimePoint due) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    queued_.emplace(due, std::move(batch));
    woken = idle_.Take(1);
  }
  for (const Waker& waker : woken) waker.Wake();
}

void TailQueue::Unpark(uint64_t id) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    const auto found = parked_.find(id);
    if (found == parked_.end()) return;
    queued_.emplace(TimePoint::min(), std::move(found->second));
    parked_.erase(found);
    woken = idle_.Take(1);
  }
  for (const Waker& waker : woken) waker.Wake();
}

}  // namespace ddbsync::replicator
