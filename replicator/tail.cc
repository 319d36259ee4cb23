#include "replicator/tail.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/planted_bug.h"
#include "replicator/coalesce.h"
#include "replicator/limits.h"
#include "replicator/read_back.h"

namespace ddbsync::replicator {
namespace {

/// The server's time is known to a second.
constexpr std::chrono::seconds kServerSecond{1};

}  // namespace

Tail::Tail(Options options, Parts parts, const std::vector<checkpoint::ShardRecord>& restored)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      earliest_(options_.start_time - limits::kStartMargin),
      discovery_(std::make_shared<streams::Discovery>(options_.stream_arn, parts_.streams, *this,
                                                      parts_.budget)),
      lineage_(earliest_),
      listed_at_(Now()),
      poll_interval_(options_.poll_interval) {
  for (const auto& record : restored) {
    lineage_.Restore({.shard_id = record.shard_id,
                      .parent_id = record.parent_id,
                      .position = dynamodb::SequenceNumber(record.position),
                      .finished = record.finished,
                      .finished_at = record.finished_at});
    shards_[record.shard_id].record = record;
    if (!record.position.empty()) NoteChange(record.position_created);
    // Finished ones too: their children may not be known yet.
    watermark_.Restore(record.shard_id, record.position.empty()
                                            ? std::nullopt
                                            : std::optional(record.position_created));
  }
}

Tail::~Tail() = default;

void Tail::Start() {
  Waker waker = parts_.executor.Spawn(Lane::kTailRead, "discovery", discovery_);
  MutexLock lock(mutex_);
  discovery_waker_ = std::move(waker);
}

void Tail::Stop() {
  std::vector<std::shared_ptr<streams::ShardReader>> readers;
  Waker waker;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    waker = discovery_waker_;
    for (auto& [id, shard] : shards_) {
      if (shard.reader != nullptr) readers.push_back(shard.reader);
    }
  }
  discovery_->Stop();
  waker.Wake();
  for (auto& reader : readers) reader->Stop();
}

void Tail::SetPaused(bool paused) {
  std::vector<std::shared_ptr<streams::ShardReader>> readers;
  {
    MutexLock lock(mutex_);
    paused_ = paused;
    for (auto& [id, shard] : shards_) {
      if (shard.reader != nullptr) readers.push_back(shard.reader);
    }
  }
  for (auto& reader : readers) paused ? reader->Pause() : reader->Resume();
}

void Tail::SetPollInterval(Duration longest) {
  MutexLock lock(mutex_);
  poll_interval_ = longest;
  for (auto& [id, shard] : shards_) {
    if (shard.reader != nullptr) shard.reader->SetPollInterval(longest);
  }
}

void Tail::Apply(const std::string& shard_id, std::shared_ptr<const dynamodb::RecordPage> page,
                 std::function<void()> applied) {
  Count(*page);
  const auto records =
      LastPerKey(*page, {.earliest = earliest_, .skip_ttl_deletes = options_.skip_ttl_deletes});
  const dynamodb::RecordView& last = page->records().back();
  auto done = [this, shard_id, page, &last, applied = std::move(applied)] {
    OnPageApplied(shard_id, last);
    applied();
  };
  if (records.empty()) {
    done();
    return;
  }
  if (Planted(PlantedBug::kCheckpointBeforeAcknowledgement)) OnPageApplied(shard_id, last);
  if (options_.read_back) {
    const ReadBack::Context context{parts_.source, options_.source_table,  parts_.schema,
                                    parts_.queue,  parts_.credit,          parts_.budget,
                                    parts_.health, parts_.executor.clock()};
    parts_.executor.Spawn(Lane::kTailRead, "read-back",
                          std::make_shared<ReadBack>(context, page, records, std::move(done)));
    return;
  }
  auto tail_page = BuildTailPage(page, records);
  tail_page->applied = std::move(done);
  parts_.queue.Add(std::move(tail_page), Now());
}

void Tail::Count(const dynamodb::RecordPage& page) {
  int64_t inserts = 0, modifies = 0, removes = 0;
  for (const auto& record : page.records()) {
    switch (record.event) {
      case dynamodb::StreamEvent::kInsert:
        ++inserts;
        break;
      case dynamodb::StreamEvent::kModify:
        ++modifies;
        break;
      case dynamodb::StreamEvent::kRemove:
        ++removes;
        break;
    }
  }
  parts_.counters.inserts += inserts;
  parts_.counters.modifies += modifies;
  parts_.counters.removes += removes;
}

void Tail::OnPageApplied(const std::string& shard_id, const dynamodb::RecordView& last) {
  MutexLock lock(mutex_);
  Shard& shard = shards_[shard_id];
  shard.record.position = last.sequence_number;
  shard.record.position_created = last.created;
  shard.last_progress = Now();
  watermark_.OnApplied(shard_id, last.created);
  NoteChange(last.created);
  parts_.counters.apply_delay.Observe(
      std::max<Duration>(parts_.server_clock.Now() - last.created, Duration::zero()));
  checkpoint::Batch batch;
  checkpoint::PutShard(batch, shard.record);
  parts_.ledger.Stage(std::move(batch));
  parts_.health.Success("tail", shard_id);
}

