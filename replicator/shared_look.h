#pragma once

#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

/// One look at something large, for all who ask within limits::kSharedLook: the terminal, the
/// history, scrapes and pages do not walk over ten thousand shards each for themselves. Who asks
/// while a look is taken waits for that one. Any thread.
template <class T>
class SharedLook {
 public:
  /// The last look, or a new one by `take()` if that is too old or `fits(look)` is not true. `take`
  /// is called with our lock held and must not ask again. `now` may be a little older than another
  /// thread's.
  template <class Take, class Fits>
  T Get(TimePoint now, Take take, Fits fits) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!look_ || now - taken_at_ >= limits::kSharedLook || !fits(*look_)) {
      look_ = take();
      taken_at_ = now;
    }
    return *look_;
  }
  template <class Take>
  T Get(TimePoint now, Take take) EXCLUDES(mutex_) {
    return Get(now, std::move(take), [](const T& /*look*/) { return true; });
  }
  /// Something changed that the next who asks has to see.
  void Forget() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    look_.reset();
  }

 private:
  Mutex mutex_;
  std::optional<T> look_ GUARDED_BY(mutex_);
  TimePoint taken_at_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::replicator
