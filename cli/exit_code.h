#pragma once

#include <span>

#include "base/error.h"
#include "replicator/job.h"

namespace ddbsync::cli {

/// What the process ends with; scripts rely on the numbers.
enum class ExitCode {
  kDone = 0,          ///< done, or stopped as asked
  kFailed = 1,        ///< failed; the message says what to do
  kUsage = 2,         ///< flags, config, tables or permissions do not fit: nothing was touched
  kNotReady = 3,      ///< ended, but not equal: dead letters stand, or `verify` found differences;
                      ///< a cut-over's gate does not hold, or it was taken back
  kDataAtRisk = 4,    ///< a gap, or too many dead letters: a person must decide
  kInterrupted = 130  ///< `verify` was stopped before it knew, or a cut-over was left to its job;
                      ///< what a shell says of Ctrl-C
};

[[nodiscard]] ExitCode ExitCodeOf(replicator::Outcome outcome);

/// Of several jobs: data at risk before failed before not ready before done. At least one.
[[nodiscard]] ExitCode MostSerious(std::span<const ExitCode> codes);

/// Of faults found before a job started: kUsage when a person repairs each of them in flags,
/// config, tables or permissions (kInvalid, kNotFound, kConflict, kDenied), kFailed as soon as one
/// is of another kind (network, disk, a damaged checkpoint); kDataAtRisk when one is kAtRisk.
[[nodiscard]] ExitCode ExitCodeOf(std::span<const Error> faults);

}  // namespace ddbsync::cli
