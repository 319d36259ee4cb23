#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace ddbsync::bench {

/// What a wire server saw of its client: the measurements of the benchmarks that the client does
/// not make itself. Any thread.
class WireStats {
 public:
  /// Keys below `keys` are told apart, those above only counted. Shards are 0 to `shards` - 1.
  WireStats(const Clock& clock, uint64_t keys, uint64_t shards);

  void OnRequest(std::string_view operation);
  void OnAnswered(std::string_view operation);
  void OnRead(double units);
  void OnWritten(const std::vector<uint64_t>& keys, double units, bool duplicates_in_batch);
  void OnPolled(uint64_t shard);
  /// From a change's visibility to the answer to its write.
  void OnApplied(Duration took);

  /// Everything since the last Reset, as JSON; its CPU time since the server began.
  [[nodiscard]] std::string Json() const;
  void Reset();

 private:
  struct Second {
    double read_units = 0;
    double write_units = 0;
    uint64_t written = 0;
  };
  struct Operation {
    uint64_t requests = 0;
    int in_flight = 0;
    int most_in_flight = 0;
    WallTime first;  ///< began to be answered
    WallTime last;   ///< was answered
  };
  /// The most units within any second, wherever it begins.
  class SlidingSecond {
   public:
    void Add(TimePoint now, double units);
    [[nodiscard]] double most() const { return most_; }

   private:
    std::deque<std::pair<TimePoint, double>> recent_;
    double sum_ = 0;
    double most_ = 0;
  };
  Second& ThisSecond() REQUIRES(mutex_);

  const Clock& clock_;
  std::vector<std::atomic<uint64_t>> seen_;  ///< a bit a key
  mutable Mutex mutex_;
  TimePoint began_ GUARDED_BY(mutex_);
  std::map<std::string, Operation, std::less<>> operations_ GUARDED_BY(mutex_);
  std::vector<Second> seconds_ GUARDED_BY(mutex_);
  SlidingSecond read_units_ GUARDED_BY(mutex_);
  SlidingSecond write_units_ GUARDED_BY(mutex_);
  std::vector<float> applied_ms_ GUARDED_BY(mutex_);
  std::vector<TimePoint> polled_ GUARDED_BY(mutex_);  ///< of each shard, the last time
  /// Between two polls of the same shard; not of the first, which has the records.
  std::vector<float> idle_intervals_ms_ GUARDED_BY(mutex_);
  uint64_t written_ GUARDED_BY(mutex_) = 0;
  uint64_t distinct_ GUARDED_BY(mutex_) = 0;
  uint64_t wrong_batches_ GUARDED_BY(mutex_) = 0;
  int in_flight_ GUARDED_BY(mutex_) = 0;
  int most_in_flight_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ddbsync::bench
