#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "checkpoint/store.h"
#include "replicator/job.h"
#include "verify/bounded_copy.h"
#include "verify/verification.h"

namespace ddbsync::verify {

/// Removes the rows that only the target has, once the copy of a resync is consistent: it counts
/// them with one walk over the target's keys, and if they are few enough (Resync's bound) removes
/// them with another; each only after a consistent read of the source under the job's fence. Says
/// to the Resync how far it is, which keeps that durably, and Complete at last. Where nothing is
/// left to do it is Done; the job's next start spawns it again. A Task of Lane::kControl that
/// blocks while it looks at the tables.
class ExtrasRemoval final : public Task {
 public:
  struct Parts {
    Executor& executor;
    replicator::Side source, target;
    replicator::Job& job;
    /// A store that nobody else uses meanwhile; called once, and again after an error.
    std::function<Result<std::shared_ptr<checkpoint::Store>>()> open_store;
    size_t memory_bytes = 0;  ///< bounds the pages in hand
    Duration settle{};
    Clock& clock;
  };
  /// What `parts` refer to outlives this; this outlives the executor's tasks.
  explicit ExtrasRemoval(Parts parts)
      : parts_(std::move(parts)),
        resync_(parts_.job.resync()),
        copy_(parts_.job.live_copy(), resync_) {}

  Next Step(TimePoint now) override;

 private:
  Next Begin(TimePoint now);
  Next OnEnd(TimePoint now);
  [[nodiscard]] Result<void> Open(bool removes);
  void NoteCount(const Status& status);

  const Parts parts_;
  replicator::Resync& resync_;
  BoundedCopy copy_;
  std::shared_ptr<checkpoint::Store> store_;
  std::shared_ptr<Verification> run_;
  std::weak_ptr<Verification> earlier_;  ///< a task of it may still write to the store
  bool removes_ = false;                 ///< run_ does
  bool goes_on_ = true;                  ///< with what a process before has left of its removing
};

}  // namespace ddbsync::verify
