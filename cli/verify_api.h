#pragma once

#include <functional>
#include <string>

#include "cli/verify_json.h"
#include "metrics/http_server.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// What the routes of a job's verification act on. Each is called from any of the server's threads.
struct VerifyTargets {
  std::function<replicator::JobStatus()> status;  ///< of the job
  /// Errors: kConflict: not now, and why.
  std::function<Result<void>(const VerifyRequest& request)> begin;
  std::function<void()> stop;
  /// Of run 0 while nothing was verified in this process.
  std::function<VerifyLook()> look;
};

inline constexpr const char* kVerifyPath = "/api/v1/verify";
inline constexpr const char* kVerifyStopPath = "/api/v1/verify/stop";

/// GET and POST verify, POST verify/stop. 400: the body says nothing that is understood; 409: not
/// now; each says why. Below `prefix`, as AddJobRoutes. Before the server's Start.
void AddVerifyRoutes(metrics::HttpServer& server, const std::string& prefix, VerifyTargets targets);

/// Why a job in this state cannot be verified through its process; empty: it can.
[[nodiscard]] std::string WhyNotVerified(const replicator::JobStatus& status);

}  // namespace ddbsync::cli
