#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "verify/difference.h"
#include "verify/options.h"

namespace ddbsync::verify {

enum class Phase {
  kDigesting,  ///< both tables are scanned, for sums of digests
  kComparing,  ///< keys are looked up on the other side
  kSettling,   ///< all is read; suspects are looked at again
  kWatching,   ///< between two generations
  kEnded,
};
std::string_view ToString(Phase phase);
std::string_view ToString(Form form);

enum class Outcome {
  kEqual,
  kDifferent,  ///< or not to be decided
  kStopped,    ///< as asked; the same command goes on
  kFailed,     ///< likewise, once the reason is gone
};
std::string_view ToString(Outcome outcome);

/// One consistent look at a verification.
struct Status {
  Form form = Form::kLive;
  std::string why;  ///< this form
  Phase phase = Phase::kComparing;
  int generation = 1;
  double sample = 1;
  bool repairs = false;
  WallTime began;                     ///< of the run, which may have been begun by another process
  WallTime now;                       ///< server's time at this look
  std::optional<WallTime> completed;  ///< the last generation that looked at everything

  struct Side {
    int64_t items = 0;        ///< looked at, in the walk under way
    int64_t summed = 0;       ///< of a quiet run, once both tables were scanned: items in its sums
    std::string digest = {};  ///< likewise: of the whole table, as hexadecimal digits
    int64_t bytes = 0;
    int64_t expected = 0;  ///< the table's own estimate
    double units = 0;      ///< read capacity used by this process
  };
  Side source, target;
  std::optional<double> progress;  ///< of the phase, 0 to 1
  std::optional<double> eta_seconds;
  double items_per_second = 0;

  int64_t suspects = 0;
  std::array<int64_t, kDifferenceKinds> differences{};  ///< that stand, by DifferenceKind
  int64_t undecided = 0;  ///< keys that changed whenever they were looked at
  int64_t repaired = 0;
  std::optional<WallTime> oldest_difference;

  std::string last_warning;
  std::optional<Outcome> outcome;  ///< of the run; of a watch: of its last generation
  std::string reason;              ///< of kStopped and kFailed

  [[nodiscard]] int64_t standing() const {
    int64_t sum = 0;
    for (const int64_t count : differences) sum += count;
    return sum;
  }
};

}  // namespace ddbsync::verify
