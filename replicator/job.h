#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "checkpoint/store.h"
#include "dynamodb/client.h"
#include "dynamodb/streams_client.h"
#include "metrics/exposition.h"
#include "replicator/live_copy.h"
#include "replicator/most_extra.h"
#include "replicator/resync.h"
#include "replicator/seam.h"
#include "replicator/status.h"
#include "streams/lineage.h"

namespace ddbsync::replicator {

enum class Phases { kBackfillAndTail, kBackfillOnly, kTailOnly };
enum class OnGap { kHold, kStop, kResync };
enum class TtlDeletes { kReplicate, kSkip };

class AccountCapacity;

struct JobOptions {
  std::string job_id;
  Phases phases = Phases::kBackfillAndTail;
  std::optional<WallTime> since;  ///< kTailOnly: an external load began then
  std::string stream_arn;         ///< that a new job must find at its source; empty: any
  bool create_target = false;
  bool enable_stream = false;
  bool eventually_consistent = false;
  bool mirror = false;  ///< a new job may begin with a target that is not empty
  OnGap on_gap = OnGap::kHold;
  MostExtra most_extra;  ///< rows that a resync removes
  TtlDeletes ttl_deletes = TtlDeletes::kReplicate;
  bool watch_target = false;            ///< reads the target's stream for writes of others
  std::optional<double> read_capacity;  ///< units per second; none: the default of the design
  std::optional<double> write_capacity;
  /// Bounds that it keeps together with other jobs; outlives the job; null: none.
  AccountCapacity* accounts = nullptr;
  Duration poll_interval = std::chrono::milliseconds(250);
  Duration settle = std::chrono::seconds(5);
  size_t memory_bytes = 0;  ///< 0: limits::kDefaultMemoryBytes
  size_t fence_bytes = 0;   ///< of touched keys; 0: limits::kFenceBytes
  int segments = 0;         ///< 0: chosen from the table's size
  int processors = 2;       ///< that this process may use
  /// Processor time that this process has used; empty: status does not tell whether it is short.
  std::function<Duration()> processor_time;
};

/// What an operator may change while a job runs; what is not set stays. Lasts until the process
/// ends: the next start has its flags' again.
struct Throttle {
  /// An upper bound, or none.
  template <class T>
  using Bound = std::optional<T>;

  std::optional<Bound<double>> read_capacity;  ///< units per second
  std::optional<Bound<double>> write_capacity;
  /// Of all jobs together, on the source's and on the target's account.
  std::optional<Bound<double>> account_read_capacity;
  std::optional<Bound<double>> account_write_capacity;
  std::optional<Bound<int>> in_flight;  ///< write calls of the copy; none: as the target takes them
  std::optional<Duration> poll_interval;
};

/// One side of the copy. The clients outlive the job. The streams client of a target is used with
/// JobOptions::watch_target alone.
struct Side {
  std::string label;  ///< "source a", for messages
  std::string table;  ///< name or ARN, as given
  dynamodb::Client* tables = nullptr;
  dynamodb::StreamsClient* streams = nullptr;
};

/// Why a job ended.
enum class Outcome {
  kDone,        ///< done, or stopped as asked
  kFailed,      ///< an error that needs a person; run again to resume
  kDegraded,    ///< ended with dead letters standing
  kDataAtRisk,  ///< gap, or too many dead letters
  kRestart,     ///< to be opened again at once: it goes on with another stream (Seam::FollowFrom),
                ///< or begins again after a gap (OnGap::kResync)
};

/// A copy in progress. Any thread, except where said. Its tasks refer to it: the executor is
/// stopped before it is destroyed.
class Job {
 public:
  /// Looks at both tables and the checkpoint, writes nothing to either table (but for
  /// --create-target and --enable-stream) and reports every fault it can find at once, one Error a
  /// fault. Blocks. All references outlive the job.
  static std::expected<std::unique_ptr<Job>, std::vector<Error>> Open(JobOptions options,
                                                                      Side source, Side target,
                                                                      checkpoint::Store& store,
                                                                      Executor& executor,
                                                                      Clock& clock);

  /// The faults that Open would report now, with nothing made or switched on: for who opens several
  /// jobs and wants all or none. Blocks.
  [[nodiscard]] static std::vector<Error> Look(const JobOptions& options, const Side& source,
                                               const Side& target, checkpoint::Store& store,
                                               Clock& clock);

  virtual ~Job() = default;

  /// Writes the first record and starts the tasks. Once. Errors: kIo, nothing was started.
  [[nodiscard]] virtual Result<void> Start() = 0;
  /// Stops reading, finishes what is in flight, commits, sets the clean-stop marker.
  virtual void Stop() = 0;
  virtual void Pause(bool tail_too) = 0;
  virtual void Resume() = 0;
  virtual void Apply(const Throttle& throttle) = 0;

  /// Nothing while it runs.
  [[nodiscard]] virtual std::optional<Outcome> Ended() const = 0;
  [[nodiscard]] virtual JobStatus Status() const = 0;
  /// Those that are being read, by id. As long as there are shards.
  [[nodiscard]] virtual std::vector<ShardStatus> Shards() const = 0;
  /// The stream's shards, at most `most` (streams::Lineage::Family). None without a tail.
  [[nodiscard]] virtual streams::ShardFamily Family(size_t most) const = 0;
  /// For a verification that looks through this job. Lives as long as the job.
  [[nodiscard]] virtual LiveCopy& live_copy() = 0;
  /// For a cut-over. Lives as long as the job.
  [[nodiscard]] virtual Seam& seam() = 0;
  /// For who removes rows that only the target has. Lives as long as the job.
  [[nodiscard]] virtual Resync& resync() = 0;
  /// From a record's creation at the source (whole seconds) to its acknowledgement by the target.
  [[nodiscard]] virtual const metrics::Histogram& apply_delay() const = 0;
};

}  // namespace ddbsync::replicator
