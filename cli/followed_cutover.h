#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "cli/api_file.h"
#include "cli/cutover_display.h"
#include "cli/exit_code.h"
#include "cli/found_cutover.h"
#include "cli/job_home.h"
#include "cli/stop_signals.h"

namespace ddbsync::cli {

/// A cut-over that a job's process makes, followed to its end. For the main thread.
class FollowedCutover {
 public:
  struct Options {
    bool aborts = false;      ///< a first signal asks the job to take it back; else it leaves it
    bool wants_back = false;  ///< to be taken back is what was asked for
    bool may_wait = true;     ///< ends when it is ready and was to stop there
    std::string source = {};  ///< what an operator is asked to stop writing to
  };
  /// All outlive this.
  FollowedCutover(const JobHome& home, Options options, CutoverDisplay& display,
                  StopSignals& signals, const Clock& clock);

  /// From `first` on, which is under way or has ended.
  ExitCode ToItsEnd(CutoverLook first);

 private:
  [[nodiscard]] std::optional<ExitCode> CodeOf(const CutoverLook& look) const;
  /// Until the next look is due. A code: a signal ends this.
  std::optional<ExitCode> Wait();
  std::optional<ExitCode> OnSignal();
  /// The next look; a code: there is none any more.
  std::optional<ExitCode> LookAgain();
  /// How it ends is not known here; `why` says what becomes of it.
  ExitCode Lost(std::string why);
  void AskToStopWriters();
  void ReadAnswer();
  /// Of one that is done: until a job follows it, or none will, at most limits::kWayBackPatience.
  [[nodiscard]] WayBack AwaitWayBack();

  const JobHome& home_;
  const Options options_;
  CutoverDisplay& display_;
  StopSignals& signals_;
  const Clock& clock_;
  CutoverLook look_;
  std::optional<ApiAddress> process_;  ///< that runs the job, as it was last seen
  std::optional<TimePoint> unanswered_since_;
  bool abort_asked_ = false;
  bool asked_to_stop_writers_ = false;
  bool reads_answer_ = false;  ///< somebody sits at the terminal and was asked
};

}  // namespace ddbsync::cli
