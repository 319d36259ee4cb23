#include "cli/verify_api.h"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>

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

Reply Now(const VerifyTargets& targets) {
  return {.body = VerifyLookToJson(targets.look(), false) + "\n"};
}

Reply Begin(const VerifyTargets& targets, const std::string& body) {
  const Result<VerifyRequest> request = VerifyRequestFromJson(body);
  if (!request) return Refused(kBadRequest, request.error().message);
  const std::string why_not = WhyNotVerified(targets.status());
  if (!why_not.empty()) return Refused(kConflict, why_not);
  if (const Result<void> begun = targets.begin(*request); !begun) {
    const bool conflict = begun.error().code == ErrorCode::kConflict;
    return Refused(conflict ? kConflict : kUnavailable, ToString(begun.error()));
  }
  return Now(targets);
}

Reply Stop(const VerifyTargets& targets, const std::string& /*body*/) {
  targets.stop();
  return Now(targets);
}

}  // namespace

std::string WhyNotVerified(const JobStatus& status) {
  const auto because = [&](std::string_view why) {
    return fmt::format("the job is {}: {}", ToString(status.state), why);
  };
  switch (status.state) {
    case JobState::kStarting:
      return because("it still looks at the tables; try again in a moment");
    case JobState::kSettling:
      return because("it waits until nothing can land late; try again in a moment");
    case JobState::kStopping:
    case JobState::kDone:
    case JobState::kFailed:
      return because("it ends; verify when it has ended, or start it again");
    case JobState::kGap:
      return because(
          "changes were lost, so that the tables differ; stop it to see where, with `ddbsync "
          "verify`");
    default:
      break;
  }
  if (status.backfill.wanted && !status.backfill.complete) {
    return because("it still copies; verify when `ddbsync status` shows that it follows");
  }
  if (status.tail_paused) {
    return because(
        "following rests, so that a change on its way could not be told from a difference; "
        "`ddbsync resume` first");
  }
  return {};
}

void AddVerifyRoutes(metrics::HttpServer& server, const std::string& prefix,
                     VerifyTargets targets) {
  const auto shared = std::make_shared<const VerifyTargets>(std::move(targets));
  server.OnGet(prefix + kVerifyPath, [shared] { return Now(*shared); });
  server.OnPost(prefix + kVerifyPath,
                [shared](const std::string& body) { return Begin(*shared, body); });
  server.OnPost(prefix + kVerifyStopPath,
                [shared](const std::string& body) { return Stop(*shared, body); });
}

}  // namespace ddbsync::cli
