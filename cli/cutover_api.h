#pragma once

#include <functional>
#include <string>

#include "cli/cutover_json.h"
#include "cutover/options.h"
#include "metrics/http_server.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// What the routes of a job's cut-over act on. Each is called from any of the server's threads.
struct CutoverSources {
  std::function<replicator::JobStatus()> status;  ///< of the job
  /// Errors: kConflict: not now, with the gates that do not hold; kInvalid: not with these options.
  std::function<Result<void>(const cutover::Options& options)> begin;
  std::function<Result<void>()> confirm_frozen, commit;   ///< errors: kConflict
  std::function<Result<void>(std::string reason)> abort;  ///< errors: kConflict
  std::function<CutoverLook()> look;                      ///< of number 0 while there was none
  std::function<GatesLook(const cutover::Options& options)> gates;
  bool has_hook = false;  ///< one is configured: what freezes when nothing else is said
};

inline constexpr const char* kGatesPath = "/api/v1/gates";
inline constexpr const char* kCutoverPath = "/api/v1/cutover";
inline constexpr const char* kFrozenPath = "/api/v1/frozen";
inline constexpr const char* kCommitPath = "/api/v1/commit";
inline constexpr const char* kAbortPath = "/api/v1/abort";

/// GET and POST gates and cutover, POST frozen, commit and abort. 400: the body says nothing that
/// is understood; 409: not now; each says why. Below `prefix`, as AddJobRoutes. Before the server's
/// Start.
void AddCutoverRoutes(metrics::HttpServer& server, const std::string& prefix,
                      CutoverSources sources);

/// Why the tables of a job in this state cannot be switched; empty: it is for the gates to say.
[[nodiscard]] std::string WhyNoCutover(const replicator::JobStatus& status);

}  // namespace ddbsync::cli
