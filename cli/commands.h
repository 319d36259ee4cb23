#pragma once

#include <string>

#include "aws/environment.h"
#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "cli/settings.h"

namespace ddbsync::cli {

// The commands. Each prints for itself and returns what the process ends with.

/// `start`, `backfill`, `tail`: run a job until it ends or is asked to stop.
[[nodiscard]] ExitCode RunCopy(const CommandLine& line, const aws::Environment& environment);

/// `status`: kDone when there is such a job, running or not; kFailed when there is none. Where none
/// is named, all those of the one process that runs any; kUsage when there are several processes,
/// or several jobs of which none runs. With --watch until Ctrl-C, or until the job is gone.
[[nodiscard]] ExitCode RunStatus(const CommandLine& line, const aws::Environment& environment);

/// `pause`, `resume`, `stop`, `throttle`: kDone when the running job has done it, kFailed when none
/// runs or it refuses, kUsage for what is not understood.
[[nodiscard]] ExitCode RunControl(const CommandLine& line, const aws::Environment& environment);

/// `checkpoint show`, likewise.
[[nodiscard]] ExitCode RunCheckpointShow(const CommandLine& line,
                                         const aws::Environment& environment);

/// `verify`: kDone when the tables are equal, kNotReady when they differ or it could not be
/// decided, kInterrupted when it was stopped before.
[[nodiscard]] ExitCode RunVerify(const CommandLine& line, const aws::Environment& environment);

/// `verify show`: kDone when something was verified, kFailed when not.
[[nodiscard]] ExitCode RunVerifyShow(const CommandLine& line, const aws::Environment& environment);

/// `verify stop`: kDone also when none runs; kFailed when no process runs the job.
[[nodiscard]] ExitCode RunVerifyStop(const CommandLine& line, const aws::Environment& environment);

/// `cutover plan`: kDone when every gate holds, kNotReady when not, kFailed when no process runs
/// the job, which alone can judge them.
[[nodiscard]] ExitCode RunCutoverPlan(const CommandLine& line, const aws::Environment& environment);

/// `cutover run`: kDone when the tables are switched, or it is ready and waits for the commit;
/// kNotReady when a gate does not hold or all was taken back; kFailed when it does not know how it
/// ended; kInterrupted when a second signal left it to the job.
[[nodiscard]] ExitCode RunCutover(const CommandLine& line, const aws::Environment& environment);

/// `cutover commit`, likewise; of one that was committed and is not done it does what is left.
[[nodiscard]] ExitCode RunCutoverCommit(const CommandLine& line,
                                        const aws::Environment& environment);

/// `cutover status`: kDone when there was one, however it ended; kFailed when not.
[[nodiscard]] ExitCode RunCutoverStatus(const CommandLine& line,
                                        const aws::Environment& environment);

/// `cutover frozen`: kDone when the job goes on, kFailed when it does not ask.
[[nodiscard]] ExitCode RunCutoverFrozen(const CommandLine& line,
                                        const aws::Environment& environment);

/// `cutover abort`: kDone when all is as it was, also when nothing was under way; kFailed when it
/// is committed, or no process runs the job.
[[nodiscard]] ExitCode RunCutoverAbort(const CommandLine& line,
                                       const aws::Environment& environment);

[[nodiscard]] ExitCode RunVersion(const CommandLine& line);

/// Tells all faults on standard error and says which exit code they make.
ExitCode TellFaults(std::span<const Error> faults);

}  // namespace ddbsync::cli
