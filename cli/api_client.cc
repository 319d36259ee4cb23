#include "cli/api_client.h"

#include <fmt/format.h>
#include <httplib.h>

#include "cli/limits.h"
#include "cli/values.h"

namespace ddbsync::cli {

Result<std::string> ApiGet(const std::string& address, const std::string& path) {
  const size_t colon = address.rfind(':');
  const bool has_port = colon != std::string::npos;
  const Result<int64_t> port =
      ParseInteger(has_port ? std::string_view(address).substr(colon + 1) : std::string_view());
  constexpr int64_t kLastPort = 65535;
  if (!port || *port < 1 || *port > kLastPort) {
    return Fail(ErrorCode::kInvalid, fmt::format("`{}` is not an address", address));
  }
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);

  httplib::Client client(host, static_cast<int>(*port));
  client.set_connection_timeout(limits::kApiTimeout);
  client.set_read_timeout(limits::kApiTimeout);
  const httplib::Result result = client.Get(path);
  if (!result) {
    if (result.error() == httplib::Error::Connection) {
      return Fail(ErrorCode::kNotFound, fmt::format("nobody listens at {}", address));
    }
    return Fail(ErrorCode::kRetry,
                fmt::format("the job at {} does not answer: it hangs or was stopped", address),
                httplib::to_string(result.error()));
  }
  if (result->status != 200) {
    return Fail(ErrorCode::kConflict,
                fmt::format("the job at {} answers {} with {}", address, path, result->status),
                result->body);
  }
  return result->body;
}

}  // namespace ddbsync::cli
