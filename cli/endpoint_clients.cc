#include "cli/endpoint_clients.h"

#include <algorithm>
#include <utility>

namespace ddbsync::cli {
namespace {

/// The kernel gives a connection's unacknowledged bytes up after four fifths of the settle time, so
/// that nothing of ours lands when the settle time is over.
Duration WriteUserTimeout(Duration settle, Duration standard) {
  return std::min(standard, settle * 4 / 5);
}

}  // namespace

Result<std::unique_ptr<EndpointClients>> EndpointClients::Make(const Endpoint& endpoint,
                                                               Duration settle,
                                                               const aws::Environment& environment,
                                                               const Clock& clock,
                                                               aws::CallObserver& observer) {
  auto keys = aws::MakeCredentials(endpoint.keys, environment);
  if (!keys) return std::unexpected(keys.error());
  // Asked for once here, so that what both sides lack is told together.
  if (const auto found = (*keys)->Get(); !found) return std::unexpected(found.error());
  aws::CurlTransport::Options transport = aws::CurlTransport::DefaultOptions(environment);
  transport.write_user_timeout = WriteUserTimeout(settle, transport.write_user_timeout);
  transport.user_agent = "ddbsync/" DDBSYNC_VERSION;
  return std::unique_ptr<EndpointClients>(
      new EndpointClients(endpoint, transport, std::move(*keys), clock, observer));
}

EndpointClients::EndpointClients(const Endpoint& endpoint,
                                 const aws::CurlTransport::Options& transport,
                                 std::unique_ptr<aws::CredentialsProvider> keys, const Clock& clock,
                                 aws::CallObserver& observer)
    : label_(endpoint.label),
      table_(endpoint.table),
      keys_(std::move(keys)),
      server_clock_(clock),
      table_transport_(transport),
      stream_transport_(transport),
      table_service_({.url = endpoint.url, .region = endpoint.region}, *keys_, table_transport_,
                     server_clock_, clock, observer),
      stream_service_({.url = endpoint.streams_url, .region = endpoint.region}, *keys_,
                      stream_transport_, server_clock_, clock, observer),
      tables_(table_service_),
      streams_(stream_service_) {}

}  // namespace ddbsync::cli
