#include <malloc.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/limits.h"
#include "cli/commands.h"

namespace {

using ddbsync::cli::Command;
using ddbsync::cli::CommandLine;
using ddbsync::cli::ExitCode;

/// The heap holds what is small. Large buffers are kept for use again (base/large_buffers.h) or
/// mapped and unmapped: in a heap that never gives back, as malloc makes it once it has seen some,
/// the holes between pages took three times what the pages did. Few heaps instead of eight for each
/// processor: what each has freed serves only its own threads (mallopt(3)).
void BoundTheHeap() {
  constexpr int kUnmappedWhenFreed = ddbsync::limits::kUnmappedWhenFreedBytes;
  constexpr int kKept = 8 << 20;
  constexpr int kHeaps = 4;
  mallopt(M_MMAP_THRESHOLD, kUnmappedWhenFreed);
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
    case Command::kVerify:
      return RunVerify(line, environment);
    case Command::kVerifyShow:
      return RunVerifyShow(line, environment);
    case Command::kVerifyStop:
      return RunVerifyStop(line, environment);
    case Command::kCutoverPlan:
      return RunCutoverPlan(line, environment);
    case Command::kCutoverRun:
      return RunCutover(line, environment);
    case Command::kCutoverStatus:
      return RunCutoverStatus(line, environment);
    case Command::kCutoverFrozen:
      return RunCutoverFrozen(line, environment);
    case Command::kCutoverCommit:
      return RunCutoverCommit(line, environment);
    case Command::kCutoverAbort:
      return RunCutoverAbort(line, environment);
    case Command::kVersion:
      return RunVersion(line);
  }
  return ExitCode::kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  BoundTheHeap();
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return static_cast<int>(Run(ddbsync::cli::ParseCommandLine(arguments)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ddbsync: failed: %s\n", error.what());
    return static_cast<int>(ExitCode::kFailed);
  }
}
