#include "cli/call_metrics.h"

#include "cli/limits.h"
#include "metrics/families.h"

namespace ddbsync::cli {

void CallMetrics::OnCall(std::string_view service, std::string_view operation,
                         std::string_view code, Duration took) {
  const MutexLock lock(mutex_);
  ++counts_[Outcome(service, operation, Known(code))];
  durations_.try_emplace(Call(service, operation), metrics::kRequestBuckets)
      .first->second.Observe(took);
}

std::string_view CallMetrics::Known(std::string_view code) {
  if (codes_.contains(code)) return code;
  if (codes_.size() >= limits::kMostCodes) return "other";
  codes_.emplace(code);
  return code;
}

void CallMetrics::WriteTo(metrics::Samples& samples, const metrics::Labels& labels) const {
  const MutexLock lock(mutex_);
  for (const auto& [outcome, count] : counts_) {
    metrics::Labels all = labels;
    all.emplace_back("service", std::get<0>(outcome));
    all.emplace_back("operation", std::get<1>(outcome));
    all.emplace_back("code", std::get<2>(outcome));
    samples.Add(metrics::kAwsRequestsTotal, static_cast<double>(count), all);
  }
  for (const auto& [call, histogram] : durations_) {
    metrics::Labels all = labels;
    all.emplace_back("service", call.first);
    all.emplace_back("operation", call.second);
    histogram.WriteTo(samples, metrics::kAwsRequestDurationSeconds, all);
  }
}

}  // namespace ddbsync::cli