void Tail::NoteChange(WallTime created) {
  last_change_ = std::max(last_change_.value_or(created), created);
}

void Tail::OnTip(const std::string& shard_id, WallTime since) {
  MutexLock lock(mutex_);
  shards_[shard_id].last_progress = Now();
  watermark_.OnTip(shard_id, since);
  parts_.health.Success("tail", shard_id);
}

void Tail::OnEnd(const std::string& shard_id) {
  bool children_known;
  Waker waker;
  {
    MutexLock lock(mutex_);
    Shard& shard = shards_[shard_id];
    RecordFinished(shard);
    lineage_.Finish(shard_id, shard.record.finished_at);
    children_known = !lineage_.HasUnknownChildren(shard_id);
    waker = discovery_waker_;
  }
  StartReadyShards();
  if (!children_known) discovery_->LookForChildren(shard_id);
  // The first listing that is taken to name all children; until then the shard holds the watermark.
  discovery_->ListAt(Now() + limits::kLateChildren + kServerSecond);
  waker.Wake();
}

void Tail::RecordFinished(Shard& shard) {
  shard.reader = nullptr;
  shard.record.finished = true;
  shard.record.finished_at = parts_.server_clock.Now();
  shard.last_progress = Now();
  checkpoint::Batch batch;
  checkpoint::PutShard(batch, shard.record);
  parts_.ledger.Stage(std::move(batch));
}

bool Tail::LossMayReachStart() const {
  return parts_.server_clock.Now() - earliest_ >= limits::kRetention;
}

void Tail::OnLoss(const std::string& shard_id, const Error& error) {
  if (error.code == ErrorCode::kTrimmed &&
      (!LossMayReachStart() || Planted(PlantedBug::kTrimmedDataSkipped))) {
    // All that can have been trimmed is older than what concerns us; also a local server's habit of
    // refusing a position in a young table.
    Log(LogLevel::kInfo, "shard_restarted", "reading the shard again from its oldest record",
        {{"shard", shard_id}, {"reason", error.message}});
    std::shared_ptr<streams::ShardReader> reader;
    {
      MutexLock lock(mutex_);
      reader = shards_[shard_id].reader;
    }
    if (reader != nullptr) reader->RestartFromHorizon();
    return;
  }
  if (FinishIfOfNoConcern(shard_id)) return;
  parts_.on_gap(shard_id, ToString(error));
}

bool Tail::FinishIfOfNoConcern(const std::string& shard_id) {
  std::shared_ptr<streams::ShardReader> reader;
  {
    MutexLock lock(mutex_);
    if (!lineage_.EndedBeforeEarliest(shard_id)) return false;
    Shard& shard = shards_[shard_id];
    reader = shard.reader;
    RecordFinished(shard);
    lineage_.Finish(shard_id, shard.record.finished_at);
  }
  if (reader != nullptr) reader->Stop();
  StartReadyShards();
  return true;
}

void Tail::OnTrouble(const std::string& shard_id, const Error& error, int failures) {
  // A single failure passes by itself; what lasts is worth a line.
  if (failures > 1) parts_.health.Trouble("tail " + shard_id, error, Now());
}

Tail::Progress Tail::GetProgress() const {
  MutexLock lock(mutex_);
  Progress progress;
  progress.shards = lineage_.Count();
  progress.watermark = WatermarkNow();
  progress.last_progress = listed_at_;
  for (const auto& [id, shard] : shards_) {
    if (shard.reader == nullptr || Planted(PlantedBug::kStandstillUnseen)) continue;
    progress.last_progress = std::min(progress.last_progress, shard.last_progress);
  }
  progress.polls_records = reader_counters_.polls_records;
  progress.polls_empty = reader_counters_.polls_empty;
  progress.polls_failed = reader_counters_.polls_failed;
  return progress;
}

std::vector<ShardStatus> Tail::Shards() const {
  MutexLock lock(mutex_);
  std::vector<ShardStatus> shards;
  for (const auto& [id, shard] : shards_) {
    if (shard.reader != nullptr) shards.push_back({id, watermark_.Of(id)});
  }
  std::ranges::sort(shards, {}, &ShardStatus::shard_id);
  return shards;
}

streams::ShardFamily Tail::Family(size_t most) const {
  MutexLock lock(mutex_);
  return lineage_.Family(most);
}

bool Tail::Ended() const {
  MutexLock lock(mutex_);
  return ended_;
}

std::optional<WallTime> Tail::last_change() const {
  MutexLock lock(mutex_);
  return last_change_;
}

std::vector<std::string> Tail::RecordedShards() const {
  MutexLock lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, shard] : shards_) ids.push_back(id);
  return ids;
}

std::optional<WallTime> Tail::watermark() const {
  MutexLock lock(mutex_);
  return WatermarkNow();
}

std::optional<WallTime> Tail::WatermarkNow() const {
  auto watermark = ended_ ? parts_.server_clock.Now() : watermark_.Minimum();
  if (watermark && writes_resumed_) watermark = std::min(*watermark, *writes_resumed_);
  return watermark;
}

void Tail::NoteWritesResume(WallTime since) {
  MutexLock lock(mutex_);
  writes_resumed_ = since;
}

}  // namespace ddbsync::replicator
