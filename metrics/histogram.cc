#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "metrics/exposition.h"

namespace ddbsync::metrics {
namespace {

double Seconds(Duration value) {
  return std::chrono::duration<double>(value).count();
}

}  // namespace

Histogram::Histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)), counts_(upper_bounds_.size() + 1) {
  DDBSYNC_CHECK(std::ranges::is_sorted(upper_bounds_));
}

void Histogram::Observe(Duration value) {
  const auto bucket = std::ranges::lower_bound(upper_bounds_, Seconds(value));
  counts_[bucket - upper_bounds_.begin()].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value.count(), std::memory_order_relaxed);
}

void Histogram::WriteTo(Samples& samples, const Family& family, const Labels& labels) const {
  std::vector<Samples::Bucket> buckets;
  uint64_t count = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    count += counts_[i].load(std::memory_order_relaxed);
    const bool last = i == upper_bounds_.size();
    buckets.push_back({last ? std::numeric_limits<double>::infinity() : upper_bounds_[i], count});
  }
  const Duration sum(sum_.load(std::memory_order_relaxed));
  samples.AddHistogram(family, buckets, Seconds(sum), count, labels);
}

}  // namespace ddbsync::metrics
