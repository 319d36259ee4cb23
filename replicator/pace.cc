#include "replicator/pace.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/log.h"
#include "replicator/account_capacity.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

using namespace std::chrono_literals;

InFlightLimit::InFlightLimit(Options options) : options_(options), limit_(options.initial) {}

bool InFlightLimit::TryEnter(const Waker& waker) {
  MutexLock lock(mutex_);
  if (in_flight_ < Effective()) {
    ++in_flight_;
    return true;
  }
  waiting_.push_back(waker);
  return false;
}

void InFlightLimit::Leave(Feedback feedback, Duration took, TimePoint now, Then then) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    --in_flight_;
    if (feedback == Feedback::kSuccess) Grow(took, now);
    Note(feedback, now);
    woken = TakeWaiting(then);
  }
  for (const Waker& waker : woken) waker.Wake();
}

void InFlightLimit::Grow(Duration took, TimePoint now) {
  if (window_began_ == TimePoint::min() || now - window_began_ >= limits::kLatencyWindow) {
    window_began_ = now;
    shortest_before_ = std::exchange(shortest_, Duration::max());
  }
  shortest_ = std::min(shortest_, took);
  if (limit_ < Useful()) limit_ = std::min<double>(options_.maximum, limit_ + 1.0 / limit_);
}

double InFlightLimit::Useful() const {
  const Duration shortest = std::min(shortest_, shortest_before_);
  if (options_.work == Duration::zero() || shortest == Duration::max()) return options_.maximum;
  const double busy = options_.processors * std::chrono::duration<double>(shortest).count() /
                      std::chrono::duration<double>(options_.work).count();
  return std::max<double>(limits::kUsefulPerProcessor * options_.processors,
                          limits::kUsefulFactor * busy);
}

InFlightLimit::Feedback InFlightLimit::OfFailure(ErrorCode code, Duration took) {
  if (code == ErrorCode::kThrottled) return Feedback::kThrottled;
  const bool answered = code != ErrorCode::kAmbiguous && code != ErrorCode::kRetry;
  return answered || took < limits::kLateAnswer ? Feedback::kNeutral : Feedback::kLate;
}

void InFlightLimit::Hear(Feedback feedback, TimePoint now) {
  MutexLock lock(mutex_);
  Note(feedback, now);
}

void InFlightLimit::Note(Feedback feedback, TimePoint now) {
  late_ = feedback == Feedback::kLate;
  if (feedback == Feedback::kSuccess || feedback == Feedback::kNeutral) return;
  if (last_halved_ != TimePoint::min() && now < last_halved_ + limits::kHalvingPause) return;
  limit_ = std::max(1.0, limit_ / 2);
  last_halved_ = now;
  if (feedback == Feedback::kThrottled) last_throttled_ = now;
}

void InFlightLimit::SetMost(std::optional<int> most) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    most_ = most;
    woken = TakeWaiting(Then::kQueue);
  }
  for (const Waker& waker : woken) waker.Wake();
}

std::optional<int> InFlightLimit::most() const {
  MutexLock lock(mutex_);
  return most_;
}

void InFlightLimit::SetShare(double share) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    share_ = share;
    woken = TakeWaiting(Then::kQueue);
  }
  for (const Waker& waker : woken) waker.Wake();
}

std::vector<Waker> InFlightLimit::TakeWaiting(Then then) {
  // One for each free place. Who is woken and finds nothing to do any more lets the place lapse
  // until the next call leaves; therefore the last to leave wakes all, unless it will be back.
  const bool last = in_flight_ == 0 && then == Then::kQueue;
  const int free = Effective() - in_flight_ - (then == Then::kGoOn ? 1 : 0);
  const size_t count =
      last ? waiting_.size() : std::min(static_cast<size_t>(std::max(0, free)), waiting_.size());
  std::vector<Waker> woken;
  woken.reserve(count);
  for (; woken.size() < count; waiting_.pop_front()) woken.push_back(std::move(waiting_.front()));
  return woken;
}

int InFlightLimit::in_flight() const {
  MutexLock lock(mutex_);
  return in_flight_;
}

int InFlightLimit::limit() const {
  MutexLock lock(mutex_);
  return Effective();
}

int InFlightLimit::useful() const {
  MutexLock lock(mutex_);
  return static_cast<int>(std::min<double>(Useful(), options_.maximum));
}

TimePoint InFlightLimit::last_throttled() const {
  MutexLock lock(mutex_);
  return last_throttled_;
}

