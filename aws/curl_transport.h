#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "aws/transport.h"
#include "base/clock.h"

namespace ddbsync::aws {

/// libcurl: HTTP/1.1, keep-alive, no `Expect:`, TLS 1.2 or later verified, proxies and CA bundle
/// from the environment (HTTPS_PROXY, NO_PROXY; AWS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE). One
/// per endpoint.
/// Each calling thread has a client (an easy handle with its connection) to itself for the length
/// of a call; idle ones wait in a last-in-first-out pool, so the warmest connection is used next.
class CurlTransport final : public Transport {
 public:
  struct Options {
    Duration connect_timeout;
    Duration max_connection_age;  ///< spreads load over hosts that come and go
    Duration max_idle;            ///< an idle connection older than this is not used again
    Duration write_user_timeout;  ///< TCP_USER_TIMEOUT of all sockets; below --settle
    std::string user_agent;
    std::string ca_bundle;  ///< PEM file or directory of authorities; empty: the system's
  };
  /// For the process's environment.
  static Options DefaultOptions();
  static Options DefaultOptions(const Environment& environment);

  explicit CurlTransport(Options options);
  ~CurlTransport() override;

  Result<HttpResponse> Send(const HttpRequest& request) override;

 private:
  class Pool;
  const Options options_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace ddbsync::aws
