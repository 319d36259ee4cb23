#include "metrics/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace ddbsync::metrics {

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Connection::Connection(Descriptor socket, int stop, size_t read_budget, Duration timeout)
    : socket_(std::move(socket)),
      stop_(stop),
      deadline_(clock_.Now() + timeout),
      read_budget_(read_budget) {}

bool Connection::Wait(bool for_reading) const {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock_.Now());
    if (left.count() <= 0) return false;
    const short wanted = for_reading ? POLLIN : POLLOUT;
    std::array<pollfd, 2> polled{pollfd{socket_.fd(), wanted, 0}, pollfd{stop_, POLLIN, 0}};
    const int ready = poll(polled.data(), polled.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const bool stopping = polled[1].revents != 0;
    // An answer that the client is taking is finished; another request is not begun.
    if (stopping && for_reading) return false;
    return polled[0].revents != 0;
  }
}

ssize_t Connection::Read(char* to, size_t size) {
  if (unread_.empty()) {
    if (const ssize_t got = Fill(); got <= 0) return got;
  }
  const size_t copied = unread_.copy(to, size);
  unread_.remove_prefix(copied);
  return static_cast<ssize_t>(copied);
}

ssize_t Connection::Fill() {
  const size_t most = std::min(buffer_.size(), read_budget_);
  if (most == 0 || !Wait(/*for_reading=*/true)) return -1;
  const ssize_t got = recv(socket_.fd(), buffer_.data(), most, 0);
  if (got <= 0) return got;
  read_budget_ -= static_cast<size_t>(got);
  unread_ = std::string_view(buffer_.data(), static_cast<size_t>(got));
  return got;
}

ssize_t Connection::Write(const char* from, size_t size) {
  if (!WaitWritable()) return -1;
  return send(socket_.fd(), from, size, MSG_NOSIGNAL);
}

}  // namespace ddbsync::metrics
