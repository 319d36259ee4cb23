#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace ddbsync::aws {

/// One accepted connection, in the hands of a test's script. Closed (FIN) when the script returns.
class Connection {
 public:
  /// `socket` is owned; `ssl` may be null.
  Connection(int socket, SSL* ssl, int index) : socket_(socket), ssl_(ssl), index_(index) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// From 0, in the order of acceptance.
  [[nodiscard]] int index() const { return index_; }

  /// Head and body as they came; empty when the peer closed instead.
  std::string ReadRequest();
  void Write(std::string_view bytes);
  /// A whole answer with Content-Length.
  void Answer(std::string_view body, std::string_view more_headers = {},
              std::string_view status = "200 OK");
  /// Closes with RST.
  void Reset();

  enum class End { kClosed, kReset };
  /// Waits until the peer ends the connection and says how.
  End WaitForEnd();

 private:
  long ReadSome(char* buffer, size_t size);

  const int socket_;
  SSL* const ssl_;
  const int index_;
};

/// A listener on 127.0.0.1 that gives each connection a thread which runs the script.
class LoopbackServer {
 public:
  using Script = std::function<void(Connection&)>;

  /// `tls` may be null; not owned.
  explicit LoopbackServer(Script script, SSL_CTX* tls = nullptr);
  /// Ends all connections and waits for the scripts.
  ~LoopbackServer();

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string Url(std::string_view scheme = "http",
                                std::string_view host = "127.0.0.1") const;
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void AcceptLoop();
  void Serve(int socket, int index);

  const Script script_;
  SSL_CTX* const tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<int> sockets_ GUARDED_BY(mutex_);
  std::vector<std::jthread> scripts_;  ///< of the accepting thread, then of the destructor
  std::jthread acceptor_;
};

/// A TCP port of 127.0.0.1 that nothing listens on.
int ClosedPort();

/// A server's certificate made on the spot, signed by itself.
class TestCertificate {
 public:
  explicit TestCertificate(const std::string& dns_name);
  ~TestCertificate();

  [[nodiscard]] SSL_CTX* context() const { return context_; }
  /// PEM file of the certificate, for clients that shall trust it.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  SSL_CTX* context_;
};

}  // namespace ddbsync::aws
