#include "cli/cutover_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/cutover_request.h"
#include "cli/json_fields_internal.h"
#include "cli/limits.h"
#include "cutover/journal.h"

namespace ddbsync::cli {
namespace {

constexpr auto kWalkEvent = [](auto& io, auto& event) {
  io.Field("time", event.time);
  io.Field("step", event.step);
  io.Field("text", event.text);
};

constexpr auto kWalkGate = [](auto& io, auto& gate) {
  io.Field("name", gate.name);
  io.Field("ok", gate.ok);
  io.Field("observed", gate.observed);
  io.Field("limit", gate.limit);
  io.Field("fix", gate.fix);
};

constexpr auto kWalkDigests = [](auto& io, auto& digests) {
  io.Field("source", digests.source);
  io.Field("target", digests.target);
};

constexpr auto kWalkLook = [](auto& io, auto& look) {
  io.Field("job_id", look.job_id);
  io.Field("now", look.now);
  auto& s = look.status;
  io.Field("number", s.number);
  io.Field("step", s.step);
  io.Field("doing", s.doing);
  io.Field("reason", s.reason);
  io.Field("asks_confirmation", s.asks_confirmation);
  io.Field("asks_commit", s.asks_commit);
  io.Field("left_seconds", s.left);
  io.Field("began", s.began);
  io.Field("frozen_at", s.frozen_at);
  io.Field("sealed_at", s.sealed_at);
  io.Field("drained_at", s.drained_at);
  io.Field("committed_at", s.committed_at);
  io.Field("thawed_at", s.thawed_at);
  io.Field("old_stream_arn", s.old_stream_arn);
  io.Field("new_stream_arn", s.new_stream_arn);
  io.Field("target_stream_arn", s.target_stream_arn);
  io.Field("reverse_start", s.reverse_start);
  io.Field("source_ttl_owed", s.source_ttl_owed);
  io.List("events", s.report.events, kWalkEvent);
  io.List("gates", s.report.gates, kWalkGate);
  io.Nested("digests", s.report.digests, kWalkDigests);
};

constexpr auto kWalkPart = [](auto& io, auto& part) {
  io.Field("name", part.name);
  io.Field("typical_seconds", part.typical);
  io.Field("why", part.why);
};

constexpr auto kWalkWindow = [](auto& io, auto& window) {
  io.List("parts", window.parts, kWalkPart);
};

constexpr auto kWalkGates = [](auto& io, auto& look) {
  io.Field("job_id", look.job_id);
  io.Field("now", look.now);
  io.Field("ready", look.ready);
  io.List("gates", look.gates, kWalkGate);
  io.Nested("window", look.window, kWalkWindow);
  io.Field("calls", look.calls);
};

cutover::Options OptionsIn(const Json& json) {
  if (!json.contains("options")) return {};
  // What only a newer daemon understands is no fault of what it tells.
  const auto request = CutoverRequestFromJson(json["options"].dump());
  return request ? OptionsOf(*request, /*has_hook=*/false) : cutover::Options();
}

/// What a daemon says, read by `walk`.
template <class Look, class Walk>
Result<Look> Read(std::string_view text, std::string_view what, Walk walk) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_object()) return Fail(ErrorCode::kCorrupt, fmt::format("{} is no object", what));
    Look look;
    JsonReader io(json);
    walk(io, look);
    if constexpr (requires { look.options; }) {
      look.options = OptionsIn(json);
    } else {
      look.status.options = OptionsIn(json);
    }
    return look;
  } catch (const Json::exception& error) {
    return Fail(ErrorCode::kCorrupt, fmt::format("{} cannot be read", what), error.what());
  }
}

}  // namespace

std::string CutoverLookToJson(const CutoverLook& look, bool indented) {
  Json json;
  JsonWriter io(json);
  kWalkLook(io, look);
  json["options"] = Json::parse(CutoverRequestToJson(RequestOf(look.status.options)));
  return Text(json, indented);
}

Result<CutoverLook> CutoverLookFromJson(std::string_view text) {
  Result<CutoverLook> look = Read<CutoverLook>(text, "what a cut-over does", kWalkLook);
  if (!look || look->status.number == 0) return look;
  // What a step of a newer daemon means nobody knows here; least of all that it has ended.
  const std::string step = Json::parse(text).value("step", "");
  if (!cutover::StepFromString(step)) {
    return Fail(ErrorCode::kCorrupt,
                fmt::format("the cut-over is at a step that this version does not know: `{}`",
                            Clip(step, limits::kShownOfAValue)));
  }
  return look;
}

std::string GatesLookToJson(const GatesLook& look, bool indented) {
  Json json;
  JsonWriter io(json);
  kWalkGates(io, look);
  json["window"]["total_seconds"] = std::chrono::duration<double>(look.window.total()).count();
  json["options"] = Json::parse(CutoverRequestToJson(RequestOf(look.options)));
  return Text(json, indented);
}

Result<GatesLook> GatesLookFromJson(std::string_view text) {
  return Read<GatesLook>(text, "what is known of the gates", kWalkGates);
}

bool IsFrozen(const CutoverLook& look) {
  const cutover::Status& s = look.status;
  return s.frozen_at && !s.committed_at && !s.thawed_at && !Ended(s.step);
}

Duration FrozenFor(const CutoverLook& look) {
  const cutover::Status& s = look.status;
  if (!s.frozen_at) return Duration(0);
  const std::optional<WallTime> end = s.committed_at ? s.committed_at : s.thawed_at;
  if (!end && !IsFrozen(look)) return Duration(0);
  return std::max(Duration(0), Duration(end.value_or(look.now) - *s.frozen_at));
}

CutoverLook LookFromRecord(const checkpoint::CutoverRecord& record) {
  CutoverLook look;
  if (auto status = cutover::StatusOf(record)) {
    look.status = *std::move(status);
  } else {
    look.status.number = record.number;
    look.status.doing = ToString(status.error());
  }
  return look;
}

}  // namespace ddbsync::cli
