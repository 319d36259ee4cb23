#include "replicator/target_watch.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "replicator/limits.h"
#include "replicator/watch_limits.h"
#include "streams/limits.h"

namespace ddbsync::replicator {

TargetWatch::TargetWatch(std::string stream_arn, std::string off, Parts parts)
    : parts_(parts),
      discovery_(std::make_shared<streams::Discovery>(std::move(stream_arn), parts_.streams, *this,
                                                      budget_)),
      credit_(limits::kWatchPages * ddbsync::limits::kPageCreditBytes, 0) {
  MutexLock lock(mutex_);
  off_ = std::move(off);
}

TargetWatch::~TargetWatch() = default;

void TargetWatch::Start() {
  {
    MutexLock lock(mutex_);
    if (!off_.empty()) return;
  }
  Waker waker = parts_.executor.Spawn(Lane::kWatch, "target watch", discovery_);
  MutexLock lock(mutex_);
  discovery_waker_ = std::move(waker);
}

void TargetWatch::Stop() {
  std::vector<std::shared_ptr<streams::ShardReader>> readers;
  Waker waker;
  {
    MutexLock lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    waker = discovery_waker_;
    for (auto& [id, shard] : shards_) {
      if (shard.reader != nullptr) readers.push_back(shard.reader);
    }
  }
  discovery_->Stop();
  waker.Wake();
  for (auto& reader : readers) reader->Stop();
}

void TargetWatch::OnPage(const dynamodb::StreamPage& page) {
  Started started;
  {
    MutexLock lock(mutex_);
    if (stopped_) return;
    for (const auto& shard : page.shards) Adopt(shard, started);
  }
  for (auto& [id, reader] : started) {
    reader->SetWaker(parts_.executor.Spawn(Lane::kWatch, "watched shard " + id, reader));
  }
}

void TargetWatch::Adopt(const dynamodb::ShardDescription& listed, Started& started) {
  const auto parent = shards_.find(listed.parent_id);
  std::optional<WallTime> judged_to;
  if (parent != shards_.end()) {
    parent->second.has_child = true;
    judged_to = judged_.Of(listed.parent_id);
    if (!judged_to) judged_to = parent->second.judged_to;  // a sister was listed before it
    if (parent->second.reader == nullptr) DropMark(listed.parent_id, parent->second);
  }
  const auto [place, is_new] = shards_.try_emplace(listed.id);
  if (!is_new) return;
  Shard& shard = place->second;
  // What the first listing names was there before the watch, unless it came out of what we read.
  const bool was_there = !listed_ && (parent == shards_.end() || parent->second.reader == nullptr);
  if (was_there && !listed.ending_sequence_number.empty()) {
    shard.ended_at = ServerNow();
    return;
  }
  shard.awaited = was_there;
  judged_.Restore(listed.id, judged_to);
  shard.reader = std::make_shared<streams::ShardReader>(
      streams::ShardReader::Options{.stream_arn = discovery_->stream_arn(),
                                    .shard_id = listed.id,
                                    .position = {},
                                    .poll_interval = limits::kWatchPoll,
                                    .from_latest = was_there},
      parts_.schema, parts_.streams, *this, credit_, budget_, reader_counters_);
  started.emplace_back(listed.id, shard.reader);
}

void TargetWatch::OnListingComplete(WallTime began, const std::string& stream_status) {
  {
    MutexLock lock(mutex_);
    listed_ = true;
    listing_trouble_.clear();
    // So long after its end a shard is not listed again.
    std::erase_if(shards_, [&](const auto& entry) REQUIRES(mutex_) {
      const Shard& shard = entry.second;
      const bool old =
          shard.reader == nullptr && began - shard.ended_at > ddbsync::limits::kFinishedMarkerAge;
      if (old) judged_.Drop(entry.first);
      return old;
    });
  }
  if (stream_status == "DISABLED") SwitchedOff("the target's stream was switched off");
}

void TargetWatch::OnListingTrouble(const Error& error, int failures) {
  if (error.code == ErrorCode::kNotFound && failures >= limits::kAnswersBeforeGap) {
    return SwitchedOff("the target's stream does not exist any more");
  }
  MutexLock lock(mutex_);
  if (failures > 1) listing_trouble_ = "its shards cannot be listed: " + ToString(error);
}

void TargetWatch::SwitchedOff(const std::string& reason) {
  {
    MutexLock lock(mutex_);
    if (!off_.empty()) return;
    off_ = reason + "; turn it on and start the job again";
  }
  Log(LogLevel::kWarning, "target_watch_ended", reason);
  discovery_->Stop();  // what its shards hold is still read
}

void TargetWatch::Apply(const std::string& shard_id,
                        std::shared_ptr<const dynamodb::RecordPage> page,
                        std::function<void()> applied) {
  dynamodb::SequenceNumber judged;
  {
    MutexLock lock(mutex_);
    Shard& shard = shards_[shard_id];
    NoteRead(shard);
    judged = shard.judged;
  }
  for (const auto& record : page->records()) {
    const dynamodb::SequenceNumber number(record.sequence_number);
    if (number <= judged) continue;
    Judge(record);
    judged = number;
  }
  {
    MutexLock lock(mutex_);
    shards_[shard_id].judged = judged;
    judged_.OnApplied(shard_id, page->records().back().created);
  }
  applied();
}

void TargetWatch::Judge(const dynamodb::RecordView& record) {
  switch (parts_.own_writes.Judge(record)) {
    case OwnWrites::Verdict::kOurs:
    case OwnWrites::Verdict::kBefore:
      return;
    case OwnWrites::Verdict::kUnknown: {
      MutexLock lock(mutex_);
      ++found_.not_judged;
      found_.last_unknown = std::max(found_.last_unknown.value_or(record.created), record.created);
      return;
    }
    case OwnWrites::Verdict::kForeign:
      if (CountForeign(record)) LogForeign();
      return;
  }
}

bool TargetWatch::CountForeign(const dynamodb::RecordView& record) {
  MutexLock lock(mutex_);
  if (record.expired_by_ttl) {
    ++found_.ttl_deletes;
    return false;
  }
  ++(record.event == dynamodb::StreamEvent::kRemove ? found_.deletes : found_.puts);
  found_.last_foreign = std::max(found_.last_foreign.value_or(record.created), record.created);
  std::erase(found_.some_keys, record.key_json);
  found_.some_keys.insert(found_.some_keys.begin(), std::string(record.key_json));
  if (found_.some_keys.size() > limits::kForeignKeysShown) found_.some_keys.pop_back();
  return true;
}

void TargetWatch::LogForeign() {
  int64_t all = 0, since = 0;
  {
    MutexLock lock(mutex_);
    const TimePoint now = Now();
    if (last_log_ && now - *last_log_ < limits::kForeignWriteLog) return;
    last_log_ = now;
    all = found_.puts + found_.deletes;
    since = all - std::exchange(logged_, all);
  }
  Log(LogLevel::kWarning, "foreign_write",
      "somebody else writes to the target; `ddbsync status` shows the keys",
      {{"writes", since}, {"since_start", all}});
}

void TargetWatch::NoteRead(Shard& shard) {
  shard.trouble.clear();
  if (std::exchange(shard.awaited, false)) reads_since_ = std::max(reads_since_, ServerNow());
}

void TargetWatch::NoteEnd(Shard& shard) {
  shard.reader = nullptr;
  shard.ended_at = ServerNow();
}

void TargetWatch::DropMark(const std::string& id, Shard& shard) {
  if (const auto mark = judged_.Of(id)) shard.judged_to = mark;
  judged_.Drop(id);
}

void TargetWatch::OnTip(const std::string& shard_id, WallTime since) {
  MutexLock lock(mutex_);
  NoteRead(shards_[shard_id]);
  judged_.OnTip(shard_id, since);
}

void TargetWatch::OnEnd(const std::string& shard_id) {
  Waker waker;
  {
    MutexLock lock(mutex_);
    Shard& shard = shards_[shard_id];
    NoteRead(shard);
    NoteEnd(shard);
    if (shard.has_child) return DropMark(shard_id, shard);
    waker = discovery_waker_;
  }
  discovery_->LookForChildren(shard_id);
  waker.Wake();
}

void TargetWatch::OnLoss(const std::string& shard_id, const Error& error) {
  std::shared_ptr<streams::ShardReader> reader;
  const bool goes_on = error.code == ErrorCode::kTrimmed;
  {
    MutexLock lock(mutex_);
    Shard& shard = shards_[shard_id];
    NoteRead(shard);
    found_.last_unknown = ServerNow();
    reader = shard.reader;
    if (!goes_on) {
      NoteEnd(shard);
      DropMark(shard_id, shard);
    }
  }
  Log(LogLevel::kWarning, "target_watch_loss",
      "records of the target's stream were gone before they were looked at",
      {{"shard", shard_id}, {"reason", error.message}});
  if (reader == nullptr) return;
  goes_on ? reader->RestartFromHorizon() : reader->Stop();
}

void TargetWatch::OnTrouble(const std::string& shard_id, const Error& error, int failures) {
  if (failures < 2) return;
  MutexLock lock(mutex_);
  shards_[shard_id].trouble = "shard " + shard_id + " cannot be read: " + ToString(error);
}

std::string TargetWatch::Trouble() const {
  if (!off_.empty()) return off_;
  if (!listing_trouble_.empty()) return listing_trouble_;
  for (const auto& [id, shard] : shards_) {
    if (!shard.trouble.empty()) return shard.trouble;
  }
  if (stopped_) return "the job has ended, or holds";
  const bool awaits =
      std::ranges::any_of(shards_, [](const auto& entry) { return entry.second.awaited; });
  return listed_ && !awaits ? "" : "the target's stream is not read yet";
}

std::optional<double> TargetWatch::LagSeconds() const {
  if (!off_.empty() || stopped_ || !listed_) return std::nullopt;
  const auto judged_to = judged_.Minimum();
  if (!judged_to) return std::nullopt;
  return std::max(0.0, std::chrono::duration<double>(ServerNow() - *judged_to).count());
}

JobStatus::Watch TargetWatch::Look() const {
  MutexLock lock(mutex_);
  JobStatus::Watch look = found_;
  look.wanted = true;
  look.reason = Trouble();
  look.watching = look.reason.empty();
  look.by_key_only = !parts_.own_writes.images();
  look.lag_seconds = LagSeconds();
  look.since = std::max(parts_.own_writes.since(), reads_since_);
  return look;
}

}  // namespace ddbsync::replicator
