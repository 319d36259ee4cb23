#include "cli/cutover_api.h"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "cli/cutover_request.h"
#include "cli/json_fields_internal.h"

namespace ddbsync::cli {
namespace {

using metrics::Reply;
using replicator::JobState;
using replicator::JobStatus;

constexpr int kBadRequest = 400;
constexpr int kConflict = 409;
constexpr int kUnavailable = 503;

Reply Refused(int status, std::string_view why) {
  Json json;
  json["error"] = std::string(why);
  return {.status = status, .body = Text(json, false) + "\n"};
}

Reply Refused(const Error& error) {
  switch (error.code) {
    case ErrorCode::kConflict:
      return Refused(kConflict, ToString(error));
    case ErrorCode::kInvalid:
      return Refused(kBadRequest, ToString(error));
    default:
      return Refused(kUnavailable, ToString(error));
  }
}

Reply Now(const CutoverSources& sources) {
  return {.body = CutoverLookToJson(sources.look(), false) + "\n"};
}

Reply NowUnless(const Result<void>& refused, const CutoverSources& sources) {
  return refused ? Now(sources) : Refused(refused.error());
}

/// An operator's word that changes where applications write is kept in the log.
void Note(const CutoverSources& sources, std::string_view what, const std::string& with) {
  Log(LogLevel::kInfo, what, "asked for through the API",
      {{"job", sources.status().job_id}, {"with", with}});
}

Reply Gates(const CutoverSources& sources, const std::string& body) {
  const Result<CutoverRequest> request = CutoverRequestFromJson(body);
  if (!request) return Refused(request.error());
  const GatesLook look = sources.gates(OptionsOf(*request, sources.has_hook));
  return {.body = GatesLookToJson(look, false) + "\n"};
}

Reply Begin(const CutoverSources& sources, const std::string& body) {
  const Result<CutoverRequest> request = CutoverRequestFromJson(body);
  if (!request) return Refused(request.error());
  const std::string why_not = WhyNoCutover(sources.status());
  if (!why_not.empty()) return Refused(kConflict, why_not);
  Note(sources, "cutover_run", CutoverRequestToJson(*request));
  return NowUnless(sources.begin(OptionsOf(*request, sources.has_hook)), sources);
}

Reply ConfirmFrozen(const CutoverSources& sources, const std::string& /*body*/) {
  Note(sources, "cutover_frozen", "");
  return NowUnless(sources.confirm_frozen(), sources);
}

Reply Commit(const CutoverSources& sources, const std::string& /*body*/) {
  Note(sources, "cutover_commit", "");
  return NowUnless(sources.commit(), sources);
}

Reply Abort(const CutoverSources& sources, const std::string& body) {
  const Result<std::string> reason = AbortReasonFromJson(body);
  if (!reason) return Refused(reason.error());
  Note(sources, "cutover_abort", *reason);
  return NowUnless(sources.abort(reason->empty() ? "an operator asked for it" : *reason), sources);
}

}  // namespace

std::string WhyNoCutover(const JobStatus& status) {
  const auto because = [&](std::string_view why) {
    return fmt::format("the job is {}: {}", ToString(status.state), why);
  };
  switch (status.state) {
    case JobState::kStarting:
    case JobState::kSettling:
      return because("it has only begun; try again in a moment");
    case JobState::kStopping:
    case JobState::kDone:
    case JobState::kFailed:
      return because("it ends; start it again, and switch once it follows");
    case JobState::kGap:
      return because(
          "changes were lost, so that the target is no copy; `ddbsync status` says more");
    default:
      break;
  }
  if (!status.tail.wanted) {
    return because("it follows no stream (`backfill`), so that what changed since is unknown");
  }
  if (status.tail_paused) return because("following rests; `ddbsync resume` first");
  return {};
}

void AddCutoverRoutes(metrics::HttpServer& server, const std::string& prefix,
                      CutoverSources sources) {
  const auto shared = std::make_shared<const CutoverSources>(std::move(sources));
  const auto add = [&](const char* path, auto answer) {
    server.OnPost(prefix + path,
                  [shared, answer](const std::string& body) { return answer(*shared, body); });
  };
  server.OnGet(prefix + kGatesPath, [shared] { return Gates(*shared, ""); });
  server.OnGet(prefix + kCutoverPath, [shared] { return Now(*shared); });
  add(kGatesPath, Gates);
  add(kCutoverPath, Begin);
  add(kFrozenPath, ConfirmFrozen);
  add(kCommitPath, Commit);
  add(kAbortPath, Abort);
}

}  // namespace ddbsync::cli
