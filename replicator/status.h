#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace ddbsync::replicator {

enum class JobState {
  kStarting,   ///< looking at tables and checkpoint
  kSettling,   ///< waiting out late landings after an unclean stop
  kCopying,    ///< backfill running (and the tail beside it)
  kFollowing,  ///< backfill complete, tail running
  kResync,     ///< copying again after a gap, or into a target that was not empty: not in step yet
  kPaused,
  kStopping,
  kDone,  ///< a phase that ends has ended
  kGap,   ///< changes were lost; a person must decide
  kFailed,
};
std::string_view ToString(JobState state);

/// What holds a job back most.
enum class Bottleneck {
  kNothing,       ///< it is as fast as there is something to do
  kSourceReads,   ///< the source is slow or throttles
  kTargetWrites,  ///< the target is slow or throttles
  kLimit,         ///< a limit of ours: capacity, calls in flight, memory
  kRepairs,       ///< writes of unknown outcome are repaired first
  kProcessor,     ///< this machine's processors
};
std::string_view ToString(Bottleneck bottleneck);

/// What holds a job back; several may at once. For the time of each (held_time.h).
enum class HeldBy {
  kSourceRead,     ///< the service throttles Scan or the stream's reads
  kTargetWrite,    ///< the service throttles writes
  kReadCapacity,   ///< a limit of ours
  kWriteCapacity,  ///< likewise
  kInFlight,       ///< likewise
  kMemory,         ///< a page waits for --memory
  kRechecks,       ///< writes of unknown outcome are repaired first
};
inline constexpr size_t kHeldByCount = static_cast<size_t>(HeldBy::kRechecks) + 1;
using HeldSeconds = std::array<double, kHeldByCount>;  ///< by HeldBy
std::string_view ToString(HeldBy by);

/// A shard that is being read.
struct ShardStatus {
  std::string shard_id;
  std::optional<WallTime>
      watermark;  ///< all of the shard up to then is on the target; none: unknown
};

/// One consistent look at a job; what /metrics, /api, `status` and the progress bar show.
struct JobStatus {
  std::string job_id;
  std::string version;
  JobState state = JobState::kStarting;
  std::string reason;     ///< why it is in this state or not faster; never empty when unhealthy
  bool ready = false;     ///< /readyz
  bool degraded = false;  ///< dead letters stand
  Bottleneck bottleneck = Bottleneck::kNothing;
  bool tail_paused = false;  ///< kPaused: following rests too
  std::string source_arn;
  std::string target_arn;
  std::string stream_arn;
  WallTime started_at;  ///< this process
  WallTime now;         ///< server's time at this look

  struct Backfill {
    bool wanted = false;
    bool complete = false;
    int segments = 0;
    int segments_open = 0;
    int segments_finished = 0;
    int64_t items_read = 0;
    int64_t items_written = 0;
    int64_t items_fenced = 0;
    int64_t bytes_read = 0;
    int64_t items_expected = 0;         ///< the table's own estimate, at least items_read
    std::optional<double> progress;     ///< 0 to 1; none while nothing is known
    double items_per_second = 0;        ///< over the last seconds
    std::optional<double> eta_seconds;  ///< none before 1 %
    int segments_waiting = 0;    ///< whose items wait to be written; those that follow among them
    int throttled_segments = 0;  ///< of which the target refused items lately
    std::vector<int> throttled_segment_numbers;  ///< the first limits::kThrottledNamed of them
  } backfill;

  struct Tail {
    bool wanted = false;
    int shards_reading = 0;
    int shards_waiting = 0;  ///< for their parent
    int shards_finished = 0;
    int64_t inserts = 0, modifies = 0, removes = 0;
    int64_t polls_records = 0, polls_empty = 0, polls_failed = 0;
    std::optional<WallTime> watermark;       ///< none: unknown
    std::optional<double> lag_seconds;       ///< none: unknown, never 0
    std::optional<double> headroom_seconds;  ///< until unapplied changes leave the stream
    double records_per_second = 0;
  } tail;

  struct Writes {
    int64_t puts_ok = 0, deletes_ok = 0;
    int64_t unprocessed = 0;            ///< items handed back by the target
    int64_t throttled = 0, failed = 0;  ///< calls
    int64_t ambiguous = 0;              ///< calls
    int in_flight = 0;                  ///< calls of the backfill
    int in_flight_limit = 0;            ///< of the backfill, as it adapts
    int tail_in_flight = 0;             ///< calls of the tail
  } writes;

  /// Of a copy that is made again after a gap, or into a target that was not empty (resync.h).
  struct Resync {
    std::string step = "none";
    std::string cause;        ///< "gap" or "mirror"; empty: none is under way
    int64_t target_rows = 0;  ///< when its extra rows were counted; 0: not yet
    int64_t extra_rows = 0;   ///< of them, that only the target has
    int64_t removed_rows = 0;
    int64_t most_rows = 0;               ///< that may be removed
    std::vector<std::string> some_keys;  ///< of those that are held, as JSON
  } resync;

  /// Of the target's own stream (--watch-target): writes that were not ours (target_watch.h).
  struct Watch {
    bool wanted = false;
    bool watching = false;
    std::string reason;                 ///< why it is not; empty when it is
    bool by_key_only = false;           ///< the stream has no new images to compare
    std::optional<WallTime> since;      ///< writes later than this are judged
    std::optional<double> lag_seconds;  ///< so far behind the stream; none: unknown, never 0
    int64_t puts = 0, deletes = 0;      ///< by others
    int64_t ttl_deletes = 0;            ///< by the target's time to live
    int64_t not_judged = 0;             ///< records that may be of own writes which are forgotten
    std::optional<WallTime> last_foreign;  ///< put or delete by others
    std::optional<WallTime> last_unknown;  ///< record that was not judged, or was lost
    std::vector<std::string> some_keys;    ///< of those, the last first, as JSON
  } watch;

  /// As flags and `throttle` have set them.
  struct Limits {
    std::optional<double> read_capacity;           ///< units per second; none: no bound
    std::optional<double> write_capacity;          ///< likewise
    std::optional<double> account_read_capacity;   ///< of all jobs on the source's account
    std::optional<double> account_write_capacity;  ///< of all jobs on the target's account
    std::optional<int> in_flight;                  ///< none: as the target takes them
    double poll_interval_seconds = 0;
  } limits;

  HeldSeconds held_seconds{};
  double source_read_units = 0;
  double target_write_units = 0;
  size_t queue_bytes = 0;
  int64_t rechecks = 0;
  int64_t dead_letters = 0;
  int64_t gaps = 0;
  double checkpoint_age_seconds = 0;
  uint64_t commits_ok = 0, commits_failed = 0;
  std::string last_warning;
};

/// What a look at a job that stands still says when it is told `by` later: how far it is behind
/// grows. What of it ages no more, such as its checkpoint, stays.
[[nodiscard]] JobStatus Later(JobStatus look, Duration by);

/// Whether the tail may rest: it is known that changes stay in the stream for long enough (6 h).
/// Unknown counts as too little.
[[nodiscard]] bool MayRest(const JobStatus::Tail& tail);

/// "the target throttles writes of 3 of 64 segments: 7, 8, 40"; empty when it throttles none, or
/// all that there are.
[[nodiscard]] std::string ThrottledText(const JobStatus::Backfill& backfill);

}  // namespace ddbsync::replicator
