#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace ddbsync::cutover {

/// How writes to the source are stopped.
enum class FreezeBy {
  kPolicy,  ///< a resource policy that denies them, put here and awaited until it acts
  kHook,    ///< a command of the operator's
  kManual,  ///< the operator stops them and says so
};
std::string_view ToString(FreezeBy freeze);

/// How it is known that the target has everything (docs/cutover.md says what each proves).
enum class DrainBy {
  kSeal,     ///< the stream is ended and read to its end: a proof
  kQuiesce,  ///< nothing more comes for a while: none; so everything is compared
};
std::string_view ToString(DrainBy drain);

struct Options {
  FreezeBy freeze = FreezeBy::kManual;
  DrainBy drain = DrainBy::kSeal;
  /// From asking for the freeze to the commit: beyond it, all is taken back.
  Duration timeout = std::chrono::seconds(60);
  bool stop_before_commit = false;  ///< ready, it waits for Commit until the time-out
  bool full = false;                ///< everything is compared while frozen, also where sealed
  bool seal_foreign = false;        ///< a stream that ddbsync did not turn on may be ended too
  bool reverse = false;             ///< the way back is prepared: the target's stream, its T0
  std::vector<std::string> exempt;  ///< principals' ARNs that the policy lets write on
  friend bool operator==(const Options&, const Options&) = default;
};

/// Everything has to be compared while frozen: nothing else shows that no write was missed.
[[nodiscard]] bool ComparesAll(const Options& options);

}  // namespace ddbsync::cutover
