#include "cutover/journal.h"

#include <nlohmann/json.hpp>

namespace ddbsync::cutover {
namespace {

using nlohmann::json;

Error Damaged(const std::string& what) {
  return {ErrorCode::kCorrupt, "the checkpoint's cut-over cannot be understood: " + what};
}

int64_t Milliseconds(WallTime time) {
  return time.time_since_epoch().count();
}

WallTime TimeOf(int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

std::optional<WallTime> Known(WallTime time) {
  return time == WallTime{} ? std::nullopt : std::optional(time);
}

/// Runs what reads a JSON text; whatever is missing or mistyped is damage.
template <class Read>
auto Reading(std::string_view text, const std::string& what, Read read)
    -> Result<decltype(read(json()))> {
  try {
    return read(json::parse(text));
  } catch (const json::exception& fault) {
    return std::unexpected(Damaged(what + ": " + fault.what()));
  }
}

}  // namespace

std::string OptionsToText(const Options& options) {
  const json text = {
      {"freeze", ToString(options.freeze)},
      {"drain", ToString(options.drain)},
      {"timeout_ms",
       std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count()},
      {"stop_before_commit", options.stop_before_commit},
      {"full", options.full},
      {"seal_foreign", options.seal_foreign},
      {"reverse", options.reverse},
      {"exempt", options.exempt}};
  return text.dump();
}

Result<Options> OptionsFromText(std::string_view text) {
  return Reading(text, "its options", [](const json& fields) {
    Options options;
    for (const auto freeze : {FreezeBy::kPolicy, FreezeBy::kHook, FreezeBy::kManual}) {
      if (fields.at("freeze") == ToString(freeze)) options.freeze = freeze;
    }
    options.drain =
        fields.at("drain") == ToString(DrainBy::kSeal) ? DrainBy::kSeal : DrainBy::kQuiesce;
    options.timeout = std::chrono::milliseconds(fields.at("timeout_ms").get<int64_t>());
    options.stop_before_commit = fields.at("stop_before_commit").get<bool>();
    options.full = fields.at("full").get<bool>();
    options.seal_foreign = fields.at("seal_foreign").get<bool>();
    options.reverse = fields.at("reverse").get<bool>();
    options.exempt = fields.at("exempt").get<std::vector<std::string>>();
    return options;
  });
}

std::string ReportToText(const Report& report) {
  json events = json::array();
  for (const Event& event : report.events) {
    events.push_back(
        {{"time_ms", Milliseconds(event.time)}, {"step", event.step}, {"text", event.text}});
  }
  json gates = json::array();
  for (const Gate& gate : report.gates) {
    gates.push_back({{"name", gate.name},
                     {"ok", gate.ok},
                     {"observed", gate.observed},
                     {"limit", gate.limit},
                     {"fix", gate.fix}});
  }
  const json all = {
      {"events", std::move(events)},
      {"gates", std::move(gates)},
      {"digests", {{"source", report.digests.source}, {"target", report.digests.target}}}};
  // A server's words may be no UTF-8.
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Report> ReportFromText(std::string_view text) {
  if (text.empty()) return Report();
  return Reading(text, "its report", [](const json& all) {
    Report report;
    for (const json& event : all.at("events")) {
      report.events.push_back({.time = TimeOf(event.at("time_ms").get<int64_t>()),
                               .step = event.at("step").get<std::string>(),
                               .text = event.at("text").get<std::string>()});
    }
    for (const json& gate : all.at("gates")) {
      report.gates.push_back({.name = gate.at("name").get<std::string>(),
                              .ok = gate.at("ok").get<bool>(),
                              .observed = gate.at("observed").get<std::string>(),
                              .limit = gate.at("limit").get<std::string>(),
                              .fix = gate.at("fix").get<std::string>()});
    }
    const json& digests = all.at("digests");
    report.digests = {.source = digests.at("source").get<std::string>(),
                      .target = digests.at("target").get<std::string>()};
    return report;
  });
}

Result<Status> StatusOf(const checkpoint::CutoverRecord& record) {
  const auto step = StepFromString(record.step);
  if (!step) return std::unexpected(Damaged("its step is \"" + record.step + "\""));
  auto options = OptionsFromText(record.options);
  if (!options) return std::unexpected(options.error());
  auto report = ReportFromText(record.report);
  if (!report) return std::unexpected(report.error());
  Status status;
  status.number = record.number;
  status.step = *step;
  status.options = *std::move(options);
  status.reason = record.reason;
  status.began = Known(record.began);
  status.frozen_at = Known(record.frozen_at);
  status.sealed_at = Known(record.sealed_at);
  status.drained_at = Known(record.drained_at);
  status.committed_at = Known(record.committed_at);
  status.thawed_at = Known(record.thawed_at);
  status.old_stream_arn = record.old_stream_arn;
  status.new_stream_arn = record.new_stream_arn;
  status.target_stream_arn = record.target_stream_arn;
  status.reverse_start = Known(record.reverse_start);
  status.source_ttl_owed = record.source_ttl_owed;
  status.report = *std::move(report);
  return status;
}

}  // namespace ddbsync::cutover
