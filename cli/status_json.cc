#include "cli/status_json.h"

#include "cli/json_fields_internal.h"

namespace ddbsync::cli {
namespace {

using replicator::JobStatus;

// One walk over the fields serves both directions, so that they cannot differ.

constexpr auto kWalkBackfill = [](auto& io, auto& b) {
  io.Field("wanted", b.wanted);
  io.Field("complete", b.complete);
  io.Field("segments", b.segments);
  io.Field("segments_open", b.segments_open);
  io.Field("segments_finished", b.segments_finished);
  io.Field("items_read", b.items_read);
  io.Field("items_written", b.items_written);
  io.Field("items_fenced", b.items_fenced);
  io.Field("bytes_read", b.bytes_read);
  io.Field("items_expected", b.items_expected);
  io.Field("progress", b.progress);
  io.Field("items_per_second", b.items_per_second);
  io.Field("eta_seconds", b.eta_seconds);
  io.Field("throttled_segments", b.throttled_segments);
  io.Field("throttled_segment_numbers", b.throttled_segment_numbers);
};

constexpr auto kWalkTail = [](auto& io, auto& t) {
  io.Field("wanted", t.wanted);
  io.Field("shards_reading", t.shards_reading);
  io.Field("shards_waiting", t.shards_waiting);
  io.Field("shards_finished", t.shards_finished);
  io.Field("inserts", t.inserts);
  io.Field("modifies", t.modifies);
  io.Field("removes", t.removes);
  io.Field("polls_records", t.polls_records);
  io.Field("polls_empty", t.polls_empty);
  io.Field("polls_failed", t.polls_failed);
  io.Field("watermark", t.watermark);
  io.Field("lag_seconds", t.lag_seconds);
  io.Field("headroom_seconds", t.headroom_seconds);
  io.Field("records_per_second", t.records_per_second);
};

constexpr auto kWalkWrites = [](auto& io, auto& w) {
  io.Field("puts_ok", w.puts_ok);
  io.Field("deletes_ok", w.deletes_ok);
  io.Field("unprocessed", w.unprocessed);
  io.Field("throttled", w.throttled);
  io.Field("failed", w.failed);
  io.Field("ambiguous", w.ambiguous);
  io.Field("in_flight", w.in_flight);
  io.Field("in_flight_limit", w.in_flight_limit);
  io.Field("tail_in_flight", w.tail_in_flight);
};

constexpr auto kWalkResync = [](auto& io, auto& r) {
  io.Field("step", r.step);
  io.Field("cause", r.cause);
  io.Field("target_rows", r.target_rows);
  io.Field("extra_rows", r.extra_rows);
  io.Field("removed_rows", r.removed_rows);
  io.Field("most_rows", r.most_rows);
  io.Field("some_keys", r.some_keys);
};

constexpr auto kWalkWatch = [](auto& io, auto& w) {
  io.Field("wanted", w.wanted);
  io.Field("watching", w.watching);
  io.Field("reason", w.reason);
  io.Field("by_key_only", w.by_key_only);
  io.Field("since", w.since);
  io.Field("lag_seconds", w.lag_seconds);
  io.Field("puts", w.puts);
  io.Field("deletes", w.deletes);
  io.Field("ttl_deletes", w.ttl_deletes);
  io.Field("not_judged", w.not_judged);
  io.Field("last_foreign", w.last_foreign);
  io.Field("last_unknown", w.last_unknown);
  io.Field("some_keys", w.some_keys);
};

constexpr auto kWalkLimits = [](auto& io, auto& l) {
  io.Field("read_capacity", l.read_capacity);
  io.Field("write_capacity", l.write_capacity);
  io.Field("account_read_capacity", l.account_read_capacity);
  io.Field("account_write_capacity", l.account_write_capacity);
  io.Field("in_flight", l.in_flight);
  io.Field("poll_interval_seconds", l.poll_interval_seconds);
};

constexpr auto kWalkStatus = [](auto& io, auto& s) {
  io.Field("job_id", s.job_id);
  io.Field("version", s.version);
  io.Field("state", s.state);
  io.Field("reason", s.reason);
  io.Field("ready", s.ready);
  io.Field("degraded", s.degraded);
  io.Field("bottleneck", s.bottleneck);
  io.Field("tail_paused", s.tail_paused);
  io.Field("source_arn", s.source_arn);
  io.Field("target_arn", s.target_arn);
  io.Field("stream_arn", s.stream_arn);
  io.Field("started_at", s.started_at);
  io.Field("now", s.now);
  io.Nested("backfill", s.backfill, kWalkBackfill);
  io.Nested("tail", s.tail, kWalkTail);
  io.Nested("writes", s.writes, kWalkWrites);
  io.Nested("resync", s.resync, kWalkResync);
  io.Nested("watch", s.watch, kWalkWatch);
  io.Nested("limits", s.limits, kWalkLimits);
  io.Field("source_read_units", s.source_read_units);
  io.Field("target_write_units", s.target_write_units);
  io.Field("queue_bytes", s.queue_bytes);
  io.Field("rechecks", s.rechecks);
  io.Field("dead_letters", s.dead_letters);
  io.Field("gaps", s.gaps);
  io.Field("checkpoint_age_seconds", s.checkpoint_age_seconds);
  io.Field("commits_ok", s.commits_ok);
  io.Field("commits_failed", s.commits_failed);
  io.Field("last_warning", s.last_warning);
};

}  // namespace

std::string StatusToJson(const JobStatus& status, bool indented) {
  Json json;
  JsonWriter writer(json);
  kWalkStatus(writer, status);
  return Text(json, indented);
}

Result<JobStatus> StatusFromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_object()) return Fail(ErrorCode::kCorrupt, "the status is not a JSON object");
    JobStatus status;
    JsonReader reader(json);
    kWalkStatus(reader, status);
    return status;
  } catch (const Json::exception& error) {
    return Fail(ErrorCode::kCorrupt, "the status cannot be read", error.what());
  }
}

}  // namespace ddbsync::cli
