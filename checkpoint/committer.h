#pragma once

#include <cstdint>
#include <optional>

#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/ledger.h"
#include "checkpoint/store.h"

namespace ddbsync::checkpoint {

struct CommitterStatus {
  uint64_t commits_ok = 0;  ///< batches written; an interval in which nothing was staged has none
  uint64_t commits_failed = 0;
  /// All that was staged before this moment is durable. Before the first step: the clock's zero.
  TimePoint last_ok;
  std::optional<Error> last_error;  ///< of the latest attempt; none after a success

  /// How long the oldest change may have been waiting to become durable; zero before the first
  /// step.
  [[nodiscard]] Duration Age(TimePoint now) const;
};

/// Makes the ledger durable: one synced batch every kCommitInterval (checkpoint/limits.h), or as
/// soon as its Waker is woken. After a failure it reopens the store and tries again with growing
/// pauses, losing nothing; positions stop moving meanwhile, and whoever needs durability sees it in
/// the Status. Never Done. A Task of Lane::kCommit; Status from any thread.
class Committer final : public Task {
 public:
  /// Both outlive this.
  Committer(Ledger& ledger, Store& store) : ledger_(ledger), store_(store) {}

  Next Step(TimePoint now) override;

  [[nodiscard]] CommitterStatus Status() const;

 private:
  /// Says whether there was anything to write.
  [[nodiscard]] Result<bool> Commit();
  Next Failed(TimePoint now, Error error);
  Next Succeeded(TimePoint now, bool wrote);

  Ledger& ledger_;
  Store& store_;
  int failures_in_a_row_ = 0;  // only Step uses it, and steps never overlap
  mutable Mutex mutex_;
  CommitterStatus status_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::checkpoint
