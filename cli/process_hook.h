#pragma once

#include <sys/types.h>

#include <string>

#include "base/mutex.h"
#include "cutover/hook.h"

namespace ddbsync::cli {

/// An operator's command, run by /bin/sh in a process group of its own with this process's
/// environment and what it is told besides; it reads nothing. Any thread.
class ProcessHook final : public cutover::Hook {
 public:
  explicit ProcessHook(std::string command) : command_(std::move(command)) {}
  ~ProcessHook() override { Kill(); }
  ProcessHook(const ProcessHook&) = delete;
  ProcessHook& operator=(const ProcessHook&) = delete;

  [[nodiscard]] Result<void> Begin(const Variables& variables) override;
  [[nodiscard]] Look LookAtIt() override;
  void Kill() override;

 private:
  void TakeOutput() REQUIRES(mutex_);
  void CloseOutput() REQUIRES(mutex_);

  const std::string command_;
  Mutex mutex_;
  pid_t process_ GUARDED_BY(mutex_) = 0;  ///< 0: none runs
  int output_ GUARDED_BY(mutex_) = -1;    ///< what it writes
  Look look_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::cli
