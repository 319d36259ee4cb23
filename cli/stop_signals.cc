#include "cli/stop_signals.h"

#include <ctime>

namespace ddbsync::cli {
namespace {

bool IsIgnored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

StopSignals::StopSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigemptyset(&awaited_);
  sigaddset(&awaited_, SIGINT);
  sigaddset(&awaited_, SIGTERM);
  if (!IsIgnored(SIGHUP)) sigaddset(&awaited_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &awaited_, &before_);
}

StopSignals::~StopSignals() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::Wait(Duration timeout) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  timespec limit = {};
  limit.tv_sec = seconds.count();
  limit.tv_nsec = (timeout - seconds).count();
  const int signal = sigtimedwait(&awaited_, nullptr, &limit);
  return signal > 0 ? signal : 0;
}

std::string_view StopSignals::Name(int signal) {
  switch (signal) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "a signal";
  }
}

}  // namespace ddbsync::cli
