#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/store.h"
#include "cli/job_cutover.h"
#include "cli/job_executor.h"
#include "cli/job_verification.h"
#include "cli/run_plan.h"
#include "replicator/job.h"
#include "verify/extras_removal.h"

namespace ddbsync::cli {

/// A job that is open, with all that looks through it: made anew when the job goes on with another
/// stream, or begins again after a gap. Any thread, but for End.
class OpenJob {
 public:
  /// All outlive this.
  struct Parts {
    const JobPlan& plan;
    replicator::JobOptions options;
    replicator::Side source, target;
    checkpoint::Store& store;
    Executor& executor;
    std::string log_as;  ///< JobExecutor
    Clock& clock;
  };
  /// As replicator::Job::Open. Blocks. Every fault at once.
  [[nodiscard]] static std::expected<std::unique_ptr<OpenJob>, std::vector<Error>> Make(
      const Parts& parts);

  ~OpenJob();
  OpenJob(const OpenJob&) = delete;
  OpenJob& operator=(const OpenJob&) = delete;

  /// Once. Errors: kIo.
  [[nodiscard]] Result<void> Start();
  /// Asks it to end in good order; a cut-over under way is taken back first. More than once is as
  /// once.
  void Stop();
  /// To be called now and then by whoever runs it: a stop waits until a cut-over is taken back, for
  /// at most limits::kTakeBackPatience, and one that is done ends its job.
  void Tend();
  /// It runs, or has a cut-over to take back: nothing. At most limits::kTakeBackPatience after a
  /// stop was asked for, or the job itself ended.
  [[nodiscard]] std::optional<replicator::Outcome> Ended() const;
  /// Its tasks end; then nothing refers to it but who holds it. Blocks.
  void End();

  [[nodiscard]] replicator::Job& job() { return *job_; }
  [[nodiscard]] JobVerification& verification() { return *verification_; }
  [[nodiscard]] JobCutover& cutover() { return *cutover_; }

 private:
  OpenJob(Executor& executor, std::string log_as, Clock& clock);

  Clock& clock_;
  JobExecutor executor_;
  std::unique_ptr<replicator::Job> job_;
  std::unique_ptr<JobVerification> verification_;
  std::unique_ptr<JobCutover> cutover_;
  std::shared_ptr<verify::ExtrasRemoval> removal_;
  std::atomic<bool> stop_asked_{false};
  std::atomic<TimePoint> stop_asked_at_{TimePoint::max()};
  std::atomic<bool> job_stopped_{false};
  mutable Mutex mutex_;
  mutable std::optional<TimePoint> ended_since_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::cli
