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

/// `show` makes the body of a checkpoint that could be read.
template <class Show>
metrics::Reply Checkpoint(const Result<checkpoint::State>& state, Show show) {
  if (state) return JsonReply(show(*state));
  Json json;
  json["error"] = ToString(state.error());
  return JsonReply(Text(json, false), kUnavailable);
}

}  // namespace

std::string FamilyToJson(const streams::ShardFamily& family) {
  Json json;
  Json& shards = json["shards"] = Json::array();
  for (const streams::ShardOfFamily& shard : family.shards) {
    Json& one = shards.emplace_back();
    one["shard_id"] = shard.shard_id;
    one["parent_id"] = shard.parent_id;
    one["phase"] = std::string(ToString(shard.phase));
  }
  json["left_out"] = family.left_out;
  return Text(json, false);
}

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
  server.OnProbe("/healthz", [] { return JsonReply(R"({"alive":true})"); });
  server.OnProbe("/readyz", [status = sources.status] { return Readiness(status()); });
  server.OnGet(kStatusPath,
               [status = sources.status] { return JsonReply(StatusToJson(status(), false)); });
  server.OnGet("/api/v1/history",
               [history = std::move(sources.history)] { return JsonReply(history()); });
  server.OnGet("/api/v1/lineage",
               [family = std::move(sources.family)] { return JsonReply(FamilyToJson(family())); });
  server.OnGet(kCheckpointPath, [checkpoint = sources.checkpoint] {
    return Checkpoint(checkpoint(),
                      [](const auto& state) { return CheckpointToJson(state, false); });
  });
  for (const auto& [path, list] :
       {std::pair{"/api/v1/shards", "shards"}, std::pair{"/api/v1/segments", "segments"},
        std::pair{"/api/v1/deadletters", "dead_letters"}}) {
    server.OnGet(path, [checkpoint = sources.checkpoint, list] {
      return Checkpoint(checkpoint(),
                        [list](const auto& state) { return CheckpointListToJson(state, list); });
    });
  }
}

}  // namespace ddbsync::cli
