#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/families.h"

namespace ddbsync::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Values of one scrape, gathered from those that registered. Used by one thread.
class Samples {
 public:
  virtual ~Samples() = default;
  /// A gauge or counter. NaN: unknown.
  virtual void Add(const Family& family, double value, const Labels& labels = {}) = 0;
  struct Bucket {
    double upper_bound;  ///< seconds; +Inf last
    uint64_t cumulative_count;
  };
  virtual void AddHistogram(const Family& family, const std::vector<Bucket>& buckets, double sum,
                            uint64_t count, const Labels& labels = {}) = 0;
};

/// Durations in fixed buckets; Observe is cheap and safe from any thread.
class Histogram {
 public:
  /// Seconds, ascending; a last one of +Inf is added.
  explicit Histogram(std::vector<double> upper_bounds);
  void Observe(Duration value);
  void WriteTo(Samples& samples, const Family& family, const Labels& labels) const;

 private:
  const std::vector<double> upper_bounds_;
  std::vector<std::atomic<uint64_t>> counts_;  // one more than bounds
  std::atomic<int64_t> sum_{0};                // nanoseconds
};

/// Text of /metrics (Prometheus text format 0.0.4). It knows no job: those above register what they
/// show. Every scrape also has the standard process_* families. Safe from any thread.
class Exposition {
 public:
  /// Called by each scrape, from any thread, several at once. What it captures outlives the
  /// Exposition's last Text.
  using Collect = std::function<void(Samples&)>;
  void Register(Collect collect);
  /// Families and their samples in the order in which they were added first.
  [[nodiscard]] std::string Text() const;

 private:
  mutable Mutex mutex_;
  std::vector<Collect> collectors_ GUARDED_BY(mutex_);
};

/// Histogram bounds for calls: from a millisecond near by to time-outs of tens of seconds.
inline constexpr std::initializer_list<double> kRequestBuckets = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

/// Histogram bounds for delays: from a poll's round trip to the stream's retention of a day.
inline constexpr std::initializer_list<double> kDelayBuckets = {
    0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14400, 86400};

/// Content-Type of Text.
inline constexpr const char* kExpositionContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace ddbsync::metrics
