#include "cli/api.h"

#include <utility>

#include "cli/checkpoint_json.h"
#include "cli/json_fields_internal.h"
#include "cli/status_json.h"
#include "metrics/exposition.h"

namespace ddbsync::cli {
namespace {

constexpr int kUnavailable = 503;

metrics::Reply JsonReply(std::string body, int status = 200) {
  return {.status = status, .content_type = "application/json", .body = body + "\n"};
}

metrics::Reply Checkpoint(const Result<checkpoint::State>& state) {
  if (state) return JsonReply(CheckpointToJson(*state, false));
  Json json;
  json["error"] = ToString(state.error());
  return JsonReply(Text(json, false), kUnavailable);
}

}  // namespace

metrics::Reply Readiness(const replicator::JobStatus& status) {
  Json json;
  json["ready"] = status.ready;
  json["state"] = std::string(ToString(status.state));
  json["reason"] = status.reason;
  return JsonReply(Text(json, false), status.ready ? 200 : kUnavailable);
}

void AddRoutes(metrics::HttpServer& server, ApiSources sources) {
  server.OnGet("/metrics", [metrics = std::move(sources.metrics)] {
    return metrics::Reply{
        .status = 200, .content_type = metrics::kExpositionContentType, .body = metrics()};
  });
  // Alive is who answers; whether the copy gets on is /readyz's.
  server.OnGet("/healthz", [] { return JsonReply(R"({"alive":true})"); });
  server.OnGet("/readyz", [status = sources.status] { return Readiness(status()); });
  server.OnGet(kStatusPath,
               [status = sources.status] { return JsonReply(StatusToJson(status(), false)); });
  server.OnGet(kCheckpointPath,
               [checkpoint = std::move(sources.checkpoint)] { return Checkpoint(checkpoint()); });
}

}  // namespace ddbsync::cli
