#include "cli/api_client.h"

#include <fmt/format.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "cli/access.h"
#include "cli/limits.h"
#include "cli/values.h"

namespace ddbsync::cli {
namespace {

/// What a refusal says of itself: {"error": "..."}; else its status.
Error Refusal(const std::string& address, const std::string& path,
              const httplib::Response& response) {
  const auto json = nlohmann::json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    constexpr int kBadRequest = 400;
    const bool invalid = response.status == kBadRequest;
    return {invalid ? ErrorCode::kInvalid : ErrorCode::kConflict, json["error"].get<std::string>()};
  }
  return {ErrorCode::kConflict,
          fmt::format("the job at {} answers {} with {}", address, path, response.status),
          response.body};
}

struct HostAndPort {
  std::string host;
  int port = 0;
};

Result<HostAndPort> Split(const std::string& address) {
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
  return HostAndPort{host, static_cast<int>(*port)};
}

/// Whoever else took the job's address must not get its token: the handshake fails for every other
/// certificate. Which host it names does not matter; this machine knows it by its file.
void TrustOnly(httplib::SSLClient& client, const std::string& certificate) {
  client.enable_server_certificate_verification(false);  // the library's, by host
  SSL_CTX* const context = client.ssl_context();
  SSL_CTX_load_verify_locations(context, certificate.c_str(), nullptr);
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

template <class Client>
Result<std::string> Send(Client& client, const ApiAddress& job, const std::string& path,
                         const std::string* body, std::chrono::seconds patience) {
  client.set_connection_timeout(limits::kApiTimeout);
  client.set_read_timeout(patience);
  httplib::Headers headers;
  if (!job.token_file.empty()) {
    const Result<std::string> token = ReadToken(job.token_file);
    if (!token) return std::unexpected(token.error());
    headers.emplace("Authorization", "Bearer " + *token);
  }
  const std::string whole = job.path + path;
  const httplib::Result result = body == nullptr
                                     ? client.Get(whole, headers)
                                     : client.Post(whole, headers, *body, "application/json");
  if (!result) {
    if (result.error() == httplib::Error::Connection) {
      return Fail(ErrorCode::kNotFound, fmt::format("nobody listens at {}", job.address));
    }
    return Fail(ErrorCode::kRetry,
                fmt::format("the job at {} does not answer: it hangs or was stopped", job.address),
                httplib::to_string(result.error()));
  }
  if (result->status != 200) return std::unexpected(Refusal(job.address, whole, *result));
  return result->body;
}

Result<std::string> Call(const ApiAddress& job, const std::string& path, const std::string* body,
                         std::chrono::seconds patience) {
  const Result<HostAndPort> at = Split(job.address);
  if (!at) return std::unexpected(at.error());
  if (job.certificate.empty()) {
    httplib::ClientImpl client(at->host, at->port);
    return Send(client, job, path, body, patience);
  }
  httplib::SSLClient client(at->host, at->port);
  TrustOnly(client, job.certificate);
  return Send(client, job, path, body, patience);
}

}  // namespace

Result<std::string> ApiGet(const ApiAddress& job, const std::string& path) {
  return Call(job, path, nullptr, limits::kApiTimeout);
}

Result<std::string> ApiPost(const ApiAddress& job, const std::string& path, const std::string& body,
                            std::chrono::seconds patience) {
  return Call(job, path, &body, patience);
}

}  // namespace ddbsync::cli
