#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/backoff.h"
#include "base/byte_credit.h"
#include "base/mutex.h"
#include "dynamodb/batch.h"
#include "dynamodb/item_page.h"
#include "dynamodb/record_page.h"
#include "replicator/batch_source.h"
#include "replicator/changed_keys.h"
#include "replicator/dead_letters.h"
#include "replicator/fence.h"
#include "replicator/rechecks.h"

namespace ddbsync::replicator {

/// A page of changes on its way to the target: the last image of each of its keys. Its writes may
/// go out in any order, for their keys differ; the shard's next page waits for all of them.
struct TailPage {
  std::shared_ptr<const dynamodb::RecordPage> records;  ///< owns the bytes of ops
  std::optional<dynamodb::ItemPage> images;             ///< or these do, when images were read back
  ByteGrant grant;                                      ///< of the images
  std::vector<dynamodb::WriteOp> ops;
  std::vector<std::string_view> keys_json;  ///< of each op, for rechecks and dead letters
  std::atomic<size_t> open = 0;             ///< ops not settled yet
  std::function<void()> applied;            ///< called once, when open reaches zero
};

/// The tail's writes that wait to go out. Before each attempt the keys are touched in the fence; a
/// batch with a key on the wire of a fenced write is parked until that is answered. An attempt of
/// unknown outcome is noted for recheck and sent again, the same version, until the answer is
/// definite. Any thread.
class TailQueue final : public BatchSource {
 public:
  /// All outlive this.
  TailQueue(Fence& fence, Rechecks& rechecks, DeadLetters& dead_letters, ChangedKeys& changed,
            aws::RetryBudget& budget);
  ~TailQueue() override;

  /// Takes a page with ops; calls page->applied when the last is settled.
  void Add(std::shared_ptr<TailPage> page, TimePoint now);

  bool HasWork(int slot, const Waker& waker, TimePoint now, TimePoint& retry_at) override;
  std::unique_ptr<WriteBatch> Take(TimePoint now) override;

 private:
  class Batch;
  friend class Batch;

  [[nodiscard]] std::unique_ptr<WriteBatch> TakeDue(TimePoint now) REQUIRES(mutex_);
  void Requeue(std::unique_ptr<Batch> batch, TimePoint due);
  void Unpark(uint64_t id);

  Fence& fence_;
  Rechecks& rechecks_;
  DeadLetters& dead_letters_;
  ChangedKeys& changed_;
  aws::RetryBudget& budget_;

  mutable Mutex mutex_;
  uint64_t next_id_ GUARDED_BY(mutex_) = 0;
  std::multimap<TimePoint, std::unique_ptr<Batch>> queued_ GUARDED_BY(mutex_);  ///< by due time
  std::map<uint64_t, std::unique_ptr<Batch>> parked_ GUARDED_BY(mutex_);
  IdleSlots idle_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::replicator
