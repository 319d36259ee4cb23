#pragma once

#include <optional>

#include "base/clock.h"
#include "base/mutex.h"

namespace ddbsync::replicator {

/// Every write to the target passes here. Shut until the settle time of an unclean stop is over,
/// and for good once the job stops, fails or finds a gap: after Close, and when in_flight() is
/// zero, no write of ours is on the wire. Any thread.
class WriteGate {
 public:
  explicit WriteGate(TimePoint opens) : opens_(opens) {}

  enum class Answer { kEntered, kNotYet, kPaused, kClosed };
  /// kEntered: one write may be sent; Leave follows its answer. kNotYet: ask again at opens().
  [[nodiscard]] Answer TryEnter(TimePoint now, bool pausable);
  void Leave();

  void SetPaused(bool paused);
  void Close();

  [[nodiscard]] TimePoint opens() const { return opens_; }
  [[nodiscard]] bool closed() const;
  [[nodiscard]] int in_flight() const;

 private:
  const TimePoint opens_;
  mutable Mutex mutex_;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool paused_ GUARDED_BY(mutex_) = false;
  int in_flight_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ddbsync::replicator
