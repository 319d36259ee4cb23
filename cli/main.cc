#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "cli/commands.h"

namespace {

using ddbsync::cli::Command;
using ddbsync::cli::CommandLine;
using ddbsync::cli::ExitCode;

ExitCode Run(const CommandLine& line) {
  const ddbsync::aws::SystemEnvironment environment;
  if (!line.help.empty()) {
    std::fputs(line.help.c_str(), stdout);
    return ExitCode::kDone;
  }
  switch (line.command) {
    case Command::kStart:
    case Command::kBackfill:
    case Command::kTail:
      return RunCopy(line, environment);
    case Command::kStatus:
      return RunStatus(line, environment);
    case Command::kCheckpointShow:
      return RunCheckpointShow(line, environment);
    case Command::kVersion:
      return RunVersion(line);
  }
  return ExitCode::kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return static_cast<int>(Run(ddbsync::cli::ParseCommandLine(arguments)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ddbsync: failed: %s\n", error.what());
    return static_cast<int>(ExitCode::kFailed);
  }
}
