// The Tail's view of the stream's listings: which shards there are, and which may be read now.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "replicator/limits.h"
#include "replicator/tail.h"

namespace ddbsync::replicator {

void Tail::OnPage(const dynamodb::StreamPage& page) {
  {
    MutexLock lock(mutex_);
    lineage_.Observe(page.shards);
  }
  StartReadyShards();
}

void Tail::OnListingComplete(WallTime began, const std::string& stream_status) {
  {
    MutexLock lock(mutex_);
    // What is recorded of the shards now may be taken back as a whole (Seam::FollowFrom).
    if (stopped_) return;
    lineage_.CompleteListing(began);
    for (const std::string& id : lineage_.TakeFinishedUnread()) {
      Shard& shard = shards_[id];
      shard.record.shard_id = id;
      shard.record.parent_id = lineage_.ParentOf(id);
      RecordFinished(shard);
    }
    checkpoint::Batch forgotten;
    for (const std::string& id : lineage_.TakeForgettable(parts_.server_clock.Now())) {
      checkpoint::DeleteShard(forgotten, id);
      shards_.erase(id);
      watermark_.Drop(id);
    }
    if (!forgotten.empty()) parts_.ledger.Stage(std::move(forgotten));
    DropPassedMarks(began);
    listed_at_ = Now();
  }
  parts_.health.Success("stream listing");
  StartReadyShards();
  if (stream_status == "DISABLED") OnDisabled(began);
}

void Tail::OnDisabled(WallTime began) {
  Waker waker;
  {
    MutexLock lock(mutex_);
    const bool drained = std::ranges::none_of(
        shards_, [](const auto& entry) { return entry.second.reader != nullptr; });
    if (parts_.end_is_expected()) {
      if (!disabled_since_) disabled_since_ = began;
      const WallTime all_named = *disabled_since_ + limits::kLateChildren;
      ended_ = drained && began >= all_named && lineage_.Count().waiting == 0;
      if (ended_) return;
      discovery_->ListAt(Now() + std::max<Duration>(all_named - began, Duration::zero()));
      waker = discovery_waker_;
    } else if (!drained) {
      return;
    }
  }
  waker.Wake();
  if (!parts_.end_is_expected()) {
    parts_.on_gap("", "the source's stream was disabled: changes made since are in no stream");
  }
}

void Tail::ListSoon() {
  discovery_->ListAt(Now());
  Waker waker;
  {
    MutexLock lock(mutex_);
    waker = discovery_waker_;
  }
  waker.Wake();
}

void Tail::DropPassedMarks(WallTime began) {
  // From then on its children count instead.
  for (const auto& [id, shard] : shards_) {
    const bool passed =
        shard.record.finished && shard.record.finished_at + limits::kLateChildren < began;
    if (passed && !lineage_.HasUnknownChildren(id)) watermark_.Drop(id);
  }
}

void Tail::OnListingTrouble(const Error& error, int failures) {
  if (error.code == ErrorCode::kNotFound && failures >= limits::kAnswersBeforeGap) {
    parts_.on_gap("", "the source's stream does not exist any more: " + error.message);
  } else if (failures > 1) {
    parts_.health.Trouble("stream listing", error, Now());
  }
}

void Tail::StartReadyShards() {
  std::vector<std::pair<std::string, std::shared_ptr<streams::ShardReader>>> started;
  std::vector<streams::LostShard> lost;
  {
    MutexLock lock(mutex_);
    if (stopped_) return;
    // First, and under the same lock: what is ready behind a loss must not be read on as if nothing
    // were missing.
    lost = lineage_.TakeLost();
    stopped_ = !lost.empty();
    if (!stopped_) started = MakeReaders();
  }
  for (const auto& shard : lost) parts_.on_gap(shard.shard_id, shard.reason);
  for (auto& [id, reader] : started) {
    Log(LogLevel::kInfo, "shard_started", "", {{"shard", id}});
    reader->SetWaker(parts_.executor.Spawn(Lane::kTailRead, "shard " + id, reader));
  }
}

std::vector<std::pair<std::string, std::shared_ptr<streams::ShardReader>>> Tail::MakeReaders() {
  std::vector<std::pair<std::string, std::shared_ptr<streams::ShardReader>>> made;
  checkpoint::Batch batch;
  for (const auto& ready : lineage_.TakeReady()) {
    Shard& shard = shards_[ready.shard_id];
    shard.record.shard_id = ready.shard_id;
    shard.record.parent_id = ready.parent_id;
    shard.last_progress = Now();
    shard.reader = std::make_shared<streams::ShardReader>(
        streams::ShardReader::Options{.stream_arn = options_.stream_arn,
                                      .shard_id = ready.shard_id,
                                      .position = ready.position,
                                      .poll_interval = poll_interval_},
        parts_.schema, parts_.streams, *this, parts_.credit, parts_.budget, reader_counters_);
    if (paused_) shard.reader->Pause();
    watermark_.Start(ready.shard_id, ready.parent_id);
    checkpoint::PutShard(batch, shard.record);
    made.emplace_back(ready.shard_id, shard.reader);
  }
  if (!batch.empty()) parts_.ledger.Stage(std::move(batch));
  return made;
}

}  // namespace ddbsync::replicator
