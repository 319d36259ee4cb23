#pragma once

#include <functional>
#include <memory>
#include <string>

#include "metrics/http_server.h"
#include "replicator/job.h"

namespace ddbsync::cli {

/// What the controls act on. Each is called from any of the server's threads.
struct ControlTargets {
  /// Null while the tables are still looked at, and once it has ended.
  std::function<std::shared_ptr<replicator::Job>()> job;
  std::function<replicator::JobStatus()> status;
  /// Asks the job to end in good order; more than once is as once.
  std::function<void()> stop;
};

inline constexpr const char* kPausePath = "/api/v1/pause";
inline constexpr const char* kResumePath = "/api/v1/resume";
inline constexpr const char* kStopPath = "/api/v1/stop";
inline constexpr const char* kThrottlePath = "/api/v1/throttle";

/// POST pause, resume, stop and throttle. Asked again they change nothing and succeed. 400: the
/// body says nothing that is understood; 409: not in this state. Both say why. Below `prefix`, as
/// AddJobRoutes. Before the server's Start.
void AddControls(metrics::HttpServer& server, const std::string& prefix, ControlTargets targets);

}  // namespace ddbsync::cli
