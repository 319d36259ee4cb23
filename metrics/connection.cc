#include "metrics/connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
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
      deadline_(began_ + timeout),
      read_budget_(read_budget) {}

Connection::Connection(Descriptor socket, int stop, size_t read_budget, Duration timeout,
                       const TlsIdentity& identity)
    : socket_(std::move(socket)),
      secured_(true),
      tls_(AcceptTls(identity, socket_.fd())),
      stop_(stop),
      deadline_(began_ + timeout),
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
  bytes_read_ += copied;
  return static_cast<ssize_t>(copied);
}

ssize_t Connection::Fill() {
  const size_t most = std::min(buffer_.size(), read_budget_);
  if (most == 0) return -1;
  const ssize_t got = Receive(buffer_.data(), most);
  if (got <= 0) return got;
  read_budget_ -= static_cast<size_t>(got);
  unread_ = std::string_view(buffer_.data(), static_cast<size_t>(got));
  return got;
}

ssize_t Connection::Receive(char* to, size_t size) {
  if (secured_) return Tls([&] { return SSL_read(tls_.get(), to, static_cast<int>(size)); });
  if (!Wait(/*for_reading=*/true)) return -1;
  return recv(socket_.fd(), to, size, 0);
}

ssize_t Connection::Write(const char* from, size_t size) {
  constexpr size_t kMost = size_t{1} << 20;
  const int part = static_cast<int>(std::min(size, kMost));
  if (secured_) return Tls([&] { return SSL_write(tls_.get(), from, part); });
  if (!WaitWritable()) return -1;
  return send(socket_.fd(), from, size, MSG_NOSIGNAL);
}

void Connection::Drain(size_t size, Duration timeout) {
  shutdown(socket_.fd(), SHUT_WR);
  deadline_ = clock_.Now() + timeout;
  std::array<char, 4096> thrown;
  while (size > 0) {
    const ssize_t got = Read(thrown.data(), std::min(size, thrown.size()));
    if (got <= 0) return;
    size -= static_cast<size_t>(got);
  }
}

template <class Step>
ssize_t Connection::Tls(Step step) {
  if (tls_ == nullptr) return -1;
  while (true) {
    ERR_clear_error();  // of this thread's connection before
    const int done = step();
    if (done > 0) return done;
    switch (SSL_get_error(tls_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        if (!Wait(/*for_reading=*/true)) return -1;
        break;
      case SSL_ERROR_WANT_WRITE:
        if (!Wait(/*for_reading=*/false)) return -1;
        break;
      case SSL_ERROR_ZERO_RETURN:
        return 0;
      default:
        return -1;
    }
  }
}

}  // namespace ddbsync::metrics
