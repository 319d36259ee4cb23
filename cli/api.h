#pragma once

#include <functional>

#include "base/error.h"
#include "checkpoint/records.h"
#include "metrics/http_server.h"
#include "replicator/status.h"
#include "streams/lineage.h"

namespace ddbsync::cli {

/// What the routes show. Each is called from any of the server's threads.
struct ApiSources {
  std::function<replicator::JobStatus()> status;
  std::function<Result<checkpoint::State>()> checkpoint;
  std::function<std::string()> metrics;
  std::function<std::string()> history;  ///< HistoryToJson
  std::function<streams::ShardFamily()> family;
};

inline constexpr const char* kStatusPath = "/api/v1/status";
inline constexpr const char* kCheckpointPath = "/api/v1/checkpoint";

/// /metrics, /healthz, /readyz and what /api/v1 shows. Before the server's Start.
void AddRoutes(metrics::HttpServer& server, ApiSources sources);

[[nodiscard]] std::string FamilyToJson(const streams::ShardFamily& family);

/// 200 when the job progresses, else 503 with the reason.
[[nodiscard]] metrics::Reply Readiness(const replicator::JobStatus& status);

}  // namespace ddbsync::cli
