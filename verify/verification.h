#pragma once

#include <atomic>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/committer.h"
#include "checkpoint/ledger.h"
#include "checkpoint/store.h"
#include "replicator/job.h"
#include "replicator/live_copy.h"
#include "verify/findings.h"
#include "verify/options.h"
#include "verify/repairs.h"
#include "verify/status.h"
#include "verify/walker.h"

namespace ddbsync::verify {

/// Compares two tables, exactly and item by item, in memory that does not depend on their size:
///
///   digesting ──sums differ──▶ comparing ──all looked up──▶ settling ──no suspect left──▶ ended
///       └──────sums are equal───────────────────────────────────▲        │ watch
///   (the live form begins here: comparing)                      └─next──◀┘
///
/// With a job that follows it looks through that job: at its watermark, and its repairs go through
/// the fence. Any thread. Its tasks share it: they may outlive whoever started it, and end soon
/// after Stop. The clients and the copy outlive them.
class Verification final : public std::enable_shared_from_this<Verification> {
 public:
  struct Parts {
    Executor& executor;
    replicator::Side source;  ///< its streams are not used
    replicator::Side target;
    /// Its own, for nobody else; keeps what an unfinished run found.
    std::shared_ptr<checkpoint::Store> store;
    replicator::LiveCopy* copy = nullptr;  ///< null: no job runs, and none will meanwhile
    double changes_per_second = 0;         ///< of the source, as far as is known
    std::optional<double> read_capacity;   ///< of each table, units per second; of the source the
                                           ///< job's own where there is one
    Clock& clock;
  };

  /// Looks at both tables and at what an earlier run left. Reads no item, writes to neither table.
  /// Blocks. Errors: every fault at once.
  [[nodiscard]] static std::expected<std::shared_ptr<Verification>, std::vector<Error>> Open(
      Options options, Parts parts);

  /// Once. Errors: kIo, nothing was started.
  [[nodiscard]] Result<void> Start();
  /// Ends it; what was found stays in the store, and the next run goes on from there.
  void Stop() { stop_asked_ = true; }

  /// It has ended, and what it found is durable.
  [[nodiscard]] bool ended() const;
  [[nodiscard]] Status GetStatus() const;
  /// At most `most` of the standing differences that were seen first so long ago, by key.
  [[nodiscard]] std::vector<Difference> List(size_t most, Duration min_age) const;

 private:
  friend class VerifyConductor;

  struct Tables {
    dynamodb::TableDescription source, target;
  };
  Verification(Options options, Parts parts, const Tables& tables, RunRecord run, State restored);

  [[nodiscard]] static std::vector<Error> LookAtTables(const Parts& parts, Tables& tables);
  [[nodiscard]] static RunRecord NewRun(const Options& options, const Parts& parts,
                                        const Tables& tables);
  [[nodiscard]] RunContext Context();

  // Constant after construction.
  const Options options_;
  const Parts parts_;
  const dynamodb::KeySchema schema_;

  checkpoint::Ledger ledger_;
  aws::RetryBudget budget_;
  replicator::Health health_;
  replicator::CapacityBucket source_capacity_, target_capacity_;  ///< the source's without a job
  ComparedTable source_, target_;
  replicator::InFlightLimit scans_;
  Findings findings_;
  std::shared_ptr<Repairs> repairs_;  // constant after Start; null: none are wanted
  std::atomic<bool> stop_asked_{false};
  std::atomic<bool> stopped_{false};  ///< its tasks end

  struct RateSample {
    TimePoint time;
    int64_t items;
  };
  mutable Mutex mutex_;
  std::deque<RateSample> samples_ GUARDED_BY(mutex_);
  std::optional<Outcome> outcome_ GUARDED_BY(mutex_);
  std::string reason_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace ddbsync::verify
