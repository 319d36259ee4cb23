// Preflight's last part, once nothing speaks against the job: what is to be made, and its record.
#include "base/planted_bug.h"
#include "base/version.h"
#include "replicator/backfill.h"
#include "replicator/limits.h"
#include "replicator/preflight.h"
#include "replicator/startup_call.h"

namespace ddbsync::replicator {

void Preflight::MakeTarget() {
  auto body = dynamodb::CreateTableBody(point_.source, target_.table);
  if (!body) {
    Fault(target_, "make its table from the source's description", body.error());
    return;
  }
  auto made = CallPatiently(clock_, budget_, [&] { return target_.tables->CreateTable(*body); });
  // A time-out may have been carried out; the wait below sees it.
  if (!made && made.error().code != ErrorCode::kConflict &&
      made.error().code != ErrorCode::kAmbiguous) {
    Fault(target_, "make its table (dynamodb:CreateTable)", made.error());
    return;
  }
  const TimePoint deadline = clock_.Now() + limits::kTableWait;
  while (clock_.Now() < deadline) {
    auto table = target_.tables->DescribeTable(target_.table);
    if (table && table->status == "ACTIVE") {
      point_.target = *std::move(table);
      return;
    }
    clock_.SleepFor(limits::kTableLook);
  }
  Fault(ErrorCode::kRetry, target_.label + ": table '" + target_.table +
                               "' was made but did not become ACTIVE in time; start again");
}

void Preflight::EnableStream() {
  auto enabled = CallPatiently(clock_, budget_, [&] {
    return source_.tables->EnableStream(source_.table, dynamodb::StreamView::kNewAndOldImages);
  });
  // Somebody else turned it on, or our own first attempt did: the wait below sees which.
  if (!enabled && enabled.error().code != ErrorCode::kConflict) {
    Fault(source_, "turn its stream on (dynamodb:UpdateTable)", enabled.error());
    return;
  }
  WaitForStream();
}

void Preflight::WaitForStream() {
  const TimePoint deadline = clock_.Now() + limits::kTableWait;
  while (clock_.Now() < deadline) {
    auto table = source_.tables->DescribeTable(source_.table);
    if (table && table->stream_view) {
      // Changes count from the moment that shards are listed; the copy must not start before.
      auto listing = source_.streams->DescribeStream(table->latest_stream_arn, "");
      if (listing && listing->status == "ENABLED" && !listing->shards.empty()) {
        point_.source = *std::move(table);
        point_.read_back = point_.source.stream_view == dynamodb::StreamView::kKeysOnly ||
                           point_.source.stream_view == dynamodb::StreamView::kOldImage;
        return;
      }
    }
    clock_.SleepFor(limits::kTableLook);
  }
  Fault(ErrorCode::kRetry, source_.label + ": the stream of '" + source_.table +
                               "' was turned on but is not ready yet; start again");
}

void Preflight::FillRecord() {
  if (point_.begins_again) return BeginAgain();
  if (point_.state.job) {
    point_.record = *point_.state.job;
    if (Planted(PlantedBug::kVolatileStart)) {
      point_.record.start_time = source_.tables->aws().server_clock().Now() + limits::kStartMargin;
    }
    return;
  }
  point_.record = {
      .job_id = options_.job_id,
      .source_identity = point_.source.Identity(),
      .source_arn = point_.source.arn,
      .target_identity = point_.target.Identity(),
      .target_arn = point_.target.arn,
      .key_schema = dynamodb::ToString(point_.source.key),
      .stream_arn = wants_tail() ? point_.source.latest_stream_arn : "",
      .start_time = options_.since.value_or(source_.tables->aws().server_clock().Now()),
      .total_segments = !wants_backfill()       ? 0
                        : options_.segments > 0 ? options_.segments
                                                : ChooseSegments(point_.source.size_bytes),
      .made_by = std::string(Version()),
  };
  if (Planted(PlantedBug::kPositionAfterScan)) {
    point_.record.start_time += limits::kStartMargin + std::chrono::minutes(1);
  }
  if (target_has_items_) {
    point_.resync = NewResync(std::nullopt, "mirror", "", point_.record.start_time);
  }
}

void Preflight::BeginAgain() {
  checkpoint::State& state = point_.state;
  point_.record = *state.job;
  point_.record.stream_arn = point_.source.latest_stream_arn;
  point_.record.start_time = source_.tables->aws().server_clock().Now();
  std::string reason = point_.lost_stream;
  if (reason.empty()) reason = state.gaps.front().reason;
  if (!point_.lost_stream.empty()) {
    state.gaps.push_back({.reason = point_.lost_stream, .detected_at = point_.record.start_time});
    checkpoint::PutGap(point_.forgotten, state.gaps.back());
  }
  point_.resync = NewResync(state.resync, "gap", std::move(reason), point_.record.start_time);
  if (Planted(PlantedBug::kGapRecordRemovedEarly)) {
    for (const auto& gap : state.gaps) checkpoint::DeleteGap(point_.forgotten, gap.shard_id);
  }
  point_.lost_stream.clear();
  for (const auto& shard : state.shards) checkpoint::DeleteShard(point_.forgotten, shard.shard_id);
  state.shards.clear();
  if (Planted(PlantedBug::kResyncKeepsSegments)) return;
  for (const auto& segment : state.segments) {
    checkpoint::DeleteSegment(point_.forgotten, segment.segment);
  }
  state.segments.clear();
}

}  // namespace ddbsync::replicator
