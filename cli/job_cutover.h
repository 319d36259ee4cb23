#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/records.h"
#include "cli/cutover_json.h"
#include "cli/job_verification.h"
#include "cutover/cutover.h"
#include "cutover/sightings.h"
#include "replicator/job.h"

namespace ddbsync::cli {

/// The cut-over of a running job's process: its engine, what it is judged by before, and what it
/// works with (the process's verifications, the operator's hook). Any thread.
class JobCutover {
 public:
  struct Parts {
    std::string job_id;
    Executor& executor;
    replicator::Side source, target;
    replicator::Job& job;
    JobVerification& verification;
    std::optional<checkpoint::CutoverRecord> found;  ///< in its checkpoint, when it was opened
    std::string hook;                                ///< command; empty: none
    Clock& clock;
  };
  /// What `parts` refer to outlives the executor's tasks.
  explicit JobCutover(Parts parts);
  ~JobCutover();
  JobCutover(const JobCutover&) = delete;
  JobCutover& operator=(const JobCutover&) = delete;

  /// Once, after the job's Start: one that was interrupted is taken back.
  void Start();

  /// Judges the gates and begins. Blocks. Errors: as Cutover::Begin; kConflict: a gate does not
  /// hold, each is named with what to do.
  [[nodiscard]] Result<void> Begin(const cutover::Options& options);
  [[nodiscard]] Result<void> ConfirmFrozen() { return cutover_->ConfirmFrozen(); }
  [[nodiscard]] Result<void> Commit() { return cutover_->Commit(); }
  [[nodiscard]] Result<void> Abort(std::string reason) { return cutover_->Abort(reason); }
  [[nodiscard]] CutoverLook Look() const;
  /// Asks both tables. Blocks.
  [[nodiscard]] GatesLook Gates(const cutover::Options& options);
  /// The latest that was judged; none yet.
  [[nodiscard]] std::optional<GatesLook> LastGates() const;

  /// The job may be stopped without leaving writers stopped.
  [[nodiscard]] bool MayStop() const { return cutover_->MayStop(); }
  /// Everything is done: the job has nothing more to do.
  [[nodiscard]] bool Done() const;

  [[nodiscard]] bool has_hook() const { return hook_ != nullptr; }

 private:
  class WholeComparison;
  class GateWatch;

  [[nodiscard]] replicator::JobStatus Status() const;
  [[nodiscard]] std::optional<WallTime> VerifiedSince() const;

  const Parts parts_;
  const std::unique_ptr<cutover::Hook> hook_;
  const std::unique_ptr<cutover::Comparison> comparison_;
  mutable cutover::Sightings sightings_;
  std::shared_ptr<cutover::Cutover> cutover_;

  mutable Mutex mutex_;
  std::optional<GatesLook> last_gates_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::cli
