// What a cut-over asks of a LiveJob: the end of its stream, and another one to follow.
#include <utility>

#include "base/log.h"
#include "base/planted_bug.h"
#include "replicator/live_job.h"

namespace ddbsync::replicator {

void LiveJob::ExpectEndOfStream(bool expected) {
  end_of_stream_expected_ = expected;
  if (expected) tail_->ListSoon();
}

void LiveJob::NoteWritesResume(WallTime since) {
  if (!wants_tail()) return;
  tail_->NoteWritesResume(since);
  tail_look_.Forget();
}

bool LiveJob::StreamEnded() const {
  return wants_tail() && tail_->Ended();
}

std::optional<WallTime> LiveJob::LastChange() const {
  return wants_tail() ? tail_->last_change() : std::nullopt;
}

bool LiveJob::Idle() const {
  return copied() && rechecks_.count() == 0 && gate_.in_flight() == 0;
}

void LiveJob::FollowFrom(std::string stream_arn, WallTime since, checkpoint::Batch with) {
  DDBSYNC_CHECK(StreamEnded() || Planted(PlantedBug::kNewStreamBeforeOldIsDrained));
  Log(LogLevel::kInfo, "next_stream", stream_arn);
  MutexLock lock(mutex_);
  next_stream_ = {std::move(stream_arn), since, std::move(with)};
}

checkpoint::Batch LiveJob::SwitchOfStream() const {
  MutexLock lock(mutex_);
  if (!next_stream_) return {};
  checkpoint::Batch batch = next_stream_->with;
  checkpoint::JobRecord record = point_.record;
  record.stream_arn = next_stream_->arn;
  record.start_time = next_stream_->since;
  checkpoint::PutJob(batch, record);
  for (const std::string& shard : tail_->RecordedShards()) checkpoint::DeleteShard(batch, shard);
  return batch;
}

}  // namespace ddbsync::replicator
