#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "replicator/pace.h"

namespace ddbsync::replicator {

/// An upper bound in capacity units per second that the jobs of a process keep together. The tail
/// of every job goes before the backfill of any; of backfills that wait, the one that has had least
/// goes first. Safe from any thread.
class SharedCapacity {
 public:
  SharedCapacity(std::string_view name, std::optional<double> units_per_second)
      : bucket_(name, units_per_second) {}

  /// As CapacityBucket's. `job`: who asks; stands for one bucket of one job.
  [[nodiscard]] std::optional<TimePoint> TakeOrRetryAt(const void* job, CapacityBucket::User user,
                                                       double estimate, TimePoint now);
  void Correct(const void* job, double estimate, double better);
  /// The job asks no more.
  void Forget(const void* job);

  void SetRate(std::optional<double> units_per_second) { bucket_.SetRate(units_per_second); }
  [[nodiscard]] std::optional<double> rate() const { return bucket_.rate(); }

 private:
  struct Share {
    double had = 0;  ///< units, counted from where the one that had least stood when it came
    /// Until then a backfill that was refused will have asked again; it waits no more after that.
    TimePoint waits_until = TimePoint::min();
  };

  [[nodiscard]] bool OthersHadLess(const Share& mine, TimePoint now) const REQUIRES(mutex_);
  [[nodiscard]] Share& ShareOf(const void* job) REQUIRES(mutex_);

  CapacityBucket bucket_;
  mutable Mutex mutex_;
  std::map<const void*, Share> shares_ GUARDED_BY(mutex_);
};

/// --account-read-capacity and --account-write-capacity, for each account and region apart. Safe
/// from any thread; outlives the jobs.
class AccountCapacity {
 public:
  AccountCapacity(std::optional<double> reads, std::optional<double> writes)
      : reads_(reads), writes_(writes) {}

  /// Whose table it is: account and region of its ARN; where a server gives no account, the region
  /// and the server's address.
  [[nodiscard]] static std::string Of(std::string_view table_arn, std::string_view url);

  [[nodiscard]] SharedCapacity& Reads(const std::string& account);
  [[nodiscard]] SharedCapacity& Writes(const std::string& account);

 private:
  using Accounts = std::map<std::string, std::unique_ptr<SharedCapacity>>;

  const std::optional<double> reads_;
  const std::optional<double> writes_;
  Mutex mutex_;
  Accounts of_reads_ GUARDED_BY(mutex_);
  Accounts of_writes_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::replicator
