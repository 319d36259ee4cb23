#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/backoff.h"
#include "base/byte_credit.h"
#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/committer.h"
#include "checkpoint/ledger.h"
#include "checkpoint/store.h"
#include "replicator/backfill.h"
#include "replicator/batch_writer.h"
#include "replicator/counters.h"
#include "replicator/dead_letters.h"
#include "replicator/dealer.h"
#include "replicator/fence.h"
#include "replicator/health.h"
#include "replicator/held_time.h"
#include "replicator/job.h"
#include "replicator/limits.h"
#include "replicator/live_copy_of_job.h"
#include "replicator/own_writes.h"
#include "replicator/pace.h"
#include "replicator/preflight.h"
#include "replicator/rechecks.h"
#include "replicator/resync.h"
#include "replicator/segment_scanner.h"
#include "replicator/shared_look.h"
#include "replicator/tail.h"
#include "replicator/tail_queue.h"
#include "replicator/target_watch.h"
#include "replicator/write_gate.h"

namespace ddbsync::replicator {

/// The parts of a running job and how they are joined (docs/architecture.md has the picture). What
/// happens when is the Conductor's (conductor.h); what it looks like from outside is
/// job_status.cc's.
class LiveJob final : public Job, private Seam {
 public:
  LiveJob(JobOptions options, Side source, Side target, StartingPoint point,
          checkpoint::Store& store, Executor& executor);
  ~LiveJob() override;

  Result<void> Start() override;
  void Stop() override { stop_asked_ = true; }
  void Pause(bool tail_too) override;
  void Resume() override;
  void Apply(const Throttle& throttle) override;
  [[nodiscard]] std::optional<Outcome> Ended() const override;
  [[nodiscard]] JobStatus Status() const override;
  [[nodiscard]] std::vector<ShardStatus> Shards() const override;
  [[nodiscard]] streams::ShardFamily Family(size_t most) const override;
  [[nodiscard]] LiveCopy& live_copy() override { return live_copy_; }
  [[nodiscard]] Seam& seam() override { return *this; }
  [[nodiscard]] Resync& resync() override { return resync_; }
  [[nodiscard]] const metrics::Histogram& apply_delay() const override {
    return counters_.apply_delay;
  }

 private:
  friend class Conductor;

  void SpawnBackfill();
  void SpawnWriters();
  void SpawnRest();
  void MakeTargetWatch();
  /// The tail's, and the watch of the target. Pages in hand are still written.
  void StopReadingStreams();
  void OnGap(const std::string& shard_id, const std::string& reason);
  void WaitForStream();
  /// A gap does not hold it, nor end it: it is to be opened again, and to make up for what was
  /// lost.
  [[nodiscard]] bool MayBeginAgain() const;
  [[nodiscard]] Tail::Parts TailParts();
  [[nodiscard]] TimePoint Now() const { return executor_.clock().Now(); }
  [[nodiscard]] aws::ServerClock& server_clock() const {
    return source_.tables->aws().server_clock();
  }
  [[nodiscard]] bool wants_tail() const { return options_.phases != Phases::kBackfillOnly; }
  [[nodiscard]] bool wants_backfill() const { return options_.phases != Phases::kTailOnly; }

  [[nodiscard]] bool copied() const { return !wants_backfill() || backfill_->complete(); }

  // job_seam.cc
  checkpoint::Ledger& ledger() override { return ledger_; }
  const checkpoint::JobRecord& record() const override { return point_.record; }
  const dynamodb::KeySchema& schema() const override { return point_.source.key; }
  void ExpectEndOfStream(bool expected) override;
  void NoteWritesResume(WallTime since) override;
  [[nodiscard]] bool StreamEnded() const override;
  [[nodiscard]] std::optional<WallTime> LastChange() const override;
  [[nodiscard]] bool Idle() const override;
  void StopWriting() override { gate_.Close(); }
  void FollowFrom(std::string stream_arn, WallTime since, checkpoint::Batch with) override;
  /// What makes the next start follow that stream.
  [[nodiscard]] checkpoint::Batch SwitchOfStream() const;

