#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/records.h"
#include "cli/api_file.h"
#include "cli/call_metrics.h"
#include "cli/cutover_api.h"
#include "cli/history.h"
#include "cli/job_executor.h"
#include "cli/open_job.h"
#include "cli/run_plan.h"
#include "metrics/exposition.h"
#include "metrics/http_server.h"
#include "replicator/job.h"

namespace ddbsync::cli {

/// What a process has once and its jobs share. Outlives them.
struct SharedParts {
  const aws::Environment& environment;
  Clock& clock;
  Executor& executor;
  replicator::AccountCapacity& accounts;
};

/// A job of this process with everything that is its own: state directory and checkpoint, keys and
/// connections, history, api.json.
///
/// Prepare, Open, Start and Release in this order, each once, by one thread at a time; the rest
/// from any. The executor's tasks and the server's handlers refer to it: both are stopped before it
/// is destroyed.
class RunningJob {
 public:
  /// Sends nothing yet. `log_as`: its name in the log; empty where there is but one job.
  RunningJob(const JobPlan& plan, std::string log_as, const SharedParts& shared);
  ~RunningJob();
  RunningJob(const RunningJob&) = delete;
  RunningJob& operator=(const RunningJob&) = delete;

  /// Takes the state directory and finds the keys. Every fault at once.
  [[nodiscard]] std::vector<Error> Prepare();
  /// After Prepare: an earlier start has begun to copy, or to follow.
  [[nodiscard]] bool begun() const { return begun_; }
  /// It cannot be opened: from now on it is shown as one that has failed, for these reasons.
  void GiveUp(const std::vector<Error>& faults);

  /// What the API shows of it and lets it be told, below `prefix`. Before the server's Start.
  void AddRoutes(metrics::HttpServer& server, const std::string& prefix);

  /// Tells other commands where it is found: `where`, but for what is the job's own. Errors: kIo.
  [[nodiscard]] Result<void> LeaveCard(ApiAddress where);

  /// The faults that Open would find, with nothing touched. Blocks.
  [[nodiscard]] std::vector<Error> Look();
  /// Looks at both tables, and makes what is to be made. Blocks. Every fault at once.
  [[nodiscard]] std::vector<Error> Open();
  /// Errors: kIo; then it has ended, failed.
  [[nodiscard]] Result<void> Start();

  /// Asks that it ends in good order; more than once is as once. Whoever runs it calls Stop.
  void AskToStop() { stop_asked_ = true; }
  [[nodiscard]] bool stop_asked() const { return stop_asked_; }
  void Stop();
  /// To be called now and then by whoever runs it (OpenJob::Tend).
  void Tend();
  /// It goes on once Reopen, which blocks, was called.
  [[nodiscard]] bool WantsReopening() const;
  void Reopen();

  /// Nothing while it runs, or was not started yet.
  [[nodiscard]] std::optional<replicator::Outcome> Ended() const;
  /// Gives up all that an ended job holds: memory, connections, the checkpoint's lock, api.json, as
  /// if its process had ended. It goes on being shown. Waits for calls in hand.
  void Release();

  /// Of the job, or of what goes before it, or of how it ended.
  [[nodiscard]] replicator::JobStatus Status() const;
  /// At its latest cut-over, also once released.
  [[nodiscard]] CutoverLook LookAtCutover() const;
  void WriteMetrics(metrics::Samples& samples) const;
  [[nodiscard]] const JobPlan& plan() const { return plan_; }

 private:
  struct Parts;

  /// Null once released. Whoever holds them may use them meanwhile.
  [[nodiscard]] std::shared_ptr<Parts> parts() const;
  /// Null while it is not open, and once released.
  [[nodiscard]] std::shared_ptr<replicator::Job> job() const;
  [[nodiscard]] std::shared_ptr<OpenJob> open() const;
  void EndAsFailed(std::string reason, replicator::Outcome outcome = replicator::Outcome::kFailed);
  void OpenStore(Parts& parts, std::vector<Error>& faults);
  void ConnectSides(Parts& parts, std::vector<Error>& faults);
  [[nodiscard]] replicator::JobOptions Options() const;
  [[nodiscard]] Result<checkpoint::State> Checkpoint() const;
  [[nodiscard]] streams::ShardFamily Family() const;
  [[nodiscard]] Result<void> Verify(const VerifyRequest& request);
  /// With at most `most` differences; of run 0 while there was none.
  [[nodiscard]] VerifyLook Verified(size_t most) const;
  [[nodiscard]] CutoverSources Cutover();

  const JobPlan plan_;
  const SharedParts shared_;
  const WallTime started_at_;
  CallMetrics calls_;
  History history_;
  std::atomic<bool> stop_asked_{false};
  std::atomic<bool> stopping_{false};
  bool begun_ = false;

  mutable Mutex mutex_;
  std::shared_ptr<Parts> parts_ GUARDED_BY(mutex_);
  std::shared_ptr<OpenJob> open_ GUARDED_BY(mutex_);  ///< uses parts_
  /// How it ended: the last look, and why. Set before parts_ is given up.
  std::optional<replicator::Outcome> ended_ GUARDED_BY(mutex_);
  std::optional<replicator::JobStatus> last_look_ GUARDED_BY(mutex_);
  std::optional<VerifyLook> last_verified_ GUARDED_BY(mutex_);  ///< likewise
  CutoverLook last_cutover_ GUARDED_BY(mutex_);                 ///< likewise
  TimePoint looked_at_ GUARDED_BY(mutex_);                      ///< when they were taken

  const std::string log_as_;
  JobExecutor executor_;  ///< of what is not the open job's
};

}  // namespace ddbsync::cli
