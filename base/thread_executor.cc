#include "base/thread_executor.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <set>
#include <system_error>
#include <thread>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"

namespace ddbsync {
namespace {

enum class EntryState { kWaiting, kRunning, kWokenWhileRunning, kFinished };

struct Entry {
  std::string name;
  std::shared_ptr<Task> task;
  EntryState state = EntryState::kWaiting;
  // Its place in the schedule, while it has one.
  bool scheduled = false;
  TimePoint due;
  uint64_t order = 0;  // first in, first out among equals
};

struct DueFirst {
  bool operator()(const std::shared_ptr<Entry>& a, const std::shared_ptr<Entry>& b) const {
    return std::tie(a->due, a->order) < std::tie(b->due, b->order);
  }
};

Next StepOrAbort(Entry& entry, TimePoint now) {
  try {
    return entry.task->Step(now);
  } catch (const std::exception& exception) {
    // Half a step may have been taken. What is durable is right, so to start anew is safe.
    Log(LogLevel::kError, "task_threw", exception.what(), {{"task", entry.name}});
    std::abort();
  }
}

}  // namespace

class ThreadExecutor::LanePool : public std::enable_shared_from_this<LanePool> {
 public:
  LanePool(const Clock& clock, int max_threads) : clock_(clock), max_threads_(max_threads) {}

  Waker Spawn(std::string name, std::shared_ptr<Task> task) {
    auto entry = std::make_shared<Entry>();
    entry->name = std::move(name);
    entry->task = std::move(task);
    Waker waker([pool = weak_from_this(), weak = std::weak_ptr<Entry>(entry)] {
      auto lane = pool.lock();
      auto woken = weak.lock();
      if (lane && woken) lane->Wake(woken);
    });
    entry->task->Attach(waker);
    MutexLock lock(mutex_);
    if (!stopping_) {
      entries_.insert(entry);
      Schedule(entry, TimePoint::min());
    }
    return waker;
  }

  void BeginStop() {
    MutexLock lock(mutex_);
    stopping_ = true;
    watcher_.notify_all();
    freed_.notify_all();
  }

  void FinishStop() {
    std::vector<std::jthread> threads;
    {
      MutexLock lock(mutex_);
      threads.swap(threads_);
    }
    threads.clear();  // joins
    // Destroyed after the lock is gone: a task's destructor may wake other tasks.
    std::set<std::shared_ptr<Entry>, DueFirst> schedule;
    std::unordered_set<std::shared_ptr<Entry>> entries;
    MutexLock lock(mutex_);
    schedule_.swap(schedule);
    entries_.swap(entries);
  }

  int ThreadCount() {
    MutexLock lock(mutex_);
    return static_cast<int>(threads_.size());
  }

 private:
  void Wake(const std::shared_ptr<Entry>& entry) {
    MutexLock lock(mutex_);
    if (entry->state == EntryState::kRunning) entry->state = EntryState::kWokenWhileRunning;
    if (entry->state == EntryState::kWaiting) Schedule(entry, TimePoint::min());
  }

  void Schedule(const std::shared_ptr<Entry>& entry, TimePoint due) REQUIRES(mutex_) {
    if (stopping_) return;
    Insert(entry, due);
    if (!watching_) {
      SeeToAWatcher();
    } else if (*schedule_.begin() == entry) {
      watcher_.notify_one();
    }
  }

  void Insert(const std::shared_ptr<Entry>& entry, TimePoint due) REQUIRES(mutex_) {
    // Those that want to run at once queue behind those that became due earlier; otherwise a few
    // busy tasks would keep all others of the lane from ever running.
    due = std::max(due, clock_.Now());
    if (entry->scheduled) {
      if (entry->due <= due) return;  // it comes sooner anyway
      schedule_.erase(entry);
    }
    entry->scheduled = true;
    entry->due = due;
    entry->order = next_order_++;
    schedule_.insert(entry);
  }

  /// One thread that is free watches the schedule; when it takes a task, another must watch for
  /// those that become due while the task's step hangs.
  void SeeToAWatcher() REQUIRES(mutex_) {
    if (watching_ || starting_threads_ > 0) return;
    if (free_threads_ > 0) {
      freed_.notify_one();
    } else if (static_cast<int>(threads_.size()) < max_threads_) {
      Grow();
    }
  }

