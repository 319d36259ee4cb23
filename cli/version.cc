#include <cstdio>

#include "cli/commands.h"

namespace ddbsync::cli {

ExitCode RunVersion(const CommandLine& line) {
  if (!line.faults.empty()) return TellFaults(line.faults);
  const bool json = line.flags.contains("json");
  std::puts(json ? R"({"version":")" DDBSYNC_VERSION R"("})" : "ddbsync " DDBSYNC_VERSION);
  return ExitCode::kDone;
}

}  // namespace ddbsync::cli
