#include "cli/cutover_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/json_fields_internal.h"
#include "cli/limits.h"
#include "cli/request_fields_internal.h"
#include "cli/spelling.h"
#include "cli/text.h"
#include "cli/values.h"

namespace ddbsync::cli {
namespace {

using cutover::DrainBy;
using cutover::FreezeBy;

bool TakeFreeze(CutoverRequest& request, const Json& value) {
  request.freeze.reset();
  if (value.is_null()) return true;
  if (!value.is_string()) return false;
  for (const FreezeBy freeze : {FreezeBy::kPolicy, FreezeBy::kHook, FreezeBy::kManual}) {
    if (value.get<std::string>() == ToString(freeze)) request.freeze = freeze;
  }
  return request.freeze.has_value();
}

bool TakeDrain(CutoverRequest& request, const Json& value) {
  if (!value.is_string()) return false;
  for (const DrainBy drain : {DrainBy::kSeal, DrainBy::kQuiesce}) {
    if (value.get<std::string>() != ToString(drain)) continue;
    request.drain = drain;
    return true;
  }
  return false;
}

bool TakeTimeout(CutoverRequest& request, const Json& value) {
  if (!value.is_number()) return false;
  const std::chrono::duration<double> seconds(value.get<double>());
  if (!(seconds >= limits::kLeastCutoverTimeout && seconds <= limits::kMostCutoverTimeout)) {
    return false;
  }
  request.timeout = std::chrono::duration_cast<Duration>(seconds);
  return true;
}

bool TakeExempt(CutoverRequest& request, const Json& value) {
  request.exempt.clear();
  if (!value.is_array()) return false;
  for (const Json& one : value) {
    if (!one.is_string()) return false;
    request.exempt.push_back(one.get<std::string>());
  }
  return true;
}

using Field = RequestField<CutoverRequest>;
constexpr std::array kFields = {
    Field{"freeze", "\"hook\", \"policy\", \"manual\" or null", TakeFreeze},
    Field{"drain", "\"seal\" or \"quiesce\"", TakeDrain},
    Field{"timeout_seconds", "a number of seconds from 1 to 86400", TakeTimeout},
    Field{"stop_before_commit", kSwitch, TakeSwitch<&CutoverRequest::stop_before_commit>},
    Field{"full", kSwitch, TakeSwitch<&CutoverRequest::full>},
    Field{"seal_foreign", kSwitch, TakeSwitch<&CutoverRequest::seal_foreign>},
    Field{"reverse", kSwitch, TakeSwitch<&CutoverRequest::reverse>},
    Field{"exempt", "a list of ARNs in quotes", TakeExempt},
};

bool NamesACommand(std::string_view name) {
  return name == "hook" || name == "cutover_hook" || name == "cutover-hook" || name == "command";
}

std::string Unknown(std::string_view name) {
  if (NamesACommand(name)) {
    return fmt::format(
        "{}: a command to run is never taken over the API; it is configured where the job is "
        "started (--cutover-hook, DDBSYNC_CUTOVER_HOOK, or cutover_hook in the config)",
        name);
  }
  return fmt::format("`{}` is nothing that a cut-over understands{}", name,
                     DidYouMean(name, NamesOf<CutoverRequest>(kFields)));
}

std::string WhyNotExempt(const std::string& principal) {
  const bool printable = std::ranges::all_of(principal, [](char c) { return c > ' ' && c < 0x7F; });
  if (printable && principal.starts_with("arn:") && principal.size() <= limits::kLongestArn) {
    return {};
  }
  return fmt::format("`{}` is not the ARN of a principal, such as arn:aws:iam::123456789012:role/x",
                     Clip(principal, limits::kShownOfAValue));
}

}  // namespace

std::vector<CutoverConflict> ConflictsOf(const CutoverRequest& request) {
  std::vector<CutoverConflict> conflicts;
  if (!request.exempt.empty() && request.freeze != FreezeBy::kPolicy) {
    conflicts.push_back({"exempt", "exempt",
                         "only the policy lets anybody write on: say freeze policy too, or leave "
                         "it out"});
  }
  if (request.exempt.size() > limits::kMostExempt) {
    conflicts.push_back({"exempt", "exempt",
                         fmt::format("{} principals are more than the {} that fit a policy",
                                     request.exempt.size(), limits::kMostExempt)});
  }
  for (const std::string& principal : request.exempt) {
    if (std::string why = WhyNotExempt(principal); !why.empty()) {
      conflicts.push_back({"exempt", "exempt", std::move(why)});
    }
  }
  if (request.seal_foreign && request.drain != DrainBy::kSeal) {
    conflicts.push_back({"seal-foreign", "seal_foreign",
                         "a drain by quiesce ends no stream, so that there is nothing to allow: "
                         "leave it out, or drain by seal"});
  }
  return conflicts;
}

cutover::Options OptionsOf(const CutoverRequest& request, bool has_hook) {
  return {.freeze = request.freeze.value_or(has_hook ? FreezeBy::kHook : FreezeBy::kPolicy),
          .drain = request.drain,
          .timeout = request.timeout,
          .stop_before_commit = request.stop_before_commit,
          .full = request.full,
          .seal_foreign = request.seal_foreign,
          .reverse = request.reverse,
          .exempt = request.exempt};
}

CutoverRequest RequestOf(const cutover::Options& options) {
  return {.freeze = options.freeze,
          .drain = options.drain,
          .timeout = options.timeout,
          .stop_before_commit = options.stop_before_commit,
          .full = options.full,
          .seal_foreign = options.seal_foreign,
          .reverse = options.reverse,
          .exempt = options.exempt};
}

std::string CutoverFlags(const CutoverRequest& request) {
  std::vector<std::string> flags;
  if (request.freeze) flags.push_back(fmt::format("--freeze {}", ToString(*request.freeze)));
  if (request.drain != DrainBy::kSeal) {
    flags.push_back(fmt::format("--drain {}", ToString(request.drain)));
  }
  if (request.timeout != CutoverRequest().timeout) {
    flags.push_back(
        fmt::format("--timeout {:g}s", std::chrono::duration<double>(request.timeout).count()));
  }
  if (request.stop_before_commit) flags.emplace_back("--stop-before commit");
  if (request.full) flags.emplace_back("--full");
  if (request.seal_foreign) flags.emplace_back("--seal-foreign");
  if (request.reverse) flags.emplace_back("--reverse");
  for (const std::string& principal : request.exempt) flags.push_back("--exempt " + principal);
  return fmt::format("{}", fmt::join(flags, " "));
}

std::string CutoverRequestToJson(const CutoverRequest& request) {
  Json json;
  json["freeze"] = request.freeze ? Json(std::string(ToString(*request.freeze))) : Json(nullptr);
  json["drain"] = std::string(ToString(request.drain));
  json["timeout_seconds"] = std::chrono::duration<double>(request.timeout).count();
  json["stop_before_commit"] = request.stop_before_commit;
  json["full"] = request.full;
  json["seal_foreign"] = request.seal_foreign;
  json["reverse"] = request.reverse;
  json["exempt"] = request.exempt;
  return Text(json, false);
}

Result<CutoverRequest> CutoverRequestFromJson(std::string_view text) {
  return ReadRequest<CutoverRequest>(text, kFields, Unknown);
}

Result<std::string> AbortReasonFromJson(std::string_view text) {
  if (text.empty()) return std::string();
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail(ErrorCode::kInvalid, "the body is not a JSON object");
  std::string reason;
  for (const auto& [name, value] : json.items()) {
    if (name != "reason" || !value.is_string()) {
      return Fail(ErrorCode::kInvalid, "the body may hold \"reason\": \"TEXT\", nothing else");
    }
    reason = value.get<std::string>();
    if (std::string why = WhyNoReason(reason); !why.empty()) {
      return Fail(ErrorCode::kInvalid, "reason: " + why);
    }
  }
  return reason;
}

std::string AbortReasonToJson(std::string_view reason) {
  Json json = Json::object();
  if (!reason.empty()) json["reason"] = std::string(reason);
  return Text(json, false);
}

}  // namespace ddbsync::cli
