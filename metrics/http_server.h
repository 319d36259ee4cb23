#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "metrics/tls.h"

namespace ddbsync::metrics {

/// Who is served, and how.
struct Access {
  /// Empty: whoever comes from this machine and names it. Else: who brings it, from anywhere.
  std::string token;
  std::optional<TlsIdentity> identity;  ///< none: plain HTTP
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Besides those that every answer has. Of a handler that was run.
  std::vector<std::pair<std::string, std::string>> headers = {};
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
  /// As OnGet; without the token too, but then its status is all that is told. For probes.
  void OnProbe(const std::string& path, Get handler);
  /// As OnGet; without the token too, and whole. For what holds nothing of the job, such as the
  /// form that asks for the token.
  void OnPublic(const std::string& path, Get handler);
  void OnPost(const std::string& path, Post handler);

  /// `address` is "127.0.0.1:9853", "[::1]:0", ...; port 0 takes a free one. Without a token only
  /// loopback addresses are accepted. Errors: kInvalid (not an address; not loopback), kConflict
  /// (port taken: says which flag to use).
  [[nodiscard]] Result<void> Start(const std::string& address, Access access = {});
  void Stop();
  /// What is served, as ("get" or "post", path).
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Routes() const;
  /// "127.0.0.1:43121", as bound.
  [[nodiscard]] std::string address() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ddbsync::metrics
