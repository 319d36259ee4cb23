#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace ddbsync::aws {

/// A POST. Views stay alive until Send returns.
struct HttpRequest {
  std::string_view url;  ///< scheme, host, port and path
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
  Duration timeout;
  /// A write must not be sent twice behind our back, and its connection dies with it when it times
  /// out, so that a late landing is bounded (docs/architecture.md, "Late landing").
  bool is_write = false;
};

struct HttpResponse {
  int status = 0;
  std::string body;              ///< as on the wire; capacity leaves room for simdjson's padding
  std::string request_id;        ///< x-amzn-RequestId; may be empty
  std::string date;              ///< Date; may be empty
  std::string crc32;             ///< x-amz-crc32; may be empty
  std::string content_encoding;  ///< may be empty
  std::string content_type;      ///< may be empty
};

/// The only door to the network. Safe from any thread; blocks the caller until a response, an error
/// or the request's time-out.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Any HTTP status is a response. Errors: kRetry (nothing was sent: name, connect and TLS
  /// failures), kAmbiguous (something was sent and no whole response came), kDenied (the server's
  /// certificate is wrong), kInvalid (not a URL), kCancelled.
  [[nodiscard]] virtual Result<HttpResponse> Send(const HttpRequest& request) = 0;
};

}  // namespace ddbsync::aws
