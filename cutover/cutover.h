#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/cutover_record.h"
#include "checkpoint/ledger.h"
#include "cutover/comparison.h"
#include "cutover/hook.h"
#include "cutover/options.h"
#include "cutover/progress.h"
#include "cutover/status.h"
#include "cutover/step.h"
#include "dynamodb/key_schema.h"
#include "replicator/job.h"
#include "replicator/seam.h"

namespace ddbsync::cutover {

/// Switches the live table from a job's source to its target, or takes all back (step.h has the
/// picture). Everything that it decides is in the job's checkpoint before it is done, so that a
/// process that finds a cut-over under way takes it back, or after the commit finishes it.
///
/// A Task of Lane::kTailRead that is Done only without a job, once it has ended. Any thread. What
/// Parts refers to outlives the task's last step.
class Cutover final : public Task {
 public:
  struct Parts {
    std::string job_id;
    std::string source_arn, target_arn;
    dynamodb::KeySchema schema;
    replicator::Side source, target;  ///< the target's streams are used too
    /// Of the running job; null: none runs, and only what was committed is finished.
    replicator::Seam* seam = nullptr;
    checkpoint::Ledger& ledger;                     ///< the seam's, where there is one
    std::function<replicator::JobStatus()> status;  ///< of the job; not asked without a seam
    Comparison* comparison = nullptr;               ///< null only without a seam
    Hook* hook = nullptr;                           ///< null: none is configured
    const Clock& clock;
  };

  /// `found`: the checkpoint's, if there is one; none that StatusOf refuses. Sends nothing.
  Cutover(Parts parts, const std::optional<checkpoint::CutoverRecord>& found);
  ~Cutover() override;

  void Attach(Waker waker) override;
  Next Step(TimePoint now) override;

  /// Begins one; returns once it is staged, the steps follow. The gates are the caller's to ask;
  /// as they were then they are kept in the report.
  /// Errors: kConflict (one is under way, or was committed), kInvalid (no hook is configured).
  [[nodiscard]] Result<void> Begin(const Options& options, std::vector<Gate> gates);
  /// The operator has stopped the writers (FreezeBy::kManual). Errors: kConflict: not asked now.
  [[nodiscard]] Result<void> ConfirmFrozen();
  /// Commits one that is ready. Errors: kConflict.
  [[nodiscard]] Result<void> Commit();
  /// Takes back what is under way; nothing when nothing is. Errors: kConflict (committed).
  [[nodiscard]] Result<void> Abort(std::string reason);

  [[nodiscard]] Status GetStatus() const;
  /// The job may end: nothing is under way, or what is goes on with the next start as well.
  [[nodiscard]] bool MayStop() const;

 private:
  /// What the steps of one cut-over work with, made anew for each.
  struct Tools;
  using Record = checkpoint::CutoverRecord;

  // forward.cc. A step makes at most one call.
  Next Forward(TimePoint now);
  Next Prepare(TimePoint now);
  Next StopWrites(TimePoint now);
  Next Seal(TimePoint now);
  Next Drain(TimePoint now);
  Next Compare(TimePoint now);
  Next AwaitCommit(TimePoint now);
  Next Finish(TimePoint now);
  [[nodiscard]] Progress NoteSource();
  [[nodiscard]] Progress CatchUpBefore();
  [[nodiscard]] Progress LookOnceMore(TimePoint now);
  [[nodiscard]] Progress MarkTable();
  /// Why it cannot go on, whatever it does; empty: it can.
  [[nodiscard]] std::string Obstacle(TimePoint now) const;

  // take_back.cc
  Next TakeBack(const std::string& reason);
  Next Restore(TimePoint now);
  Next Thaw(TimePoint now);
  Next CatchUp(TimePoint now);
  Next PayTtl(TimePoint now);

  // cutover.cc
  /// Records the step, and what `change` makes of the record with it, before its first call.
  Next Enter(cutover::Step step, std::string event,
             const std::function<void(Record&)>& change = {});
  /// What follows from progress that is not done; none: it is.
  std::optional<Next> Pending(const Progress& progress, TimePoint now);
  void Note(std::string event);
  void Keep(TableDigests digests);
  void SetDoing(std::string doing, bool asks_confirmation = false, bool asks_commit = false);
  [[nodiscard]] Record Recorded() const;
  [[nodiscard]] std::unique_ptr<Tools> MakeTools() const;
  [[nodiscard]] WallTime ServerNow() const;
  void AddEvent(std::string text) REQUIRES(mutex_);
  void Stage() REQUIRES(mutex_);

  const Parts parts_;

  // The steps' own.
  std::unique_ptr<Tools> tools_;

  mutable Mutex mutex_;
  int number_ GUARDED_BY(mutex_) = 0;  ///< of this job's cut-overs so far
  std::optional<Record> record_ GUARDED_BY(mutex_);
  Options options_ GUARDED_BY(mutex_);
  cutover::Step step_ GUARDED_BY(mutex_) = cutover::Step::kRolledBack;
  Report report_ GUARDED_BY(mutex_);
  checkpoint::Ledger::Ticket ticket_ GUARDED_BY(mutex_) = 0;
  bool began_here_ GUARDED_BY(mutex_) = false;  ///< by this process
  bool anew_ GUARDED_BY(mutex_) = true;         ///< tools_ are of another one
  std::string doing_ GUARDED_BY(mutex_);
  bool asks_confirmation_ GUARDED_BY(mutex_) = false;
  bool asks_commit_ GUARDED_BY(mutex_) = false;
  bool confirmed_ GUARDED_BY(mutex_) = false;
  bool commit_asked_ GUARDED_BY(mutex_) = false;
  std::string abort_ GUARDED_BY(mutex_);  ///< why it is to be taken back; empty: it is not
  std::optional<TimePoint> deadline_ GUARDED_BY(mutex_);
  Waker own_waker_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::cutover
