#include "replicator/pace.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "replicator/limits.h"

namespace ddbsync::replicator {

bool InFlightLimit::TryEnter(const Waker& waker) {
  MutexLock lock(mutex_);
  if (in_flight_ < Effective()) {
    ++in_flight_;
    return true;
  }
  waiting_.push_back(waker);
  return false;
}

void InFlightLimit::Leave(Feedback feedback, TimePoint now) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    --in_flight_;
    if (feedback == Feedback::kSuccess) {
      limit_ = std::min<double>(maximum_, limit_ + 1.0 / limit_);
    } else if (feedback == Feedback::kThrottled) {
      Halve(now);
    }
    woken = TakeWaiting();
  }
  for (const Waker& waker : woken) waker.Wake();
}

void InFlightLimit::Slow(TimePoint now) {
  MutexLock lock(mutex_);
  Halve(now);
}

void InFlightLimit::Halve(TimePoint now) {
  if (last_halved_ != TimePoint::min() && now < last_halved_ + limits::kHalvingPause) return;
  limit_ = std::max(1.0, limit_ / 2);
  last_halved_ = now;
}

void InFlightLimit::SetShare(double share) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    share_ = share;
    woken = TakeWaiting();
  }
  for (const Waker& waker : woken) waker.Wake();
}

std::vector<Waker> InFlightLimit::TakeWaiting() {
  if (in_flight_ >= Effective()) return {};
  // All: one that finds nothing to do any more would keep the place from those behind it.
  return std::exchange(waiting_, {});
}

int InFlightLimit::in_flight() const {
  MutexLock lock(mutex_);
  return in_flight_;
}

int InFlightLimit::limit() const {
  MutexLock lock(mutex_);
  return Effective();
}

TimePoint InFlightLimit::last_halved() const {
  MutexLock lock(mutex_);
  return last_halved_;
}

int InFlightLimit::Effective() const {
  return std::max(1, static_cast<int>(std::floor(limit_ * share_)));
}

std::optional<TimePoint> CapacityBucket::TakeOrRetryAt(User user, double estimate, TimePoint now) {
  MutexLock lock(mutex_);
  if (!rate_) return std::nullopt;
  Refill(now);
  // The tail may go into debt by one second's worth; beyond that even it waits.
  const double floor = user == User::kTail ? -*rate_ : 0.0;
  if (available_ > floor) {
    available_ -= estimate;
    return std::nullopt;
  }
  last_refused_ = now;
  const double missing = floor - available_;
  const auto wait = std::chrono::duration<double>(missing / *rate_) + std::chrono::milliseconds(1);
  return now + std::min(std::chrono::ceil<std::chrono::milliseconds>(wait), limits::kCapacityLook);
}

void CapacityBucket::Correct(double estimate, double actual) {
  MutexLock lock(mutex_);
  if (rate_) available_ += estimate - actual;
}

void CapacityBucket::SetRate(std::optional<double> units_per_second) {
  MutexLock lock(mutex_);
  rate_ = units_per_second;
}

std::optional<double> CapacityBucket::rate() const {
  MutexLock lock(mutex_);
  return rate_;
}

TimePoint CapacityBucket::last_refused() const {
  MutexLock lock(mutex_);
  return last_refused_;
}

void CapacityBucket::Refill(TimePoint now) {
  if (refilled_) {
    const double seconds = std::chrono::duration<double>(now - *refilled_).count();
    // No more is saved up than a tenth of a second: a bound per second must not be met by bursts.
    available_ = std::min(available_ + seconds * *rate_, *rate_ / 10);
  } else {
    available_ = 0;
  }
  refilled_ = now;
}

}  // namespace ddbsync::replicator
