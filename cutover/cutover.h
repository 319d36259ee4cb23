#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/backoff.h"
#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/cutover_record.h"
#include "checkpoint/ledger.h"
#include "cutover/comparison.h"
#include "cutover/hook.h"
#include "cutover/options.h"
#include "cutover/status.h"
#include "dynamodb/control_client.h"
#include "replicator/job.h"
#include "replicator/seam.h"

namespace ddbsync::cutover {

/// Switches the live table from a job's source to its target, or takes all back (step.h has the
/// picture). Everything that it decides is in the job's checkpoint before it is done, so that a
/// process that finds a cut-over under way takes it back, or after the commit finishes it.
///
/// A Task of Lane::kControl that is never Done while its job runs: share it with the executor. Any
/// thread. What Parts refers to outlives the task's last step.
class Cutover final : public Task {
 public:
  struct Parts {
    replicator::Side source, target;
    dynamodb::KeySchema schema;
    /// Of the running job; null: none runs, and only what was committed is finished.
    replicator::Seam* seam = nullptr;
    checkpoint::Ledger& ledger;  ///< the seam's, where there is one
    std::function<replicator::JobStatus()> status;  ///< of the job; not asked without a seam
    Comparison* comparison = nullptr;  ///< null only without a seam
    Hook* hook = nullptr;              ///< null: none is configured
    const Clock& clock;
  };

  /// `found`: the checkpoint's, if there is one. Sends nothing.
  Cutover(Parts parts, std::optional<checkpoint::CutoverRecord> found);
  ~Cutover() override;

  Next Step(TimePoint now) override;

  /// Begins one; returns once it is staged, the steps follow. The gates are the caller's to ask.
  /// Errors: kConflict (one is under way, or was committed), kInvalid (no hook is configured).
  [[nodiscard]] Result<void> Begin(const Options& options);
  /// The operator has stopped the writers (FreezeBy::kManual). Errors: kConflict: not asked now.
  [[nodiscard]] Result<void> ConfirmFrozen();
  /// Commits one that is ready. Errors: kConflict.
  [[nodiscard]] Result<void> Commit();
  /// Takes back what is under way; nothing when nothing is. Errors: kConflict (committed).
  [[nodiscard]] Result<void> Abort(std::string reason);

  [[nodiscard]] Status GetStatus() const;
  /// The job may end: nothing is under way that it has to follow up, or what is can only be
  /// followed up by the next start.
  [[nodiscard]] bool MayStop() const;
};

}  // namespace ddbsync::cutover
