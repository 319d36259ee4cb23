#include "cli/process_hook.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "cli/limits.h"

extern char** environ;

namespace ddbsync::cli {
namespace {

int CodeOf(int status) {
  constexpr int kKilled = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kKilled + WTERMSIG(status);
}

/// This process's variables and the others, which win.
std::vector<std::string> EnvironmentWith(const cutover::Hook::Variables& variables) {
  std::vector<std::string> all;
  for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    bool told = false;
    for (const auto& [name, value] : variables) told |= text.starts_with(name + "=");
    if (!told) all.push_back(text);
  }
  return all;
}

}  // namespace

Result<void> ProcessHook::Begin(const Variables& variables) {
  const MutexLock lock(mutex_);
  if (process_ != 0) return Fail(ErrorCode::kConflict, "the hook runs already");
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
    return Fail(ErrorCode::kIo, std::string("no pipe for the hook: ") + std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
  // What this process blocks or ignores is its own affair.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> environment = EnvironmentWith(variables);
  std::vector<char*> entries;
  for (std::string& entry : environment) entries.push_back(entry.data());
  entries.push_back(nullptr);
  std::string shell = "sh", flag = "-c", command = command_;
  char* arguments[] = {shell.data(), flag.data(), command.data(), nullptr};
  pid_t process = 0;
  const int failed =
      posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, entries.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(pipe[1]);
  if (failed != 0) {
    close(pipe[0]);
    return Fail(ErrorCode::kIo, std::string("cannot run /bin/sh: ") + std::strerror(failed));
  }
  process_ = process;
  output_ = pipe[0];
  look_ = {};
  return {};
}

cutover::Hook::Look ProcessHook::LookAtIt() {
  const MutexLock lock(mutex_);
  TakeOutput();
  if (process_ == 0) return look_;
  int status = 0;
  if (waitpid(process_, &status, WNOHANG) != process_) return look_;
  TakeOutput();
  CloseOutput();
  process_ = 0;
  look_.ended = true;
  look_.code = CodeOf(status);
  while (look_.output.ends_with('\n')) look_.output.pop_back();
  return look_;
}

void ProcessHook::Kill() {
  const MutexLock lock(mutex_);
  if (process_ == 0) return;
  kill(-process_, SIGKILL);
  int status = 0;
  waitpid(process_, &status, 0);
  CloseOutput();
  process_ = 0;
  look_.ended = true;
  look_.code = CodeOf(status);
}

void ProcessHook::TakeOutput() {
  if (output_ < 0) return;
  char bytes[4096];
  ssize_t taken;
  while ((taken = read(output_, bytes, sizeof bytes)) > 0) {
    look_.output.append(bytes, static_cast<size_t>(taken));
  }
  if (look_.output.size() > limits::kHookOutputKept) {
    look_.output.erase(0, look_.output.size() - limits::kHookOutputKept);
  }
}

void ProcessHook::CloseOutput() {
  if (output_ >= 0) close(output_);
  output_ = -1;
}

}  // namespace ddbsync::cli
