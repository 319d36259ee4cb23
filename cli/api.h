#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "checkpoint/records.h"
#include "metrics/http_server.h"
#include "replicator/job.h"
#include "replicator/status.h"
#include "streams/lineage.h"

namespace ddbsync::cli {

/// What a job's routes show. Each is called from any of the server's threads.
struct JobSources {
  std::function<replicator::JobStatus()> status;
  std::function<Result<checkpoint::State>()> checkpoint;
  std::function<std::string()> history;  ///< HistoryToJson
  std::function<streams::ShardFamily()> family;
};

/// A look at a job among others.
struct JobLook {
  replicator::JobStatus status;
  std::optional<replicator::Outcome> ended;  ///< none: it runs
};

/// What the process's routes show, likewise.
struct ProcessSources {
  std::function<std::vector<JobLook>()> jobs;
  std::function<std::string()> metrics;
};

inline constexpr const char* kStatusPath = "/api/v1/status";
inline constexpr const char* kCheckpointPath = "/api/v1/checkpoint";
inline constexpr const char* kJobsPath = "/api/v1/jobs";

/// "/jobs/NAME", below which a job's routes are.
[[nodiscard]] std::string JobPath(const std::string& job_id);

/// What /api/v1 shows of a job, below `prefix`: empty where the process has but this one. Before
/// the server's Start.
void AddJobRoutes(metrics::HttpServer& server, const std::string& prefix, JobSources sources);

/// With several jobs: 409 at the paths that a single one would have, naming where they are. After
/// all AddJobRoutes and AddControls, before the server's Start.
void RefuseRoutesOfOne(metrics::HttpServer& server, const std::vector<std::string>& job_ids);

/// /metrics, /healthz, /readyz, /api/v1/jobs. Before the server's Start.
void AddRoutes(metrics::HttpServer& server, ProcessSources sources);

/// The list of /api/v1/jobs.
[[nodiscard]] std::string JobsToJson(const std::vector<JobLook>& jobs, bool indented);
/// What it tells of them: of the statuses, just that. Errors: kCorrupt.
[[nodiscard]] Result<std::vector<JobLook>> JobsFromJson(std::string_view text);

[[nodiscard]] std::string FamilyToJson(const streams::ShardFamily& family);

/// 200 when every job progresses, but for those that have ended well; else 503 with the reasons.
[[nodiscard]] metrics::Reply Readiness(const std::vector<JobLook>& jobs);

}  // namespace ddbsync::cli
