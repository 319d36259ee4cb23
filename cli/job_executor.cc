#include "cli/job_executor.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace ddbsync::cli {

/// A task of the job in the schedule of all.
class JobExecutor::JobTask final : public Task {
 public:
  JobTask(std::shared_ptr<Task> task, const std::string& log_as)
      : task_(std::move(task)), log_as_(log_as) {}

  void Attach(Waker waker) override {
    MutexLock lock(mutex_);
    if (task_) task_->Attach(std::move(waker));
  }

  Next Step(TimePoint now) override {
    const LogScope scope(log_as_);
    // Held over the step's call, as no other lock is: steps of a task do not overlap, so that only
    // LetGo ever waits for it, and is to wait for just that.
    MutexLock lock(mutex_);
    return task_ ? task_->Step(now) : Next::Done();
  }

  /// Waits for the step in hand.
  void LetGo() {
    std::shared_ptr<Task> task;
    MutexLock lock(mutex_);
    task.swap(task_);
  }

 private:
  Mutex mutex_;
  std::shared_ptr<Task> task_ GUARDED_BY(mutex_);
  const std::string log_as_;
};

JobExecutor::JobExecutor(Executor& shared, std::string log_as)
    : shared_(shared), log_as_(std::move(log_as)) {}

JobExecutor::~JobExecutor() {
  Close();
}

Waker JobExecutor::Spawn(Lane lane, std::string name, std::shared_ptr<Task> task) {
  auto of_job = std::make_shared<JobTask>(std::move(task), log_as_);
  {
    MutexLock lock(mutex_);
    if (closed_) return {};
    if (tasks_.size() >= prune_at_) {
      std::erase_if(tasks_, [](const auto& known) { return known.expired(); });
      prune_at_ = std::max(prune_at_, 2 * tasks_.size());
    }
    tasks_.push_back(of_job);
  }
  return shared_.Spawn(lane, std::move(name), std::move(of_job));
}

void JobExecutor::Close() {
  std::vector<std::weak_ptr<JobTask>> tasks;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    tasks.swap(tasks_);
  }
  for (const std::weak_ptr<JobTask>& known : tasks) {
    if (const auto task = known.lock()) task->LetGo();
  }
}

}  // namespace ddbsync::cli
