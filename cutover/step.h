#pragma once

#include <optional>
#include <string_view>

namespace ddbsync::cutover {

/// Where a cut-over stands (docs/cutover.md has the picture):
///
///   preparing ─▶ freezing ─▶ sealing ─▶ draining ─▶ comparing ─▶ ready ─▶ committed ─▶ done
///       └───────────┴───────────┴──────────┴────────────┴─────────┘
///                       │ a failure, a time-out, abort, another process
///                       ▼
///              restoring ─▶ thawing ─▶ catching up ─▶ rolled back
enum class Step {
  kPreparing,  ///< TTL off, target's stream on; applications write as ever
  kFreezing,   ///< the freeze is asked for and not yet known to act
  kSealing,    ///< writes are stopped; the source's stream is switched off and on
  kDraining,   ///< the rest of the changes goes to the target
  kComparing,
  kReady,      ///< everything holds; waits for the commit
  kCommitted,  ///< the target is the live table; what is left is done, forward only
  kDone,
  kRestoring,   ///< taken back: the source gets a stream again, before anything else
  kThawing,     ///< and then its writers
  kCatchingUp,  ///< the old stream's rest is applied before the new stream is followed
  kRolledBack,
};
std::string_view ToString(Step step);
[[nodiscard]] std::optional<Step> StepFromString(std::string_view text);

/// Nothing is under way: it is done, or was taken back.
[[nodiscard]] bool Ended(Step step);
[[nodiscard]] bool Committed(Step step);  ///< or done
[[nodiscard]] bool TakesBack(Step step);  ///< or was taken back
/// Applications cannot write to either table.
[[nodiscard]] bool Frozen(Step step);

}  // namespace ddbsync::cutover
