#pragma once

#include <string>

#include "cli/command_line.h"

namespace ddbsync::packaging {

// Completions of commands, flags, files, and values of a few known words.

[[nodiscard]] std::string BashCompletion(const cli::ProgramHelp& program);
[[nodiscard]] std::string ZshCompletion(const cli::ProgramHelp& program);
[[nodiscard]] std::string FishCompletion(const cli::ProgramHelp& program);

}  // namespace ddbsync::packaging
