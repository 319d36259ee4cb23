#include "cli/service_manager.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/log.h"
#include "cli/limits.h"

namespace ddbsync::cli {
namespace {

std::optional<int64_t> Number(const aws::Environment& environment, const std::string& name) {
  const std::optional<std::string> text = environment.Get(name);
  if (!text) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value <= 0) return std::nullopt;
  return value;
}

/// Half of what the manager waits: one that is late does not end the process.
std::optional<Duration> Beat(const aws::Environment& environment) {
  const std::optional<int64_t> patience = Number(environment, "WATCHDOG_USEC");
  if (!patience) return std::nullopt;
  const std::optional<int64_t> meant = Number(environment, "WATCHDOG_PID");
  if (meant && *meant != getpid()) return std::nullopt;
  return std::chrono::microseconds(*patience) / 2;
}

/// A line is a line of the protocol.
std::string OneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  return line;
}

}  // namespace

ServiceManager::ServiceManager(const aws::Environment& environment, const Clock& clock)
    : clock_(clock) {
  const std::optional<std::string> path = environment.Get("NOTIFY_SOCKET");
  if (!path) return;
  const bool abstract = path->starts_with('@');
  if ((!abstract && !path->starts_with('/')) || path->size() >= sizeof(address_.sun_path)) {
    Log(LogLevel::kWarning, "service_manager", "NOTIFY_SOCKET is no address of a socket",
        {{"address", *path}});
    return;
  }
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, path->data(), path->size());
  if (abstract) address_.sun_path[0] = '\0';
  // An abstract name is as long as it is said to be; a path ends with its zero.
  address_size_ =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path->size() + (abstract ? 0 : 1));
  socket_ = metrics::Descriptor(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  beat_ = Beat(environment);
}

void ServiceManager::Ready() {
  if (listens()) Send("READY=1");
}

void ServiceManager::Alive(std::string_view status) {
  if (!listens()) return;
  const TimePoint now = clock_.Now();
  if (now >= next_status_) {
    std::string line = OneLine(status);
    if (line != status_ && Send("STATUS=" + line)) {
      status_ = std::move(line);
      next_status_ = now + limits::kServiceStatusInterval;
    }
  }
  // What could not be sent is sent at the next turn.
  if (beat_ && now >= next_beat_ && Send("WATCHDOG=1")) next_beat_ = now + *beat_;
}

void ServiceManager::Stopping() {
  if (!listens() || stopping_) return;
  stopping_ = Send("STOPPING=1");
}

bool ServiceManager::Send(const std::string& message) const {
  const ssize_t sent =
      sendto(socket_.fd(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address_), address_size_);
  return sent == static_cast<ssize_t>(message.size());
}

}  // namespace ddbsync::cli
