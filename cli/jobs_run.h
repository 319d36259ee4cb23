#pragma once

#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/console.h"
#include "cli/engine.h"
#include "cli/exit_code.h"
#include "cli/run_plan.h"
#include "cli/service_manager.h"
#include "cli/stop_signals.h"

namespace ddbsync::cli {

/// A person who asks twice does not want to wait: the process ends here, with nothing of it left to
/// be found. The next start settles what was in flight.
[[noreturn]] void EndAtOnce(ExitCode code, const RunPlan& plan, std::string_view why);

/// Runs open jobs to their end. For the main thread.
class JobsRun {
 public:
  /// How a process that has these jobs ends, or goes on.
  struct End {
    ExitCode code = ExitCode::kDone;
    bool goes_on = false;  ///< with the way back: the cut-over of its one job is done
  };

  /// All outlive this.
  JobsRun(Engine& engine, StopSignals& signals, Console& console, ServiceManager& manager,
          const RunPlan& plan, const Clock& clock);

  End ToItsEnd();

 private:
  /// What this loop has done for a job.
  struct Following {
    bool stopping = false;
    std::future<void> reopened;  ///< valid while it is
    std::future<void> released;  ///< valid once it has ended
  };

  void Introduce();
  /// Hands on what was asked of each job, and lets go of those that have ended. True when all have.
  bool FollowAll();
  void OnSignal(int signal);
  void BeginStop(size_t i, std::string_view asked_by);
  /// Nobody can ask for a stop any more once this is true.
  bool GoesOn(const std::vector<JobLook>& looks);
  [[nodiscard]] std::vector<std::string> EndLines(const std::vector<JobLook>& looks,
                                                  bool goes_on) const;
  /// What this process leaves of a committed cut-over; empty: nothing.
  [[nodiscard]] std::string CutoverLine(size_t i) const;

  Engine& engine_;
  StopSignals& signals_;
  Console& console_;
  ServiceManager& manager_;
  const RunPlan& plan_;
  const Clock& clock_;
  TimePoint next_look_;
  bool asked_to_stop_ = false;  ///< all of them
  std::vector<Following> following_;
};

}  // namespace ddbsync::cli
