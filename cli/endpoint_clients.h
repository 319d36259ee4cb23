#pragma once

#include <memory>

#include "aws/client.h"
#include "aws/credentials_sources.h"
#include "aws/curl_transport.h"
#include "aws/server_clock.h"
#include "base/clock.h"
#include "cli/endpoint.h"
#include "dynamodb/client.h"
#include "dynamodb/streams_client.h"
#include "replicator/job.h"

namespace ddbsync::cli {

/// Everything between a job and one side's service: keys, connections, clients. Nothing of it is
/// shared with the other side.
class EndpointClients {
 public:
  /// Sends nothing. References outlive this. `settle`: --settle, below which connections that carry
  /// writes must give up. Errors: kInvalid, kDenied (no keys where they should be).
  [[nodiscard]] static Result<std::unique_ptr<EndpointClients>> Make(
      const Endpoint& endpoint, Duration settle, const aws::Environment& environment,
      const Clock& clock, aws::CallObserver& observer);

  [[nodiscard]] replicator::Side Side() {
    return {.label = label_, .table = table_, .tables = &tables_, .streams = &streams_};
  }

 private:
  EndpointClients(const Endpoint& endpoint, const aws::CurlTransport::Options& transport,
                  std::unique_ptr<aws::CredentialsProvider> keys, const Clock& clock,
                  aws::CallObserver& observer);

  const std::string label_;
  const std::string table_;
  const std::unique_ptr<aws::CredentialsProvider> keys_;
  aws::ServerClock server_clock_;
  // Tables and streams are two hosts: each with connections of its own.
  aws::CurlTransport table_transport_;
  aws::CurlTransport stream_transport_;
  aws::Client table_service_;
  aws::Client stream_service_;
  dynamodb::Client tables_;
  dynamodb::StreamsClient streams_;
};

}  // namespace ddbsync::cli
