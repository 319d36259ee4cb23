#pragma once

#include <array>
#include <memory>

#include "base/task.h"

namespace ddbsync {

/// Runs each lane's due tasks on threads of that lane, those due longest first. A lane starts with
/// no thread and grows by one whenever a task has been due for limits::kSecondWatch and no thread
/// is free for it, up to its bound. A task that throws ends the process: what is durable is right.
class ThreadExecutor final : public Executor {
 public:
  struct Options {
    int max_threads_per_lane = 384;  ///< --io-threads; see base/limits.h
  };

  /// `clock` outlives the executor.
  ThreadExecutor(const Clock& clock, Options options);
  ~ThreadExecutor() override;  // stops

  Waker Spawn(Lane lane, std::string name, std::shared_ptr<Task> task) override;
  [[nodiscard]] const Clock& clock() const override { return clock_; }

  /// Lets the steps in hand finish, starts no other, joins the threads and lets go of all tasks.
  /// Not from a task. Idempotent.
  void Stop();

  /// Threads running now, for the status page.
  [[nodiscard]] int ThreadCount(Lane lane) const;

 private:
  class LanePool;
  const Clock& clock_;
  std::array<std::shared_ptr<LanePool>, kLaneCount> lanes_;
};

}  // namespace ddbsync
