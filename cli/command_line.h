#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/settings.h"

namespace ddbsync::cli {

/// What was typed: names and texts, not yet their meaning, so that faults of flags, variables and
/// config are told together.
struct CommandLine {
  Command command = Command::kVersion;
  /// By name without dashes ("src-region"); a switch's text is "true".
  std::map<std::string, std::string, std::less<>> flags;
  std::vector<std::string> words;  ///< `throttle`: KEY=VALUE...
  std::vector<Error> faults;       ///< kInvalid
  std::string help;                ///< not empty: print this and end with 0
};

/// `arguments` without the program's name.
[[nodiscard]] CommandLine ParseCommandLine(const std::vector<std::string>& arguments);

/// "start", "checkpoint show", ...
[[nodiscard]] std::string_view ToString(Command command);

}  // namespace ddbsync::cli
