#include "metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <unordered_map>

#include "base/error.h"
#include "metrics/process.h"

namespace ddbsync::metrics {
namespace {

prometheus::MetricType ToPrometheus(FamilyType type) {
  switch (type) {
    case FamilyType::kGauge:
      return prometheus::MetricType::Gauge;
    case FamilyType::kCounter:
      return prometheus::MetricType::Counter;
    case FamilyType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

class GatheredSamples final : public Samples {
 public:
  void Add(const Family& family, double value, const Labels& labels) override {
    DDBSYNC_CHECK(family.type != FamilyType::kHistogram);
    prometheus::ClientMetric& metric = NewMetric(family, labels);
    if (family.type == FamilyType::kCounter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
  }

  void AddHistogram(const Family& family, const std::vector<Bucket>& buckets, double sum,
                    uint64_t count, const Labels& labels) override {
    DDBSYNC_CHECK(family.type == FamilyType::kHistogram);
    prometheus::ClientMetric& metric = NewMetric(family, labels);
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = sum;
    for (const Bucket& bucket : buckets) {
      metric.histogram.bucket.push_back({bucket.cumulative_count, bucket.upper_bound});
    }
  }

  [[nodiscard]] const std::vector<prometheus::MetricFamily>& families() const { return families_; }

 private:
  prometheus::ClientMetric& NewMetric(const Family& family, const Labels& labels) {
    const auto [known, added] = index_.try_emplace(family.name, families_.size());
    if (added) {
      prometheus::MetricFamily made;
      made.name = family.name;
      made.help = family.help;
      made.type = ToPrometheus(family.type);
      families_.push_back(std::move(made));
    }
    prometheus::ClientMetric& metric = families_[known->second].metric.emplace_back();
    for (const auto& [name, value] : labels) metric.label.push_back({name, value});
    return metric;
  }

  std::vector<prometheus::MetricFamily> families_;
  std::unordered_map<std::string_view, size_t> index_;  // of families_ by name
};

/// The library of Debian 12 writes "Nan", which the format does not know.
void CorrectNaN(std::string& text) {
  constexpr std::string_view kWrong = " Nan\n";
  for (size_t at = text.find(kWrong); at != std::string::npos; at = text.find(kWrong, at)) {
    text.replace(at, kWrong.size(), " NaN\n");
  }
}

}  // namespace

void Exposition::Register(Collect collect) {
  MutexLock lock(mutex_);
  collectors_.push_back(std::move(collect));
}

std::string Exposition::Text() const {
  std::vector<Collect> collectors;
  {
    MutexLock lock(mutex_);
    collectors = collectors_;
  }
  GatheredSamples samples;
  for (const Collect& collect : collectors) collect(samples);
  CollectProcess(samples);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, samples.families());
  std::string text = std::move(out).str();
  CorrectNaN(text);
  return text;
}

}  // namespace ddbsync::metrics
