#include "cli/exit_code.h"

#include <algorithm>
#include <array>

namespace ddbsync::cli {
namespace {

bool IsRepairedByHand(ErrorCode code) {
  return code == ErrorCode::kInvalid || code == ErrorCode::kNotFound ||
         code == ErrorCode::kConflict || code == ErrorCode::kDenied;
}

}  // namespace

ExitCode ExitCodeOf(replicator::Outcome outcome) {
  switch (outcome) {
    case replicator::Outcome::kDone:
      return ExitCode::kDone;
    case replicator::Outcome::kFailed:
      return ExitCode::kFailed;
    case replicator::Outcome::kDegraded:
      return ExitCode::kNotReady;
    case replicator::Outcome::kDataAtRisk:
      return ExitCode::kDataAtRisk;
    case replicator::Outcome::kRestart:  // never what a process ends with
      break;
  }
  return ExitCode::kFailed;
}

ExitCode MostSerious(std::span<const ExitCode> codes) {
  constexpr std::array kBySeverity = {ExitCode::kDone, ExitCode::kNotReady, ExitCode::kUsage,
                                      ExitCode::kFailed, ExitCode::kDataAtRisk};
  return *std::ranges::max_element(
      codes, {}, [&](ExitCode code) { return std::ranges::find(kBySeverity, code); });
}

ExitCode ExitCodeOf(std::span<const Error> faults) {
  for (const Error& fault : faults) {
    if (fault.code == ErrorCode::kAtRisk) return ExitCode::kDataAtRisk;
  }
  for (const Error& fault : faults) {
    if (!IsRepairedByHand(fault.code)) return ExitCode::kFailed;
  }
  return ExitCode::kUsage;
}

}  // namespace ddbsync::cli