bool InFlightLimit::late() const {
  MutexLock lock(mutex_);
  return late_;
}

Duration AsOfUsualBatch(Duration took, size_t bytes) {
  constexpr size_t kUsual = limits::kBytesOfThatBatch;
  if (bytes <= kUsual) return took;
  return took * static_cast<Duration::rep>(kUsual) / static_cast<Duration::rep>(bytes);
}

int InFlightLimit::Effective() const {
  const int adapted = static_cast<int>(std::floor(std::min(limit_, Useful()) * share_));
  return std::max(1, std::min(adapted, most_.value_or(adapted)));
}

CapacityBucket::~CapacityBucket() {
  if (shared_ != nullptr) shared_->Forget(this);
}

std::optional<TimePoint> CapacityBucket::TakeOrRetryAt(User user, double estimate, TimePoint now) {
  if (const auto retry_at = TakeOwn(user, estimate, now)) return retry_at;
  if (shared_ == nullptr) return std::nullopt;
  const auto retry_at = shared_->TakeOrRetryAt(this, user, estimate, now);
  if (!retry_at) return std::nullopt;
  CorrectOwn(estimate, 0);
  MutexLock lock(mutex_);
  last_refused_ = now;
  refused_by_shared_ = true;
  return retry_at;
}

std::optional<TimePoint> CapacityBucket::TakeOwn(User user, double estimate, TimePoint now) {
  MutexLock lock(mutex_);
  if (!rate_) return std::nullopt;
  Refill(now);
  const TimePoint free_at = FreeAt(now);
  const bool after_tail = user == User::kBackfill && now < tail_first_until_;
  if (free_at <= now && !after_tail) {
    available_ -= estimate;
    last_second_.Take(now, estimate);
    if (user == User::kTail) tail_first_until_ = now;
    return std::nullopt;
  }
  last_refused_ = now;
  refused_by_shared_ = false;
  const TimePoint retry_at = std::clamp(free_at, now + 1ms, now + limits::kCapacityLook);
  if (user == User::kTail) tail_first_until_ = retry_at + limits::kTailHeadStart;
  return retry_at;
}

TimePoint CapacityBucket::FreeAt(TimePoint now) {
  // What a pause has saved up may be spent, but not within a second that had its units.
  TimePoint free_at = now;
  if (last_second_.Units(now) > *rate_) free_at = last_second_.FallsTo(*rate_);
  if (available_ > 0) return free_at;
  const std::chrono::duration<double> debt(-available_ / *rate_);
  if (debt >= limits::kCapacityLook) return now + limits::kCapacityLook;
  return std::max(free_at, now + std::chrono::ceil<std::chrono::milliseconds>(debt) + 1ms);
}

void CapacityBucket::Correct(double estimate, double better) {
  CorrectOwn(estimate, better);
  if (shared_ != nullptr) shared_->Correct(this, estimate, better);
}

void CapacityBucket::CorrectOwn(double estimate, double better) {
  MutexLock lock(mutex_);
  if (!rate_) return;
  available_ += estimate - better;
  last_second_.Correct(better - estimate);
}

double CapacityBucket::Charge(double estimate, std::optional<double> reported, double computed) {
  // No call costs that; believed, it would hold everything for ever.
  const bool sound = reported && *reported >= 0 && *reported <= limits::kMostUnitsOfACall;
  if (!sound) reported.reset();
  const double units = reported.value_or(computed);
  Correct(estimate, units);
  const bool bounded = rate() || (shared_ != nullptr && shared_->rate());
  bool tell = false;
  if (bounded && !reported) {
    MutexLock lock(mutex_);
    tell = !std::exchange(told_, true);
  }
  if (tell) {
    Log(LogLevel::kWarning, "capacity_computed",
        "the server does not say what a call costs: the limit is kept by what AWS would charge",
        {{"limit", name_}});
  }
  return units;
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

bool CapacityBucket::refused_by_shared() const {
  MutexLock lock(mutex_);
  return refused_by_shared_;
}

void CapacityBucket::Refill(TimePoint now) {
  if (refilled_) {
    const double seconds = std::chrono::duration<double>(now - *refilled_).count();
    // For who comes a little late: no more than a twentieth is saved up.
    available_ = std::min(available_ + seconds * *rate_, *rate_ / 20);
  } else {
    available_ = 0;
  }
  refilled_ = now;
}

}  // namespace ddbsync::replicator
