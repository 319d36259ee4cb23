#include "cli/control.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "cli/json_fields_internal.h"
#include "cli/status_json.h"
#include "cli/throttle.h"

namespace ddbsync::cli {
namespace {

using metrics::Reply;
using replicator::Job;
using replicator::JobState;
using replicator::JobStatus;

constexpr int kBadRequest = 400;
constexpr int kConflict = 409;

Reply Refused(int status, std::string_view why) {
  Json json;
  json["error"] = std::string(why);
  return {.status = status, .body = Text(json, false) + "\n"};
}

/// Nothing, where a job can be paused, resumed and throttled.
std::optional<Reply> NotNow(const Job* job, const JobStatus& status) {
  const auto refuse = [&](std::string_view why) {
    return Refused(kConflict, fmt::format("the job is {}: {}", ToString(status.state), why));
  };
  if (job == nullptr && status.state == JobState::kStarting) {
    return refuse("it still looks at the tables; try again in a moment");
  }
  switch (status.state) {
    case JobState::kStopping:
    case JobState::kDone:
    case JobState::kFailed:
      return refuse("it ends; the start command resumes it");
    case JobState::kGap:
      return refuse("changes were lost, and nothing is written any more");
    default:
      if (job == nullptr) return refuse("it has ended; the start command resumes it");
      return std::nullopt;
  }
}

/// The job's status after what was asked for.
Reply Now(const ControlTargets& targets) {
  return {.body = StatusToJson(targets.status(), false) + "\n"};
}

/// {"tail": true}: following rests too. An empty body or object: the copy alone.
Result<bool> TailToo(const std::string& body) {
  if (body.empty()) return false;
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail(ErrorCode::kInvalid, "the body is not a JSON object");
  for (const auto& [name, value] : json.items()) {
    if (name != "tail" || !value.is_boolean()) {
      return Fail(ErrorCode::kInvalid, "the body may hold \"tail\": true or false, nothing else");
    }
  }
  return json.value("tail", false);
}

Reply Pause(const ControlTargets& targets, const std::string& body) {
  const Result<bool> tail_too = TailToo(body);
  if (!tail_too) return Refused(kBadRequest, tail_too.error().message);
  const std::shared_ptr<Job> job = targets.job();
  const JobStatus status = targets.status();
  if (auto refused = NotNow(job.get(), status)) return *std::move(refused);
  if (!*tail_too && (!status.backfill.wanted || status.backfill.complete)) {
    return Refused(kConflict,
                   "nothing is left to copy, the job only follows: say that this too is "
                   "to rest (`ddbsync pause --all`, {\"tail\": true})");
  }
  const bool tail_rests = !status.tail.wanted || status.tail_paused || MayRest(status.tail);
  if (*tail_too && !tail_rests) {
    return Refused(kConflict, status.tail.headroom_seconds
                                  ? "less than 6 h are left until unapplied changes leave the "
                                    "stream: following goes on"
                                  : "it is not known yet how far the tail is behind, so following "
                                    "goes on: ask again when `ddbsync status` shows its lag");
  }
  Log(LogLevel::kInfo, "pause", "asked for through the API",
      {{"job", status.job_id}, {"tail", *tail_too ? "yes" : "no"}});
  job->Pause(*tail_too);
  return Now(targets);
}

Reply Resume(const ControlTargets& targets, const std::string& /*body*/) {
  const std::shared_ptr<Job> job = targets.job();
  const JobStatus status = targets.status();
  if (auto refused = NotNow(job.get(), status)) return *std::move(refused);
  Log(LogLevel::kInfo, "resume", "asked for through the API", {{"job", status.job_id}});
  job->Resume();
  return Now(targets);
}

Reply Stop(const ControlTargets& targets, const std::string& /*body*/) {
  targets.stop();
  return Now(targets);
}

Reply SetThrottle(const ControlTargets& targets, const std::string& body) {
  const auto throttle = ThrottleFromJson(body);
  if (!throttle) return Refused(kBadRequest, throttle.error().message);
  const std::shared_ptr<Job> job = targets.job();
  const JobStatus status = targets.status();
  if (auto refused = NotNow(job.get(), status)) return *std::move(refused);
  Log(LogLevel::kInfo, "throttle", "asked for through the API",
      {{"job", status.job_id}, {"limits", ThrottleToJson(*throttle)}});
  job->Apply(*throttle);
  return Now(targets);
}

}  // namespace

void AddControls(metrics::HttpServer& server, const std::string& prefix, ControlTargets targets) {
  const auto shared = std::make_shared<const ControlTargets>(std::move(targets));
  const auto add = [&](const char* path, auto answer) {
    server.OnPost(prefix + path,
                  [shared, answer](const std::string& body) { return answer(*shared, body); });
  };
  add(kPausePath, Pause);
  add(kResumePath, Resume);
  add(kStopPath, Stop);
  add(kThrottlePath, SetThrottle);
}

}  // namespace ddbsync::cli
