#include <malloc.h>

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

/// Pages of a megabyte come and go by the thousand. Given back to the kernel each time, every one
/// of them would be faulted in and cleared anew; in a heap for each thread, each would keep its
/// own.
/// --memory bounds what is in hand, so that what is kept is bounded too (mallopt(3)).
void KeepFreedMemory() {
  constexpr int kLargestThreshold = 32 << 20;
  constexpr int kKept = 1 << 30;
  constexpr int kHeaps = 4;
  mallopt(M_MMAP_THRESHOLD, kLargestThreshold);
  mallopt(M_TRIM_THRESHOLD, kKept);
  mallopt(M_ARENA_MAX, kHeaps);
}

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
    case Command::kPause:
    case Command::kResume:
    case Command::kStop:
    case Command::kThrottle:
      return RunControl(line, environment);
    case Command::kCheckpointShow:
      return RunCheckpointShow(line, environment);
    case Command::kVersion:
      return RunVersion(line);
  }
  return ExitCode::kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  KeepFreedMemory();
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return static_cast<int>(Run(ddbsync::cli::ParseCommandLine(arguments)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ddbsync: failed: %s\n", error.what());
    return static_cast<int>(ExitCode::kFailed);
  }
}
