#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace ddbsync::cutover {

/// Runs an operator's command. One at a time of each runner; any thread.
class Hook {
 public:
  /// What the command is told, as environment variables besides our own.
  using Variables = std::vector<std::pair<std::string, std::string>>;
  struct Look {
    bool ended = false;
    int code = 0;        ///< of the shell's kind: 128 + signal when it was killed
    std::string output;  ///< the end of what it wrote, both channels
  };

  virtual ~Hook() = default;
  /// Starts it in a process group of its own. Errors: kConflict (one runs), kIo.
  [[nodiscard]] virtual Result<void> Begin(const Variables& variables) = 0;
  [[nodiscard]] virtual Look LookAtIt() = 0;
  /// Ends it and all that it started.
  virtual void Kill() = 0;
};

}  // namespace ddbsync::cutover
