#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "metrics/tls.h"

namespace ddbsync::metrics {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A client's connection with a deadline and a byte budget for all of it, so that neither a slow
/// nor an endless request holds a thread, and a stop is not held up by either. One thread.
class Connection {
 public:
  /// `socket` does not block. `stop` becomes readable when the server stops; outlives this.
  /// `timeout` is for all that is read and written, until Allow says otherwise.
  Connection(Descriptor socket, int stop, size_t read_budget, Duration timeout);
  /// The same in TLS; the handshake is part of the first read.
  Connection(Descriptor socket, int stop, size_t read_budget, Duration timeout,
             const TlsIdentity& identity);

  /// The deadline is `timeout` after the beginning from now on.
  void Allow(Duration timeout) { deadline_ = began_ + timeout; }

  /// In TLS the socket alone does not tell; Read and Write wait as long as they may.
  [[nodiscard]] bool WaitReadable() const {
    return secured_ || !unread_.empty() || Wait(/*for_reading=*/true);
  }
  [[nodiscard]] bool WaitWritable() const { return secured_ || Wait(/*for_reading=*/false); }
  /// As read(2); -1 also past the deadline or the budget, and when the server stops.
  ssize_t Read(char* to, size_t size);
  /// As write(2); -1 also past the deadline, and when the server stops and the client does not
  /// read.
  ssize_t Write(const char* from, size_t size);
  /// Nothing more is written, and `size` bytes, or what there is until `timeout` from now, are read
  /// and thrown away. Else the end of the connection would take away an answer on its way.
  void Drain(size_t size, Duration timeout);
  /// That Read has given.
  [[nodiscard]] size_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] int fd() const { return socket_.fd(); }

 private:
  [[nodiscard]] bool Wait(bool for_reading) const;
  ssize_t Fill();
  ssize_t Receive(char* to, size_t size);
  /// Repeats a step of TLS until it is done, waiting for what it wants; -1: it cannot be.
  template <class Step>
  ssize_t Tls(Step step);

  const Descriptor socket_;
  const bool secured_ = false;
  const SslPointer tls_;
  const int stop_;
  const SystemClock clock_;
  const TimePoint began_ = clock_.Now();
  TimePoint deadline_;
  size_t read_budget_;
  size_t bytes_read_ = 0;
  // Headers are asked for byte by byte.
  std::array<char, 4096> buffer_;
  std::string_view unread_;  // of buffer_
};

}  // namespace ddbsync::metrics
