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

/// What --help says of a flag, for manual pages and completions: they come from one source.
struct FlagHelp {
  std::string name;   ///< "src-region"
  std::string value;  ///< "REGION", "hold|stop"; empty: a switch
  std::string group;  ///< "Source"
  std::string help;
};

struct CommandHelp {
  std::string name;  ///< "start", "checkpoint show"
  std::string help;
  std::string group_help;          ///< of its first word alone, where that is no command
  std::string more;                ///< lines; may be empty
  std::vector<std::string> words;  ///< what stands without dashes: "read-capacity=", ...
  std::vector<FlagHelp> flags;     ///< in the order of --help
};

struct ProgramHelp {
  std::string help;
  std::string more;
  std::vector<CommandHelp> commands;
};

[[nodiscard]] ProgramHelp DescribeProgram();

/// "start", "checkpoint show", ...
[[nodiscard]] std::string_view ToString(Command command);

}  // namespace ddbsync::cli
