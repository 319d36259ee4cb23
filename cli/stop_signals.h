#pragma once

#include <csignal>
#include <string_view>

#include "base/clock.h"

namespace ddbsync::cli {

/// SIGINT, SIGTERM and SIGHUP, taken by waiting for them: nothing ever runs inside a handler. Made
/// before any other thread, so that all of them inherit the blocked signals. Under nohup SIGHUP
/// stays ignored. SIGPIPE is ignored too: a reader of our output that went away must not end a
/// copy.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The next of them, or 0 when none came within `timeout`. One thread.
  [[nodiscard]] int Wait(Duration timeout);

  /// "SIGTERM"
  [[nodiscard]] static std::string_view Name(int signal);

 private:
  sigset_t awaited_;
  sigset_t before_;
};

}  // namespace ddbsync::cli
