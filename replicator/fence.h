#pragma once

#include <tsl/robin_set.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/task.h"

namespace ddbsync::replicator {

class Fence;

/// A read of the source whose result may be written through the fence. While it is alive the fence
/// remembers every key that the tail touched since. Movable; ends when destroyed.
class FencedRead {
 public:
  FencedRead() = default;
  FencedRead(FencedRead&& other) noexcept;
  FencedRead& operator=(FencedRead&& other) noexcept;
  ~FencedRead();

  [[nodiscard]] uint64_t counter() const { return counter_; }

 private:
  friend class Fence;
  enum class Kind { kConsistent, kEventual };
  FencedRead(Fence* fence, uint64_t counter, Kind kind)
      : fence_(fence), counter_(counter), kind_(kind) {}
  Fence* fence_ = nullptr;
  uint64_t counter_ = 0;
  Kind kind_ = Kind::kConsistent;
};

/// Lets a backfill and a tail write to the same table without ever putting an older image over a
/// newer one, and without a mark on the user's items.
///
/// The tail touches a key before it writes it. A fenced write (backfill, recheck, repair) writes
/// what was read from the source only if its key was not touched since the read began: whoever
/// touched it knows better. Check and registration are one step, so that the tail, which looks
/// after touching, either is seen by the fenced write or sees it on the wire and waits for its
/// answer.
///
/// Any thread. Key bytes given to Admit stay alive until Release; others are copied.
class Fence {
 public:
  struct Options {
    size_t max_bytes;  ///< of touched keys; past it old reads become stale
    /// How old may be what an eventually consistent read returns; zero: there are no such reads.
    Duration eventual_margin;
    /// None before: it could miss what a process before this one has carried over.
    TimePoint eventual_from = TimePoint::min();
    /// Such reads need far more to be remembered than consistent ones. When it becomes too much
    /// they are given up, for so long.
    Duration eventual_pause = Duration::zero();
  };

  explicit Fence(Options options) : options_(options), eventual_from_(options.eventual_from) {}

  /// A consistent read, before its request to the source is sent.
  [[nodiscard]] FencedRead BeginRead();

  /// An eventually consistent one. None where it could not be judged: the page is then read
  /// consistently, or a table in which too much changes would never be copied.
  [[nodiscard]] std::optional<FencedRead> BeginEventualRead(TimePoint now);

  /// How often eventually consistent reads were given up.
  [[nodiscard]] int eventual_pauses() const;

  enum class Verdict {
    kAdmitted,  ///< registered: send now, Release on any answer
    kTouched,   ///< the stream has it or will: drop it
    kStale,     ///< the fence forgot what happened since the read: read again
    kBusy,      ///< another fenced write of the key is on the wire: try again later
  };

  struct Candidate {
    std::string_view key;
    uint64_t read_counter;
    Verdict verdict = Verdict::kStale;  ///< out
  };

  /// Before each attempt, holding permit and capacity, with the request about to go out.
  void Admit(std::span<Candidate> candidates);

  /// As Admit for one key that is repaired: the repair counts as a touch, because it is newer than
  /// all reads before its own.
  [[nodiscard]] Verdict AdmitRepair(std::string_view key, uint64_t read_counter, TimePoint now);

  /// The key was written by the tail or a repair since the read began, or what happened since then
  /// is not known any more.
  [[nodiscard]] bool MayHaveBeenTouched(std::string_view key, const FencedRead& read);

  /// After any answer, time-out, dead letter or cancel of what was admitted.
  void Release(std::span<const std::string_view> keys);

  /// The tail is about to write these keys. True when none is on the wire of a fenced write. Else
  /// `waker` is woken when one of them is released, and the tail touches again before it writes.
  [[nodiscard]] bool Touch(std::span<const std::string_view> keys, TimePoint now,
                           const Waker& waker);

  /// Memory of touched keys, for metrics and tests.
  [[nodiscard]] size_t touched_bytes() const;

 private:
  friend class FencedRead;

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const;
  };
  struct Touched {
    uint64_t counter;
    std::string key;
  };

  void EndRead(uint64_t counter, FencedRead::Kind kind);
  Verdict Judge(std::string_view key, uint64_t read_counter) REQUIRES(mutex_);
  void Remember(std::string_view key, TimePoint now) REQUIRES(mutex_);
  /// There will be eventually consistent reads within a margin.
  [[nodiscard]] bool EventualReadsAreNear() const REQUIRES(mutex_);
  void NoteMoment(TimePoint now) REQUIRES(mutex_);
  void AgeMoments(TimePoint now) REQUIRES(mutex_);
  void ForgetWhatNobodyNeeds() REQUIRES(mutex_);
  void MakeRoom() REQUIRES(mutex_);

  const Options options_;

  mutable Mutex mutex_;
  uint64_t counter_ GUARDED_BY(mutex_) = 0;  ///< of the latest touch
  uint64_t floor_ GUARDED_BY(mutex_) = 0;    ///< touches up to this are not all remembered
  std::multiset<uint64_t> reads_ GUARDED_BY(mutex_);
  std::multiset<uint64_t> eventual_reads_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, uint64_t, Hash, std::equal_to<>> touched_ GUARDED_BY(mutex_);
  std::deque<Touched> log_ GUARDED_BY(mutex_);  ///< touches in order; superseded ones included
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  /// The straight path of every item that is copied: no allocation for each.
  tsl::robin_set<std::string_view, Hash> on_wire_ GUARDED_BY(mutex_);
  /// Of the tail, for keys on the wire.
  std::unordered_map<std::string_view, std::vector<Waker>, Hash> waiting_ GUARDED_BY(mutex_);

  TimePoint latest_ GUARDED_BY(mutex_) = TimePoint::min();  ///< of what callers gave as now

  /// For eventually consistent reads: (time, counter) of recent touches, and the counter of the
  /// latest touch that is older than the margin.
  struct Moment {
    TimePoint first;  ///< touches of one moment are at most kFenceMoment apart
    TimePoint last;
    uint64_t counter;
  };
  std::deque<Moment> moments_ GUARDED_BY(mutex_);
  uint64_t aged_counter_ GUARDED_BY(mutex_) = 0;
  TimePoint eventual_from_ GUARDED_BY(mutex_);
  int eventual_pauses_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ddbsync::replicator
