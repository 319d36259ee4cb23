#pragma once

#include <span>
#include <string_view>

#include "cli/settings.h"

namespace ddbsync::cli {

/// A command as --help, manual pages and completions show it.
struct CommandText {
  Command command;
  std::string_view name;  ///< its last word
  std::string_view help;
  std::string_view more;  ///< below the options
};

/// All of them, in the order of --help.
[[nodiscard]] std::span<const CommandText> AllCommands();

/// The first of two words; empty: the command has one.
[[nodiscard]] std::string_view ParentOf(Command command);

/// First words that are no command without a second.
struct CommandGroup {
  std::string_view name;
  std::string_view help;
};
[[nodiscard]] std::span<const CommandGroup> AllGroups();
/// Empty when the word is none of them.
[[nodiscard]] std::string_view GroupHelp(std::string_view name);

}  // namespace ddbsync::cli
