#include "cli/checkpoint_json.h"

#include "cli/json_fields_internal.h"

namespace ddbsync::cli {
namespace {

constexpr auto kWalkJob = [](auto& io, auto& r) {
  io.Field("job_id", r.job_id);
  io.Field("source_identity", r.source_identity);
  io.Field("source_arn", r.source_arn);
  io.Field("target_identity", r.target_identity);
  io.Field("target_arn", r.target_arn);
  io.Field("key_schema", r.key_schema);
  io.Field("stream_arn", r.stream_arn);
  io.Field("start_time", r.start_time);
  io.Field("total_segments", r.total_segments);
  io.Field("made_by", r.made_by);
};

constexpr auto kWalkShard = [](auto& io, auto& r) {
  io.Field("shard_id", r.shard_id);
  io.Field("parent_id", r.parent_id);
  io.Field("position", r.position);
  io.Field("position_created", r.position_created);
  io.Field("finished", r.finished);
  io.Field("finished_at", r.finished_at);
};

constexpr auto kWalkSegment = [](auto& io, auto& r) {
  io.Field("segment", r.segment);
  io.Field("cursor", r.cursor);
  io.Field("finished", r.finished);
  io.Field("items_read", r.items_read);
  io.Field("items_written", r.items_written);
  io.Field("items_fenced", r.items_fenced);
  io.Field("bytes_read", r.bytes_read);
};

constexpr auto kWalkDeadLetter = [](auto& io, auto& r) {
  io.Field("key", r.key_json);
  io.Field("reason", r.reason);
  io.Field("origin", r.origin);
  io.Field("time", r.time);
};

constexpr auto kWalkRecheck = [](auto& io, auto& r) {
  io.Field("key", r.key_json);
  io.Field("last_attempt", r.last_attempt);
};

constexpr auto kWalkGap = [](auto& io, auto& r) {
  io.Field("shard_id", r.shard_id);
  io.Field("reason", r.reason);
  io.Field("detected_at", r.detected_at);
};

constexpr auto kWalkLists = [](auto& io, auto& s) {
  io.Field("clean_stop", s.clean_stop);
  io.List("segments", s.segments, kWalkSegment);
  io.List("shards", s.shards, kWalkShard);
  io.List("dead_letters", s.dead_letters, kWalkDeadLetter);
  io.List("rechecks", s.rechecks, kWalkRecheck);
  io.List("gaps", s.gaps, kWalkGap);
};

Json ToJson(const checkpoint::State& state) {
  Json json;
  JsonWriter writer(json);
  json["job"] = nullptr;
  if (state.job) writer.Nested("job", *state.job, kWalkJob);
  kWalkLists(writer, state);
  return json;
}

}  // namespace

std::string CheckpointToJson(const checkpoint::State& state, bool indented) {
  return Text(ToJson(state), indented);
}

std::string CheckpointListToJson(const checkpoint::State& state, const char* list) {
  // The others may be long: ten thousand shards are two megabytes.
  checkpoint::State asked;
  const std::string_view name = list;
  if (name == "shards") asked.shards = state.shards;
  if (name == "segments") asked.segments = state.segments;
  if (name == "dead_letters") asked.dead_letters = state.dead_letters;
  Json json;
  json[list] = ToJson(asked).at(list);
  return Text(json, false);
}

Result<checkpoint::State> CheckpointFromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_object()) return Fail(ErrorCode::kCorrupt, "the checkpoint is not a JSON object");
    checkpoint::State state;
    JsonReader reader(json);
    if (json.contains("job") && json["job"].is_object()) {
      reader.Nested("job", state.job.emplace(), kWalkJob);
    }
    kWalkLists(reader, state);
    return state;
  } catch (const Json::exception& error) {
    return Fail(ErrorCode::kCorrupt, "the checkpoint cannot be read", error.what());
  }
}

std::string StoppedToJson(const checkpoint::State& state, const std::string& next) {
  Json json;
  json["job_id"] = state.job ? Json(state.job->job_id) : Json(nullptr);
  json["state"] = "not_running";
  json["reason"] = "no process runs this job" + (next.empty() ? next : "; " + next);
  json["ready"] = false;
  json["checkpoint"] = ToJson(state);
  return Text(json, true);
}

}  // namespace ddbsync::cli
