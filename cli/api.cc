#include "cli/api.h"

#include <fmt/format.h>

#include <utility>

#include "cli/checkpoint_json.h"
#include "cli/json_fields_internal.h"
#include "cli/status_json.h"
#include "metrics/exposition.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using replicator::JobStatus;
using replicator::Outcome;

constexpr int kConflict = 409;
constexpr int kUnavailable = 503;

metrics::Reply JsonReply(std::string body, int status = 200) {
  return {.status = status, .content_type = "application/json", .body = body + "\n"};
}

/// A job in /api/v1/jobs.
struct JobRow {
  std::string job_id = {};
  JobState state = JobState::kStarting;
  std::string reason = {};
  bool ready = false;
  bool ended = false;
  std::optional<double> progress = {};
  std::optional<double> lag_seconds = {};
  std::optional<double> items_per_second = {};    ///< none: it does not copy
  std::optional<double> records_per_second = {};  ///< none: it does not follow
  std::string path = {};
};

constexpr auto kWalkRow = [](auto& io, auto& row) {
  io.Field("job_id", row.job_id);
  io.Field("state", row.state);
  io.Field("reason", row.reason);
  io.Field("ready", row.ready);
  io.Field("ended", row.ended);
  io.Field("progress", row.progress);
  io.Field("lag_seconds", row.lag_seconds);
  io.Field("items_per_second", row.items_per_second);
  io.Field("records_per_second", row.records_per_second);
  io.Field("path", row.path);
};

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

std::string JobsToJson(const std::vector<JobLook>& jobs, bool indented) {
  std::vector<JobRow> rows;
  for (const auto& [status, ended] : jobs) {
    JobRow& row = rows.emplace_back(JobRow{.job_id = status.job_id,
                                           .state = status.state,
                                           .reason = status.reason,
                                           .ready = status.ready,
                                           .ended = ended.has_value(),
                                           .progress = status.backfill.progress,
                                           .lag_seconds = status.tail.lag_seconds,
                                           .path = JobPath(status.job_id)});
    const JobStatus::Backfill& b = status.backfill;
    if (b.wanted && !b.complete) row.items_per_second = b.items_per_second;
    if (status.tail.wanted) row.records_per_second = status.tail.records_per_second;
  }
  Json json;
  JsonWriter(json).List("jobs", rows, kWalkRow);
  return Text(json, indented);
}

Result<std::vector<JobLook>> JobsFromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_object()) return Fail(ErrorCode::kCorrupt, "the list of jobs is no JSON object");
    std::vector<JobRow> rows;
    JsonReader(json).List("jobs", rows, kWalkRow);
    std::vector<JobLook> jobs;
    for (const JobRow& row : rows) {
      auto& [status, ended] = jobs.emplace_back();
      status.job_id = row.job_id;
      status.state = row.state;
      status.reason = row.reason;
      status.ready = row.ready;
      status.backfill.progress = row.progress;
      status.backfill.wanted = row.items_per_second.has_value();
      status.backfill.items_per_second = row.items_per_second.value_or(0);
      status.tail.lag_seconds = row.lag_seconds;
      status.tail.wanted = row.records_per_second.has_value();
      status.tail.records_per_second = row.records_per_second.value_or(0);
      if (row.ended) ended = row.state == JobState::kDone ? Outcome::kDone : Outcome::kFailed;
    }
    return jobs;
  } catch (const Json::exception& error) {
    return Fail(ErrorCode::kCorrupt, "the list of jobs cannot be read", error.what());
  }
}

metrics::Reply Readiness(const std::vector<JobLook>& jobs) {
  std::vector<const JobStatus*> standing;
  for (const auto& [status, ended] : jobs) {
    const bool ended_well = ended == Outcome::kDone && jobs.size() > 1;
    if (!status.ready && !ended_well) standing.push_back(&status);
  }
  const JobStatus& shown = standing.empty() ? jobs.front().status : *standing.front();
  Json json;
  json["ready"] = standing.empty();
  json["state"] = std::string(ToString(shown.state));
  json["reason"] = shown.reason;
  if (jobs.size() > 1) {
    std::vector<std::string> reasons;
    for (const JobStatus* job : standing) {
      reasons.push_back(
          fmt::format("{} is {}: {}", job->job_id, ToString(job->state), job->reason));
    }
    json["reason"] = fmt::format("{}", fmt::join(reasons, "; "));
  }
  return JsonReply(Text(json, false), standing.empty() ? 200 : kUnavailable);
}

std::string JobPath(const std::string& job_id) {
  return "/jobs/" + job_id;
}

void RefuseRoutesOfOne(metrics::HttpServer& server, const std::vector<std::string>& job_ids) {
  Json json;
  json["error"] = fmt::format(
      "several jobs run here: say which as /jobs/NAME before the path; "
      "there is: {}",
      fmt::join(job_ids, ", "));
  const metrics::Reply refusal = JsonReply(Text(json, false), kConflict);
  const std::string prefix = JobPath(job_ids.front());
  const std::string api = prefix + "/api/v1/";
  for (const auto& [method, path] : server.Routes()) {
    if (!path.starts_with(api)) continue;
    const std::string of_one = path.substr(prefix.size());
    if (method == "get") server.OnGet(of_one, [refusal] { return refusal; });
    if (method == "post") server.OnPost(of_one, [refusal](const std::string&) { return refusal; });
  }
}

void AddRoutes(metrics::HttpServer& server, ProcessSources sources) {
  server.OnGet("/metrics", [metrics = std::move(sources.metrics)] {
    return metrics::Reply{
        .status = 200, .content_type = metrics::kExpositionContentType, .body = metrics()};
  });
  // Alive is who answers; whether the copy gets on is /readyz's.
  server.OnProbe("/healthz", [] { return JsonReply(R"({"alive":true})"); });
  server.OnProbe("/readyz", [jobs = sources.jobs] { return Readiness(jobs()); });
  server.OnGet(kJobsPath, [jobs = sources.jobs] { return JsonReply(JobsToJson(jobs(), false)); });
}

void AddJobRoutes(metrics::HttpServer& server, const std::string& prefix, JobSources sources) {
  server.OnGet(prefix + kStatusPath, [status = std::move(sources.status)] {
    return JsonReply(StatusToJson(status(), false));
  });
  server.OnGet(prefix + "/api/v1/history",
               [history = std::move(sources.history)] { return JsonReply(history()); });
  server.OnGet(prefix + "/api/v1/lineage",
               [family = std::move(sources.family)] { return JsonReply(FamilyToJson(family())); });
  server.OnGet(prefix + kCheckpointPath, [checkpoint = sources.checkpoint] {
    return Checkpoint(checkpoint(),
                      [](const auto& state) { return CheckpointToJson(state, false); });
  });
  for (const auto& [path, list] :
       {std::pair{"/api/v1/shards", "shards"}, std::pair{"/api/v1/segments", "segments"},
        std::pair{"/api/v1/deadletters", "dead_letters"}}) {
    server.OnGet(prefix + path, [checkpoint = sources.checkpoint, list] {
      return Checkpoint(checkpoint(),
                        [list](const auto& state) { return CheckpointListToJson(state, list); });
    });
  }
}

}  // namespace ddbsync::cli
