#pragma once

#include <memory>
#include <string>

#include "base/error.h"

struct ssl_ctx_st;
struct ssl_st;

namespace ddbsync::metrics {

/// A server's certificate and key, from TLS 1.2 on. Used by all connections; any thread.
class TlsIdentity {
 public:
  /// PEM files; the certificate may be followed by its chain. Errors: kInvalid (which file, why).
  [[nodiscard]] static Result<TlsIdentity> Load(const std::string& certificate,
                                                const std::string& key);

  [[nodiscard]] ssl_ctx_st* context() const { return context_.get(); }

 private:
  explicit TlsIdentity(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  std::shared_ptr<ssl_ctx_st> context_;
};

struct SslFree {
  void operator()(ssl_st* ssl) const;
};
using SslPointer = std::unique_ptr<ssl_st, SslFree>;

/// The server's side of a connection on a socket that does not block; null when memory is short.
[[nodiscard]] SslPointer AcceptTls(const TlsIdentity& identity, int socket);

}  // namespace ddbsync::metrics
