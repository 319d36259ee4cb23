#include "replicator/write_gate.h"

namespace ddbsync::replicator {

WriteGate::Answer WriteGate::TryEnter(TimePoint now, bool pausable) {
  MutexLock lock(mutex_);
  if (closed_) return Answer::kClosed;
  if (now < opens_) return Answer::kNotYet;
  if (paused_ && pausable) return Answer::kPaused;
  ++in_flight_;
  return Answer::kEntered;
}

void WriteGate::Leave() {
  MutexLock lock(mutex_);
  --in_flight_;
}

void WriteGate::SetPaused(bool paused) {
  MutexLock lock(mutex_);
  paused_ = paused;
}

void WriteGate::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
}

bool WriteGate::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

int WriteGate::in_flight() const {
  MutexLock lock(mutex_);
  return in_flight_;
}

}  // namespace ddbsync::replicator
