#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cutover/options.h"
#include "cutover/step.h"
#include "tests/simulation/scenario.h"
#include "tests/support/faults.h"

namespace ddbsync::simulation {

/// The end of a process at a step of its cut-over.
struct CutoverEnding {
  cutover::Step at = cutover::Step::kFreezing;
  uint64_t steps = 0;     ///< so many of the machine's later: between any two of them
  bool in_order = false;  ///< a stop as by SIGTERM; else the power fails
  Duration downtime{0};
};

/// What chance decides about one attempt to cut over.
struct Attempt {
  cutover::Options options;

  // Calls that change or describe tables, while it lasts.
  fake::FaultPlan::Rates control_faults;
  std::string denied;  ///< a call that is refused for want of a permission; empty: none
  Duration denied_for{0};
  Duration stream_out_for{0};  ///< the streams' endpoint answers nothing since the freeze was begun

  std::vector<CutoverEnding> endings;

  // People and their programs. Times count from the beginning of the attempt.
  Duration obeys_within{0};                ///< the application, when a hook or a person stops it
  int vetoes = 0;                          ///< of the hook, before it does what it is asked for
  bool hook_hangs = false;                 ///< when it is to freeze
  std::optional<Duration> confirms_after;  ///< that the writers are stopped; none: never
  std::optional<Duration> commits_after;   ///< since it was ready; none: never
  std::optional<Duration> aborts_after;
  std::vector<Duration> strays;  ///< since the freeze: one write each that ignores it
  /// Somebody else takes the policy away, since the freeze.
  std::optional<Duration> policy_lifted_after;
};

/// A history (scenario.h) that ends in attempts to cut over, and goes on after them.
struct CutoverScenario {
  Scenario history;
  bool source_ttl = false;        ///< items of the source are deleted by their time to live
  Duration back_after{0};         ///< from the commit to the start of the way back
  bool source_policy = false;     ///< the source has a policy of its own
  Duration lingering{0};          ///< of the application's requests, once the service let them in
  std::vector<Attempt> attempts;  ///< the next one if all was taken back
};

[[nodiscard]] CutoverScenario DrawCutover(uint64_t seed);

/// For who replays it.
[[nodiscard]] std::string Describe(const CutoverScenario& scenario);

}  // namespace ddbsync::simulation
