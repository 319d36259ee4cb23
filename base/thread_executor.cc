#include "base/thread_executor.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <optional>
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

struct Entry;

/// When a task is to run.
struct Place {
  TimePoint due;
  uint64_t order = 0;  // first in, first out among equals
  std::shared_ptr<Entry> entry;
  bool operator<(const Place& other) const {
    return std::tie(due, order) < std::tie(other.due, other.order);
  }
};
using Places = std::set<Place>;

struct Entry {
  std::string name;
  std::shared_ptr<Task> task;
  EntryState state = EntryState::kWaiting;
  std::optional<Places::iterator> place;  // while it has one
  /// Kept while it runs, so that coming back allocates nothing.
  Places::node_type spare;
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
    first_watch_.woken.notify_all();
    second_watch_.woken.notify_all();
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
    Places schedule;
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
    if (IsFirst(*entry)) LookAgain();
  }

  void Insert(const std::shared_ptr<Entry>& entry, TimePoint due) REQUIRES(mutex_) {
    // Those that want to run at once queue behind those that became due earlier; otherwise a few
    // busy tasks would keep all others of the lane from ever running.
    due = std::max(due, clock_.Now());
    if (entry->place) {
      if ((*entry->place)->due <= due) return;  // it comes sooner anyway
      TakeOut(*entry);
    }
    Places::node_type node = std::move(entry->spare);
    Place place{due, next_order_++, entry};
    // Mostly the last of all: the hint spares the way there.
    if (node.empty()) {
      entry->place = schedule_.insert(schedule_.end(), std::move(place));
    } else {
      node.value() = std::move(place);
      entry->place = schedule_.insert(schedule_.end(), std::move(node));
    }
  }

  void TakeOut(Entry& entry) REQUIRES(mutex_) {
    entry.spare = schedule_.extract(*entry.place);
    entry.spare.value().entry.reset();  // or it would keep itself alive
    entry.place.reset();
  }

  [[nodiscard]] bool IsFirst(const Entry& entry) const REQUIRES(mutex_) {
    return entry.place && *entry.place == schedule_.begin();
  }

  /// The schedule begins with another task than a thread that rests knows of.
  void LookAgain() REQUIRES(mutex_) {
    if (first_watch_.kept) {
      first_watch_.woken.notify_one();
    } else {
      SeeToTheNext();
    }
  }

  /// Whoever runs a task may hang in it: somebody must look after the one behind it.
  void SeeToTheNext() REQUIRES(mutex_) {
    if (schedule_.empty() || first_watch_.kept) return;
    if (!second_watch_.kept) {
      SummonAThread();
    } else if (second_watch_.until > schedule_.begin()->due + limits::kSecondWatch) {
      second_watch_.woken.notify_one();  // what it rests for was another
    }
  }

  /// One that is free, or a new one.
  void SummonAThread() REQUIRES(mutex_) {
    if (summoned_) return;
    if (free_threads_ > 0) {
      summoned_ = true;
      freed_.notify_one();
    } else if (static_cast<int>(threads_.size()) < max_threads_) {
      Grow();
    }
  }

  void Grow() REQUIRES(mutex_) {
    try {
      threads_.emplace_back([this] { Run(); });
      summoned_ = true;
    } catch (const std::system_error&) {
      // Slower with the threads that there are; with none at all nothing would ever run.
      if (threads_.empty()) throw;
    }
  }

  void Run() {
    mutex_.lock();
    summoned_ = false;
    while (!stopping_) {
      if (!schedule_.empty() && schedule_.begin()->due <= clock_.Now()) {
        RunFirst();
      } else if (!first_watch_.kept) {
        Keep(first_watch_, Duration::zero());
      } else if (!second_watch_.kept) {
        Keep(second_watch_, limits::kSecondWatch);
      } else {
        ++free_threads_;
        freed_.wait(mutex_);
        --free_threads_;
        summoned_ = false;
      }
    }
    mutex_.unlock();
  }

  void RunFirst() REQUIRES(mutex_) {
    const std::shared_ptr<Entry> entry = schedule_.begin()->entry;
    TakeOut(*entry);
    TimePoint now = clock_.Now();
    for (;;) {
      entry->state = EntryState::kRunning;
      SeeToTheNext();
      mutex_.unlock();
      const Next next = StepOrAbort(*entry, now);
      if (next.done()) entry->task.reset();
      mutex_.lock();
      now = clock_.Now();
      // Without the way through the schedule, as long as no other task is due.
      const bool others = !schedule_.empty() && schedule_.begin()->due <= now;
      if (next.due() <= now && !others && !stopping_) continue;
      Settle(entry, next);
      return;
    }
  }

  /// A thread that rests until the first task is due.
  struct Watch {
    bool kept = false;
    TimePoint until;
    ConditionVariable woken;
  };

  /// Until the first task has been due for `grace`, or the schedule begins with another.
  void Keep(Watch& watch, Duration grace) REQUIRES(mutex_) {
    const TimePoint now = clock_.Now();
    watch.until = now + limits::kLongestIdleWait;
    if (!schedule_.empty()) {
      watch.until = std::min(watch.until, schedule_.begin()->due + grace);
    }
    watch.kept = true;
    watch.woken.wait_for(mutex_, watch.until - now);
    watch.kept = false;
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
    // This thread is free now and looks at the schedule itself; one that rests already may have to
    // look earlier than it thought.
    if (first_watch_.kept && IsFirst(*entry)) first_watch_.woken.notify_one();
  }

  // Constant after construction.
  const Clock& clock_;
  const int max_threads_;

  Mutex mutex_;
  // Whoever keeps the first watch runs what becomes due. The second sees to those that become due
  // while that one's step hangs, a little later, so that most steps need not wake another thread.
  Watch first_watch_ GUARDED_BY(mutex_);
  Watch second_watch_ GUARDED_BY(mutex_);
  ConditionVariable freed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  int free_threads_ GUARDED_BY(mutex_) = 0;   // that keep no watch
  bool summoned_ GUARDED_BY(mutex_) = false;  // a thread is on its way
  uint64_t next_order_ GUARDED_BY(mutex_) = 0;
  Places schedule_ GUARDED_BY(mutex_);
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
