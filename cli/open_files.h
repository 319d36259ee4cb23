#pragma once

#include <cstddef>
#include <cstdint>

namespace ddbsync::cli {

/// Lets this process have as many files and sockets as the system allows it, and says a warning if
/// that is few for so many jobs: each has a checkpoint and, on each side, a connection for each
/// call in flight. Returns how many it may have.
uint64_t RaiseOpenFiles(size_t jobs);

}  // namespace ddbsync::cli
