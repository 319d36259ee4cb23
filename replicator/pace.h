#pragma once

#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/task.h"
#include "replicator/last_second.h"

namespace ddbsync::replicator {

/// Calls in flight, bounded by additive increase and multiplicative decrease: one more after a
/// limit's worth of successes, half on a throttle or when no answer came in time. And not more than
/// can be of use: what a call costs our processors divided by its latency says how many of them
/// keep the processors busy; beyond that calls only wait for a processor and push each other out of
/// its caches. Safe from any thread.
class InFlightLimit {
 public:
  struct Options {
    int initial;
    int maximum;
    /// Processor time of one call, about; zero: the latency bounds nothing.
    Duration work = Duration::zero();
    int processors = 1;
  };
  explicit InFlightLimit(Options options);

  /// False when the limit is reached; `waker` is then woken when a place is free.
  [[nodiscard]] bool TryEnter(const Waker& waker);

  enum class Feedback {
    kSuccess,
    kThrottled,
    kLate,  ///< no answer in time: the server has more than it can do, and may still be at it
    kNeutral
  };
  /// What a call says that failed after so long.
  [[nodiscard]] static Feedback OfFailure(ErrorCode code, Duration took);
  /// What who leaves does next.
  enum class Then {
    kQueue,  ///< nothing, or enters again behind all that wait
    kGoOn,   ///< enters again at once: nobody is woken for that place
  };
  /// `took`: the call's latency; looked at after a success.
  void Leave(Feedback feedback, Duration took, TimePoint now, Then then = Then::kQueue);

  /// What somebody else met at the same server, who needs no place of it.
  void Hear(Feedback feedback, TimePoint now);

  /// No more than so many, whatever else would allow; none: no such bound.
  void SetMost(std::optional<int> most);
  [[nodiscard]] std::optional<int> most() const;

  /// 0 to 1: the share of the limit that may be used for now (the tail needs the rest).
  void SetShare(double share);

  [[nodiscard]] int in_flight() const;
  [[nodiscard]] int limit() const;
  /// Calls that keep the processors busy, and some more; at most the maximum.
  [[nodiscard]] int useful() const;
  /// When a throttle halved it last; TimePoint::min(): never.
  [[nodiscard]] TimePoint last_throttled() const;
  /// Whoever was heard of last got no answer in time.
  [[nodiscard]] bool late() const;

 private:
  [[nodiscard]] int Effective() const REQUIRES(mutex_);
  [[nodiscard]] double Useful() const REQUIRES(mutex_);
  void Grow(Duration took, TimePoint now) REQUIRES(mutex_);
  void Note(Feedback feedback, TimePoint now) REQUIRES(mutex_);
  [[nodiscard]] std::vector<Waker> TakeWaiting(Then then) REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  double limit_ GUARDED_BY(mutex_);
  double share_ GUARDED_BY(mutex_) = 1.0;
  std::optional<int> most_ GUARDED_BY(mutex_);
  int in_flight_ GUARDED_BY(mutex_) = 0;
  TimePoint last_halved_ GUARDED_BY(mutex_) = TimePoint::min();
  TimePoint last_throttled_ GUARDED_BY(mutex_) = TimePoint::min();
  bool late_ GUARDED_BY(mutex_) = false;
  std::deque<Waker> waiting_ GUARDED_BY(mutex_);
  // The shortest latencies of this and of the last window: what a call takes that need not wait.
  TimePoint window_began_ GUARDED_BY(mutex_) = TimePoint::min();
  Duration shortest_ GUARDED_BY(mutex_) = Duration::max();
  Duration shortest_before_ GUARDED_BY(mutex_) = Duration::max();
};

/// The latency of a batch of `bytes`, as if it had been of usual size: a large one keeps a
/// processor busy for longer (limits::kBytesOfThatBatch), so that as many fewer are of use at once.
[[nodiscard]] Duration AsOfUsualBatch(Duration took, size_t bytes);

class SharedCapacity;

/// An upper bound in capacity units per second. What a call costs is known only afterwards: an
/// estimate is taken before it and corrected by its answer, so the bound is exceeded by what the
/// calls of that moment cost more than estimated. Else no second, wherever it begins, has more than
/// its units and one call. No rate: no bound. Safe from any thread.
class CapacityBucket {
 public:
  /// `name`: "read-capacity" or "write-capacity", for the log. `shared`: a bound that is kept too,
  /// with other jobs; outlives this; null: none.
  CapacityBucket(std::string_view name, std::optional<double> units_per_second,
                 SharedCapacity* shared = nullptr)
      : name_(name), shared_(shared), rate_(units_per_second) {}
  ~CapacityBucket();
  CapacityBucket(const CapacityBucket&) = delete;
  CapacityBucket& operator=(const CapacityBucket&) = delete;

  enum class User { kTail, kBackfill };

  /// Takes `estimate` units. Else the time at which to ask again. The tail goes first: while it
  /// waits, the backfill gets nothing.
  [[nodiscard]] std::optional<TimePoint> TakeOrRetryAt(User user, double estimate, TimePoint now);

  /// The estimate became better; 0: the call was not made, or failed.
  void Correct(double estimate, double better);
  /// The call cost what the server reports; where it reports nothing, what we compute, and that is
  /// logged once if there is a bound to keep. Returns the units.
  double Charge(double estimate, std::optional<double> reported, double computed);

  void SetRate(std::optional<double> units_per_second);
  [[nodiscard]] std::optional<double> rate() const;
  /// When somebody had to wait for it last; TimePoint::min(): never.
  [[nodiscard]] TimePoint last_refused() const;
  /// That was because of the bound shared with other jobs.
  [[nodiscard]] bool refused_by_shared() const;
  [[nodiscard]] SharedCapacity* shared() const { return shared_; }

 private:
  void Refill(TimePoint now) REQUIRES(mutex_);
  [[nodiscard]] TimePoint FreeAt(TimePoint now) REQUIRES(mutex_);
  [[nodiscard]] std::optional<TimePoint> TakeOwn(User user, double estimate, TimePoint now);
  void CorrectOwn(double estimate, double better);

  const std::string_view name_;
  SharedCapacity* const shared_;
  mutable Mutex mutex_;
  bool told_ GUARDED_BY(mutex_) = false;  ///< that costs are computed
  std::optional<double> rate_ GUARDED_BY(mutex_);
  double available_ GUARDED_BY(mutex_) = 0;
  LastSecond last_second_ GUARDED_BY(mutex_);
  std::optional<TimePoint> refilled_ GUARDED_BY(mutex_);
  TimePoint last_refused_ GUARDED_BY(mutex_) = TimePoint::min();
  bool refused_by_shared_ GUARDED_BY(mutex_) = false;
  TimePoint tail_first_until_ GUARDED_BY(mutex_) = TimePoint::min();
};

}  // namespace ddbsync::replicator
