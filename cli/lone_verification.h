#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/thread_executor.h"
#include "checkpoint/store.h"
#include "cli/api_file.h"
#include "cli/call_metrics.h"
#include "cli/endpoint_clients.h"
#include "cli/run_plan.h"
#include "cli/verify_json.h"
#include "verify/verification.h"

namespace ddbsync::cli {

/// A verification of tables that no process copies. It holds the job's checkpoint, if there is one,
/// so that none can begin to meanwhile. One thread, but for Stop.
class LoneVerification {
 public:
  /// Sends nothing yet. `environment` and `clock` outlive this.
  LoneVerification(const JobPlan& plan, const aws::Environment& environment, Clock& clock);
  ~LoneVerification();
  LoneVerification(const LoneVerification&) = delete;
  LoneVerification& operator=(const LoneVerification&) = delete;

  /// Takes the state directory, looks at both tables and at what an earlier run left. Blocks.
  /// Every fault at once; none: Start may be called.
  [[nodiscard]] std::vector<Error> Open();
  /// What the job's checkpoint tells of what is to be expected; empty: nothing of note.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  /// Errors: kIo.
  [[nodiscard]] Result<void> Start();
  void Stop();
  [[nodiscard]] bool ended() const;
  /// With at most `most` differences.
  [[nodiscard]] VerifyLook Look(size_t most) const;

 private:
  void HoldCheckpoint(std::vector<Error>& faults);
  void Connect(std::vector<Error>& faults);
  void OpenVerification(std::vector<Error>& faults);

  const JobPlan plan_;
  const VerifyRequest request_;
  const aws::Environment& environment_;
  Clock& clock_;
  std::vector<std::string> warnings_;

  // In the order of building; the threads end before anything else goes.
  Card card_;
  CallMetrics calls_;
  std::unique_ptr<EndpointClients> source_, target_;
  std::unique_ptr<checkpoint::Store> checkpoint_;  ///< null: the job has none
  std::shared_ptr<checkpoint::Store> store_;
  std::shared_ptr<verify::Verification> verification_;
  bool resumed_ = false;
  ThreadExecutor executor_;
};

}  // namespace ddbsync::cli
