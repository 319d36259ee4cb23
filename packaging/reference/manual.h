#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cli/command_line.h"

namespace ddbsync::packaging {

/// roff for man(1), by file name: "ddbsync.1", "ddbsync-checkpoint-show.1". `date` is the day of
/// the release, "2026-11-21".
[[nodiscard]] std::map<std::string, std::string> ManualPages(const cli::ProgramHelp& program,
                                                             std::string_view version,
                                                             std::string_view date);

}  // namespace ddbsync::packaging
