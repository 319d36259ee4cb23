#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace ddbsync::bench {

/// What a wire server saw of its client: the measurements of the benchmarks that the client does
/// not make itself. Any thread.
class WireStats {
 public:
  /// Keys below `keys` are told apart, those above only counted.
  WireStats(const Clock& clock, uint64_t keys);

  void OnRequest(std::string_view operation);
  void OnAnswered();
  void OnRead(double units);
  void OnWritten(const std::vector<uint64_t>& keys, double units, bool duplicates_in_batch);
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
  Second& ThisSecond() REQUIRES(mutex_);

  const Clock& clock_;
  std::vector<std::atomic<uint64_t>> seen_;  ///< a bit a key
  std::atomic<int> in_flight_{0};

  mutable Mutex mutex_;
  TimePoint began_ GUARDED_BY(mutex_);
  std::map<std::string, uint64_t, std::less<>> requests_ GUARDED_BY(mutex_);
  std::map<std::string, WallTime, std::less<>> first_requests_ GUARDED_BY(mutex_);
  std::vector<Second> seconds_ GUARDED_BY(mutex_);
  std::vector<float> applied_ms_ GUARDED_BY(mutex_);
  uint64_t written_ GUARDED_BY(mutex_) = 0;
  uint64_t distinct_ GUARDED_BY(mutex_) = 0;
  uint64_t wrong_batches_ GUARDED_BY(mutex_) = 0;
  int most_in_flight_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ddbsync::bench
