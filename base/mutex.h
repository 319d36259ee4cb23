#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// Thread-safety annotations: checked by clang's -Wthread-safety, nothing for other compilers.
#ifdef __clang__
#define DDBSYNC_ANNOTATE(x) __attribute__((x))
#else
#define DDBSYNC_ANNOTATE(x)
#endif
#define CAPABILITY(x) DDBSYNC_ANNOTATE(capability(x))
#define SCOPED_CAPABILITY DDBSYNC_ANNOTATE(scoped_lockable)
#define GUARDED_BY(x) DDBSYNC_ANNOTATE(guarded_by(x))
#define REQUIRES(...) DDBSYNC_ANNOTATE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) DDBSYNC_ANNOTATE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) DDBSYNC_ANNOTATE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) DDBSYNC_ANNOTATE(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS DDBSYNC_ANNOTATE(no_thread_safety_analysis)

namespace ddbsync {

/// std::mutex that the compiler can reason about. Never held over a remote call or a disk sync.
class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits release and take the Mutex again; the caller holds it before and after. They may end for
/// no reason. (std::condition_variable_any would do, at the price of a second mutex in each wait.)
class ConditionVariable {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  void wait_for(Mutex& mutex, std::chrono::nanoseconds longest) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_for(lock, longest);
    lock.release();
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace ddbsync
