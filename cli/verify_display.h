#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/live_line.h"
#include "cli/verify_screen.h"

namespace ddbsync::cli {

/// Standard output of `verify`: on a terminal a live line, elsewhere a line every ten seconds; of a
/// watch a line when a generation's verdict is another. For the main thread.
class VerifyDisplay {
 public:
  struct Options {
    bool quiet = false;  ///< the verdict alone
    bool json = false;   ///< looks as JSON: the last one, and of a watch each generation's
    Duration min_age{0};
    VerifyAdvice advice = {};
  };
  /// `clock` outlives this.
  VerifyDisplay(Options options, const Clock& clock);

  /// For people; nothing with --json or --quiet.
  void Line(std::string_view text);
  void Show(const VerifyLook& look);
  /// What came of it.
  void Finish(VerifyLook look);

 private:
  void TellGeneration(const VerifyLook& look);

  const Options options_;
  const Clock& clock_;
  LiveLine line_;
  TimePoint next_line_;
  std::optional<WallTime> completed_;  ///< of the generation that was told last
  std::string verdict_;                ///< likewise, without what it took
};

}  // namespace ddbsync::cli