  // job_status.cc
  /// All shards; at most kSharedLook old.
  [[nodiscard]] Tail::Progress LookAtTail(TimePoint now) const;
  /// What a job that is neither starting nor ending does; `copied`: nothing of the backfill is
  /// left.
  [[nodiscard]] JobState RunningState(bool copied, TimePoint now) const;
  void FillBackfill(JobStatus& status, TimePoint now) const;
  void FillTail(JobStatus& status, const Tail::Progress& progress) const;
  void FillWrites(JobStatus& status) const;
  void FillResync(JobStatus& status) const;
  [[nodiscard]] std::string GapRemedy() const;
  void FillHealth(JobStatus& status, const Tail::Progress& progress, TimePoint now) const;
  [[nodiscard]] std::string Standstill(const Tail::Progress& tail, TimePoint now) const;
  struct Hold {
    Bottleneck by = Bottleneck::kNothing;
    std::string why;
  };
  [[nodiscard]] Hold HeldBack(const JobStatus& status, TimePoint now) const;
  [[nodiscard]] std::optional<Hold> HeldByLimit(bool copying, TimePoint now) const;
  [[nodiscard]] bool ProcessorsAreBusy() const;

  // Constant after construction.
  const JobOptions options_;
  const Side source_;
  const Side target_;
  const StartingPoint point_;
  checkpoint::Store& store_;
  Executor& executor_;
  const TimePoint constructed_at_;
  const WallTime started_at_;

  // The parts, in the order in which they depend on each other.
  checkpoint::Ledger ledger_;
  std::shared_ptr<checkpoint::Committer> committer_;
  ByteCredit credit_;
  aws::RetryBudget source_budget_, stream_budget_, target_budget_;
  Counters counters_;
  Health health_;
  HeldTime held_;
  WriteGate gate_;
  Fence fence_;
  Rechecks rechecks_;
  DeadLetters dead_letters_;
  Resync resync_;
  InFlightLimit write_limit_, scan_limit_;
  CapacityBucket read_capacity_, write_capacity_;
  std::atomic<double> units_per_page_{limits::kUnitsOfFullPage};
  ChangedKeys changed_keys_;
  TailQueue tail_queue_;
  std::unique_ptr<Backfill> backfill_;
  std::unique_ptr<Dealer> dealer_;
  std::unique_ptr<Tail> tail_;
  std::unique_ptr<OwnWrites> own_writes_;  ///< null: the target is not watched
  std::unique_ptr<TargetWatch> target_watch_;
  LiveCopyOfJob live_copy_;

  std::atomic<bool> stop_asked_{false};
  std::atomic<bool> end_of_stream_expected_;
  std::atomic<bool> backfill_paused_{false};
  std::atomic<bool> tail_paused_{false};
  std::atomic<bool> recreated_{false};    ///< the source is another table
  std::atomic<bool> stream_came_{false};  ///< that point_.waits_for
  std::atomic<Duration> poll_interval_;

  mutable Mutex mutex_;
  std::string gap_reason_ GUARDED_BY(mutex_);  ///< of one that no resync makes up for; empty: none
  JobState state_ GUARDED_BY(mutex_) = JobState::kStarting;
  std::string end_reason_ GUARDED_BY(mutex_);
  std::optional<Outcome> ended_ GUARDED_BY(mutex_);
  struct NextStream {
    std::string arn;
    WallTime since;
    checkpoint::Batch with;
  };
  std::optional<NextStream> next_stream_ GUARDED_BY(mutex_);  ///< the job ends to follow it

  struct RateSample {
    TimePoint time;
    int64_t items_settled;
    int64_t records;
    Duration processor_time;
  };
  std::deque<RateSample> rate_samples_ GUARDED_BY(mutex_);

  mutable SharedLook<Tail::Progress> tail_look_;
  mutable SharedLook<std::vector<ShardStatus>> shards_look_;
  mutable SharedLook<std::pair<size_t, streams::ShardFamily>> family_look_;  ///< by how many
};

}  // namespace ddbsync::replicator
