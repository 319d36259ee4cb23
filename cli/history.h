#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/task.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// The last hour of a job, in looks limits::kHistoryInterval apart, so that a page shows what came
/// before it was opened. In memory only: it ends with the process. Safe from any thread.
class History {
 public:
  /// Rates are since the look before; none: unknown.
  struct Look {
    TimePoint time;
    std::optional<double> lag_seconds;
    std::optional<double> items_per_second;  ///< of the copy
    std::optional<double> records_per_second;
    std::optional<double> read_units_per_second;
    std::optional<double> write_units_per_second;
    std::optional<double> in_flight;  ///< write calls
    std::optional<double> throttled_per_second;
  };

  /// `now` does not go back from call to call.
  void Add(const replicator::JobStatus& status, TimePoint now);
  /// The oldest first.
  [[nodiscard]] std::vector<Look> Looks() const;

 private:
  /// Counters as of a look.
  struct Counted {
    TimePoint time;
    double read_units, write_units, throttled;
  };

  mutable Mutex mutex_;
  std::deque<Look> looks_ GUARDED_BY(mutex_);
  std::optional<Counted> before_ GUARDED_BY(mutex_);
};

/// A column of numbers for each figure, and how long before `now` each look was.
[[nodiscard]] std::string HistoryToJson(const std::vector<History::Look>& looks, TimePoint now);

/// Adds a look at `status` every kHistoryInterval. `history` outlives it.
[[nodiscard]] std::shared_ptr<Task> HistoryTask(History& history,
                                                std::function<replicator::JobStatus()> status);

}  // namespace ddbsync::cli
