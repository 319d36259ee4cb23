#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "aws/client.h"
#include "base/mutex.h"
#include "metrics/exposition.h"

namespace ddbsync::cli {

/// Counts and times every attempt of both sides. A server's codes beyond the first
/// limits::kMostCodes are counted as "other". Safe from any thread; outlives the clients.
class CallMetrics final : public aws::CallObserver {
 public:
  void OnCall(std::string_view service, std::string_view operation, std::string_view code,
              Duration took) override;

  /// `labels` go before those of the calls.
  void WriteTo(metrics::Samples& samples, const metrics::Labels& labels) const;

 private:
  using Call = std::pair<std::string, std::string>;  ///< service, operation
  using Outcome = std::tuple<std::string, std::string, std::string>;

  /// `code`, or what stands for it. Holds the place of a new one.
  [[nodiscard]] std::string_view Known(std::string_view code) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::set<std::string, std::less<>> codes_ GUARDED_BY(mutex_);
  std::map<Outcome, uint64_t> counts_ GUARDED_BY(mutex_);
  std::map<Call, metrics::Histogram> durations_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::cli