  void Grow() REQUIRES(mutex_) {
    try {
      threads_.emplace_back([this] { Run(); });
      ++starting_threads_;
    } catch (const std::system_error&) {
      // Slower with the threads that there are; with none at all nothing would ever run.
      if (threads_.empty()) throw;
    }
  }

  void Run() {
    mutex_.lock();
    --starting_threads_;
    while (!stopping_) {
      const TimePoint now = clock_.Now();
      if (!schedule_.empty() && (*schedule_.begin())->due <= now) {
        RunFirst();
      } else if (watching_) {
        ++free_threads_;
        freed_.wait(mutex_);
        --free_threads_;
      } else {
        Watch(now);
      }
    }
    mutex_.unlock();
  }

  void RunFirst() REQUIRES(mutex_) {
    const std::shared_ptr<Entry> entry = *schedule_.begin();
    schedule_.erase(schedule_.begin());
    entry->scheduled = false;
    TimePoint now = clock_.Now();
    for (;;) {
      entry->state = EntryState::kRunning;
      if (!schedule_.empty()) SeeToAWatcher();
      mutex_.unlock();
      const Next next = StepOrAbort(*entry, now);
      if (next.done()) entry->task.reset();
      mutex_.lock();
      now = clock_.Now();
      // Without the way through the schedule, as long as no other task is due.
      const bool others = !schedule_.empty() && (*schedule_.begin())->due <= now;
      if (next.due() <= now && !others && !stopping_) continue;
      Settle(entry, next);
      return;
    }
  }

  /// Until the first task is due or the schedule begins with another.
  void Watch(TimePoint now) REQUIRES(mutex_) {
    Duration wait = limits::kLongestIdleWait;
    if (!schedule_.empty()) wait = std::min(wait, (*schedule_.begin())->due - now);
    watching_ = true;
    watcher_.wait_for(mutex_, wait);
    watching_ = false;
  }

  void Settle(const std::shared_ptr<Entry>& entry, Next next) REQUIRES(mutex_) {
    const bool woken = entry->state == EntryState::kWokenWhileRunning;
    entry->state = next.done() ? EntryState::kFinished : EntryState::kWaiting;
    if (next.done()) {
      entries_.erase(entry);
    } else if (woken) {
      Insert(entry, TimePoint::min());
    } else if (next.due() != TimePoint::max()) {
      Insert(entry, next.due());
    }
    // This thread is free now and looks at the schedule itself; one that watches already may have
    // to look earlier than it thought.
    if (watching_ && entry->scheduled && *schedule_.begin() == entry) watcher_.notify_one();
  }

  // Constant after construction.
  const Clock& clock_;
  const int max_threads_;

  Mutex mutex_;
  ConditionVariable watcher_;
  ConditionVariable freed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool watching_ GUARDED_BY(mutex_) = false;
  int free_threads_ GUARDED_BY(mutex_) = 0;  // besides the one that watches
  int starting_threads_ GUARDED_BY(mutex_) = 0;
  uint64_t next_order_ GUARDED_BY(mutex_) = 0;
  std::set<std::shared_ptr<Entry>, DueFirst> schedule_ GUARDED_BY(mutex_);
  std::unordered_set<std::shared_ptr<Entry>> entries_ GUARDED_BY(mutex_);  // all not finished
  std::vector<std::jthread> threads_ GUARDED_BY(mutex_);
};

ThreadExecutor::ThreadExecutor(const Clock& clock, Options options) : clock_(clock) {
  for (auto& lane : lanes_) lane = std::make_shared<LanePool>(clock, options.max_threads_per_lane);
}

ThreadExecutor::~ThreadExecutor() {
  Stop();
}

Waker ThreadExecutor::Spawn(Lane lane, std::string name, std::shared_ptr<Task> task) {
  return lanes_[static_cast<size_t>(lane)]->Spawn(std::move(name), std::move(task));
}

void ThreadExecutor::Stop() {
  for (auto& lane : lanes_) lane->BeginStop();
  for (auto& lane : lanes_) lane->FinishStop();
}

int ThreadExecutor::ThreadCount(Lane lane) const {
  return lanes_[static_cast<size_t>(lane)]->ThreadCount();
}

}  // namespace ddbsync
