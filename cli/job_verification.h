#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/store.h"
#include "cli/verify_json.h"
#include "replicator/job.h"
#include "replicator/live_copy.h"
#include "verify/verification.h"

namespace ddbsync::cli {

/// The verifications that a running job's process makes, one at a time:
///
///   none ──Begin──▶ opening ──▶ running ──▶ ended ──Begin──▶ opening ...
///                      └──faults, Stop, End──▶┘
///
/// Any thread. Its tasks refer to it: they are let go before it is destroyed.
class JobVerification {
 public:
  struct Parts {
    std::string job_id;
    std::string directory;  ///< JobHome::VerificationDirectory
    Executor& executor;
    replicator::Side source, target;
    replicator::LiveCopy& copy;
    std::function<double()> changes_per_second;
    size_t memory_bytes = 0;
    int processors = 1;
    Duration settle{};
    Clock& clock;
  };
  /// What `parts` refer to outlives this.
  explicit JobVerification(Parts parts);
  ~JobVerification();
  JobVerification(const JobVerification&) = delete;
  JobVerification& operator=(const JobVerification&) = delete;

  /// Or joins the one that runs, where the same is asked for. Sends nothing: faults are shown as
  /// the outcome. Errors: kConflict (another one runs), kIo, kCorrupt (the disk).
  [[nodiscard]] Result<void> Begin(const VerifyRequest& request);
  void Stop();
  /// Stops it and waits until what it found is durable, at most limits::kVerifyEndPatience. None
  /// begins after that. Not from a task.
  void End();

  /// With at most `most` differences. None: there was none in this process.
  [[nodiscard]] std::optional<VerifyLook> Look(size_t most) const;

 private:
  class Opening;

  /// None: it is not to be started any more.
  [[nodiscard]] std::optional<VerifyRequest> WantedNow() const;
  /// Of an earlier run no task is left that could still write.
  [[nodiscard]] bool EarlierIsGone() const;
  void Open(const VerifyRequest& request);
  void EndOpening(verify::Outcome outcome, std::string reason);
  /// Keeps what was found of a run that has ended, and lets go of it.
  void Settle() const REQUIRES(mutex_);
  [[nodiscard]] VerifyLook LookAt(const verify::Verification& run, size_t most) const
      REQUIRES(mutex_);

  const Parts parts_;

  mutable Mutex mutex_;
  std::shared_ptr<checkpoint::Store> store_ GUARDED_BY(mutex_);  ///< null before the first
  VerifyRequest request_ GUARDED_BY(mutex_);
  int run_ GUARDED_BY(mutex_) = 0;  ///< its number; 0: there was none
  int asked_for_ GUARDED_BY(mutex_) = 0;
  bool opening_ GUARDED_BY(mutex_) = false;
  bool resumed_ GUARDED_BY(mutex_) = false;
  bool stop_asked_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
  mutable std::shared_ptr<verify::Verification> running_ GUARDED_BY(mutex_);
  mutable std::weak_ptr<verify::Verification> earlier_ GUARDED_BY(mutex_);
  mutable std::optional<VerifyLook> ended_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::cli
