#pragma once

#include <memory>
#include <optional>

#include "checkpoint/committer.h"
#include "checkpoint/cutover_record.h"
#include "checkpoint/ledger.h"
#include "cutover/comparison.h"
#include "cutover/cutover.h"
#include "cutover/hook.h"
#include "tests/simulation/process.h"

namespace ddbsync::simulation {

/// What a process does about its job's cut-over: beside the job, or after the commit without one.
/// Destroyed after SimExecutor::Crash and before the process.
class CutoverRun {
 public:
  enum class Job { kRuns, kNone };
  CutoverRun(Process& process, Job job, std::unique_ptr<cutover::Hook> hook,
             const std::optional<checkpoint::CutoverRecord>& found);
  ~CutoverRun();

  [[nodiscard]] cutover::Cutover& cutover() { return *cutover_; }
  /// Comparisons of everything that it asked for.
  [[nodiscard]] int comparisons() const;

 private:
  class WholeComparison;

  const std::unique_ptr<cutover::Hook> hook_;
  const std::unique_ptr<WholeComparison> comparison_;  ///< null without a job
  checkpoint::Ledger ledger_;                          ///< without a job
  std::shared_ptr<cutover::Cutover> cutover_;
};

}  // namespace ddbsync::simulation
