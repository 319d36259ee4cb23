#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"

namespace ddbsync::cli {

/// One job's door to the executor that all jobs of a process share: what its tasks log says whose
/// it is, and they can be taken out while those of other jobs go on. Safe from any thread.
class JobExecutor final : public Executor {
 public:
  /// `shared` outlives this. `log_as`: the job's name in the log; empty where there is but one.
  JobExecutor(Executor& shared, std::string log_as);
  ~JobExecutor() override;  // closes

  Waker Spawn(Lane lane, std::string name, std::shared_ptr<Task> task) override;
  [[nodiscard]] const Clock& clock() const override { return shared_.clock(); }

  /// Lets the steps in hand finish, starts no other and lets go of all tasks: then nothing refers
  /// to the job any more. Not from a task. Idempotent.
  void Close();

 private:
  class JobTask;

  Executor& shared_;
  const std::string log_as_;

  Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<JobTask>> tasks_ GUARDED_BY(mutex_);
  size_t prune_at_ GUARDED_BY(mutex_) = 64;  ///< tasks: then those that are done are forgotten
};

}  // namespace ddbsync::cli
