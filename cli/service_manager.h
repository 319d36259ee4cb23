#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/clock.h"
#include "metrics/connection.h"

namespace ddbsync::cli {

/// Tells the service manager that started this process (systemd, Type=notify) how it is doing:
/// datagrams to the socket that NOTIFY_SOCKET names (sd_notify(3)). Without one, or with one that
/// is gone, nothing happens: a copy does not depend on who watches it. One thread.
class ServiceManager {
 public:
  /// Outlived by `clock`. Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  ServiceManager(const aws::Environment& environment, const Clock& clock);

  /// The job runs.
  void Ready();

  /// Called by the loop that sees the job work, as often as it turns: says `status` when it
  /// changed, and that the process is alive, both no more often than needed. A process that hangs
  /// does not get here, and is started anew by whoever waits for it.
  void Alive(std::string_view status);

  /// The job is ending. What follows is bounded by the manager's patience with stops.
  void Stopping();

 private:
  [[nodiscard]] bool listens() const { return socket_.valid(); }
  bool Send(const std::string& message) const;

  const Clock& clock_;
  metrics::Descriptor socket_;
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  std::optional<Duration> beat_;  ///< between signs of life; none: nobody waits for them
  TimePoint next_beat_{};
  TimePoint next_status_{};
  std::string status_;
  bool stopping_ = false;
};

}  // namespace ddbsync::cli
