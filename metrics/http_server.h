#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"

namespace ddbsync::metrics {

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// What an operator sees. Runs on threads of its own, off the executor. Routes are added before
/// Start; handlers are called from any of its threads.
class HttpServer {
 public:
  using Get = std::function<Reply()>;
  using Post = std::function<Reply(const std::string& body)>;

  HttpServer();
  ~HttpServer();  // stops

  void OnGet(const std::string& path, Get handler);
  void OnPost(const std::string& path, Post handler);

  /// `address` is "127.0.0.1:9853", "[::1]:0", ...; port 0 takes a free one. Only loopback
  /// addresses are accepted. Errors: kInvalid (not an address; not loopback), kConflict (port
  /// taken: says which flag to use).
  [[nodiscard]] Result<void> Start(const std::string& address);
  void Stop();
  /// "127.0.0.1:43121", as bound.
  [[nodiscard]] std::string address() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ddbsync::metrics
