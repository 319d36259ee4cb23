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

/// How a command names the same job: "--src a --dst b".
[[nodiscard]] std::string JobFlags(const Settings& settings);

[[nodiscard]] ExitCode RunVersion(const CommandLine& line);

/// Tells all faults on standard error and says which exit code they make.
ExitCode TellFaults(std::span<const Error> faults);

}  // namespace ddbsync::cli
