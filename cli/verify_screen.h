#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/verify_json.h"

namespace ddbsync::cli {

/// One line that fits `width` columns and says how far a verification is.
[[nodiscard]] std::string VerifyProgressLine(const VerifyLook& look, int width);

/// "EQUAL: ...", "DIFFERENT: ...", "UNDECIDED: ...", with counts by kind, form and why, time and
/// read units; for one that was stopped or has failed: how far it came and what makes it go on.
[[nodiscard]] std::string VerdictLine(const VerifyLook& look);

/// How the commands that are recommended are typed.
struct VerifyAdvice {
  std::string job;           ///< "--src a --dst b" or "--job a-b"
  bool show_values = false;  ///< both items of each difference are listed too
  bool through_job = false;  ///< its process may be asked again
};

/// The first differences, one a line, how many more there are, and what to type next.
[[nodiscard]] std::vector<std::string> DifferenceLines(const VerifyLook& look,
                                                       const VerifyAdvice& advice);

/// What `verify show` prints: state, verdict and differences. Ends with a newline.
[[nodiscard]] std::string VerifyScreen(const VerifyLook& look, const VerifyAdvice& advice);

}  // namespace ddbsync::cli
