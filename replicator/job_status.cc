// What a LiveJob looks like from outside: one consistent look for /metrics, /api and the terminal.
#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "base/version.h"
#include "replicator/account_capacity.h"
#include "replicator/limits.h"
#include "replicator/live_job.h"
#include "streams/limits.h"

namespace ddbsync::replicator {
namespace {

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

JobStatus LiveJob::Status() const {
  const TimePoint now = Now();
  JobStatus status;
  status.job_id = options_.job_id;
  status.version = Version();
  status.source_arn = point_.source.arn;
  status.target_arn = point_.target.arn;
  status.stream_arn = point_.record.stream_arn;
  status.started_at = started_at_;
  status.now = server_clock().Now();
  if (wants_backfill()) FillBackfill(status, now);
  const Tail::Progress tail = LookAtTail(now);
  if (wants_tail()) FillTail(status, tail);
  FillWrites(status);
  if (target_watch_ != nullptr) status.watch = target_watch_->Look();
  FillHealth(status, tail, now);
  return status;
}

Tail::Progress LiveJob::LookAtTail(TimePoint now) const {
  if (!wants_tail()) return {};
  return tail_look_.Get(now, [this] { return tail_->GetProgress(); });
}

std::vector<ShardStatus> LiveJob::Shards() const {
  if (!wants_tail()) return {};
  return shards_look_.Get(Now(), [this] { return tail_->Shards(); });
}

streams::ShardFamily LiveJob::Family(size_t most) const {
  if (!wants_tail()) return {};
  const auto take = [this, most] { return std::pair(most, tail_->Family(most)); };
  const auto fits = [most](const auto& look) { return look.first == most; };
  return family_look_.Get(Now(), take, fits).second;
}

namespace {

std::optional<double> SharedRate(const CapacityBucket& bucket) {
  return bucket.shared() == nullptr ? std::nullopt : bucket.shared()->rate();
}

}  // namespace

void LiveJob::FillBackfill(JobStatus& status, TimePoint now) const {
  const Backfill::Progress progress = backfill_->GetProgress();
  auto& backfill = status.backfill;
  backfill.wanted = true;
  backfill.complete = progress.complete;
  backfill.segments = progress.segments;
  backfill.segments_open = progress.open;
  backfill.segments_finished = progress.finished;
  backfill.items_read = progress.items_read;
  const Dealer::Settled settled = dealer_->settled();
  backfill.items_written = progress.items_written_before + settled.written;
  backfill.items_fenced = progress.items_fenced_before + settled.fenced;
  backfill.bytes_read = progress.bytes_read;
  SegmentLanes::Throttled throttled = dealer_->LookForThrottles(now);
  backfill.segments_waiting = throttled.waiting;
  backfill.throttled_segments = static_cast<int>(throttled.segments.size());
  throttled.segments.resize(std::min(throttled.segments.size(), limits::kThrottledNamed));
  backfill.throttled_segment_numbers = std::move(throttled.segments);
  backfill.items_expected = std::max(point_.source.item_count, progress.items_read);
  {
    MutexLock lock(mutex_);
    if (rate_samples_.size() >= 2) {
      const RateSample& first = rate_samples_.front();
      const RateSample& last = rate_samples_.back();
      const double seconds = std::max(Seconds(last.time - first.time), 0.05);
      const auto items = static_cast<double>(last.items_settled - first.items_settled);
      backfill.items_per_second = std::max(0.0, items / seconds);
    }
  }
  if (progress.complete) {
    backfill.progress = 1.0;
    backfill.items_expected = progress.items_read;
    return;
  }
  // The table's own count is hours old and may be zero; finished segments are exact but coarse.
  const double by_segments = static_cast<double>(progress.finished) / progress.segments;
  const int64_t done =
      std::min(progress.items_settled_before + settled.total(), backfill.items_expected);
  const double by_items =
      backfill.items_expected > 0
          ? static_cast<double>(done) / static_cast<double>(backfill.items_expected)
          : 0.0;
  constexpr double kAlmost = 0.999;  // done is what `complete` says, not an estimate
  backfill.progress = std::min(kAlmost, point_.source.item_count > 0 ? by_items : by_segments);
  const double elapsed = Seconds(now - constructed_at_);
  if (*backfill.progress >= limits::kEtaFloor && backfill.items_per_second > 0 && elapsed > 1) {
    const auto left = static_cast<double>(backfill.items_expected - done);
    backfill.eta_seconds = left / backfill.items_per_second;
  }
}

void LiveJob::FillTail(JobStatus& status, const Tail::Progress& progress) const {
  auto& tail = status.tail;
  tail.wanted = true;
  tail.shards_reading = progress.shards.reading;
  tail.shards_waiting = progress.shards.waiting;
  tail.shards_finished = progress.shards.finished;
  tail.inserts = counters_.inserts;
  tail.modifies = counters_.modifies;
  tail.removes = counters_.removes;
  tail.polls_records = progress.polls_records;
  tail.polls_empty = progress.polls_empty;
  tail.polls_failed = progress.polls_failed;
  tail.watermark = progress.watermark;
  if (tail.watermark) {
    tail.lag_seconds = std::max(0.0, Seconds(status.now - *tail.watermark));
    tail.headroom_seconds = Seconds(limits::kRetention) - *tail.lag_seconds;
  }
  // What the stream says is of the copy that is being made: it was behind by what was lost.
  if (resync_.under_way() && !resync_.consistent()) {
    tail.watermark.reset();
    tail.lag_seconds.reset();
  }
  MutexLock lock(mutex_);
  if (rate_samples_.size() < 2) return;
  const RateSample& first = rate_samples_.front();
  const RateSample& last = rate_samples_.back();
  tail.records_per_second = static_cast<double>(last.records - first.records) /
                            std::max(Seconds(last.time - first.time), 0.05);
}

void LiveJob::FillWrites(JobStatus& status) const {
  auto& writes = status.writes;
  writes.puts_ok = counters_.puts_ok;
  writes.deletes_ok = counters_.deletes_ok;
  writes.unprocessed = counters_.unprocessed;
  writes.throttled = counters_.throttled;
  writes.failed = counters_.failed;
  writes.ambiguous = counters_.ambiguous;
  writes.in_flight = write_limit_.in_flight();
  writes.tail_in_flight = counters_.tail_writes_in_flight;
  writes.in_flight_limit = write_limit_.limit();
  status.source_read_units = counters_.source_read_units;
  status.target_write_units = counters_.target_write_units;
  status.held_seconds = held_.Totals();
  status.queue_bytes = credit_.used();
  FillResync(status);
  status.rechecks = rechecks_.count();
  status.dead_letters = dead_letters_.count();
  status.tail_paused = tail_paused_;
  status.limits = {.read_capacity = read_capacity_.rate(),
                   .write_capacity = write_capacity_.rate(),
                   .account_read_capacity = SharedRate(read_capacity_),
                   .account_write_capacity = SharedRate(write_capacity_),
                   .in_flight = write_limit_.most(),
                   .poll_interval_seconds = Seconds(poll_interval_)};
}

void LiveJob::FillResync(JobStatus& status) const {
  status.gaps = resync_.gaps();
  const ResyncStep step = resync_.step();
  const auto record = resync_.record();
  if (step == ResyncStep::kNone || !record) return;
  JobStatus::Resync& resync = status.resync;
  resync.step = ToString(step);
  resync.cause = record->cause;
  resync.target_rows = record->target_rows;
  resync.extra_rows = record->extra_rows;
  resync.removed_rows = record->removed_rows;
  resync.most_rows = record->most_rows;
  std::istringstream keys(record->some_keys);
  for (std::string key; std::getline(keys, key);) resync.some_keys.push_back(key);
}

void LiveJob::FillHealth(JobStatus& status, const Tail::Progress& progress, TimePoint now) const {
  const auto commits = committer_->Status();
  status.checkpoint_age_seconds = Seconds(now - std::max(commits.last_ok, constructed_at_));
  status.commits_ok = commits.commits_ok;
  status.commits_failed = commits.commits_failed;
  status.degraded = status.dead_letters > 0;
  status.last_warning = health_.last_warning();
  const std::string standstill = Standstill(progress, now);
  const std::string trouble = health_.Reason(now);
  // Not what the conductor noted last: its note is older than the figures beside it.
  const JobState running = RunningState(!wants_backfill() || status.backfill.complete, now);
  const Hold hold = HeldBack(status, now);

  // It comes on top: what is repaired is why the copy waits, trouble is why that takes long.
  const std::string repairs = hold.by == Bottleneck::kRepairs ? "; the copy is " + hold.why : "";

  const std::string resync = resync_.Reason();

  MutexLock lock(mutex_);
  const bool runs = state_ != JobState::kStarting && state_ != JobState::kStopping && !ended_;
  status.state = runs ? running : state_;
  if (!gap_reason_.empty()) {
    status.reason =
        "changes were lost: " + gap_reason_ + ". Nothing is written any more. " + GapRemedy();
  } else if (state_ == JobState::kStopping || ended_) {
    status.reason = end_reason_;
  } else if (commits.last_error) {
    status.reason = "the checkpoint cannot be written: " + ToString(*commits.last_error);
  } else if (!standstill.empty()) {
    status.reason = standstill + (trouble.empty() ? "" : "; " + trouble) + repairs;
  } else if (status.state == JobState::kSettling) {
    status.reason = "waiting until writes of the stop that was not clean can land no more";
  } else if (!resync.empty() && status.state != JobState::kPaused) {
    status.reason = resync + (trouble.empty() ? "" : "; " + trouble) + repairs;
  } else if (!trouble.empty()) {
    status.reason = trouble + repairs;
  } else if (status.state == JobState::kPaused) {
    status.reason = status.tail_paused ? "paused as asked, following too; `ddbsync resume` goes on"
                                       : "paused as asked; changes are still followed; "
                                         "`ddbsync resume` goes on";
  } else {
    status.reason = hold.why;
  }
  const bool at_work = status.state == JobState::kCopying || status.state == JobState::kFollowing ||
                       status.state == JobState::kResync;
  if (at_work) status.bottleneck = hold.by;
  const bool going = status.state == JobState::kCopying || status.state == JobState::kFollowing ||
                     status.state == JobState::kSettling || status.state == JobState::kPaused;
  status.ready = going && standstill.empty() && gap_reason_.empty() && resync.empty();
  if (status.reason.empty() && status.degraded) {
    status.reason = "the target refuses some items; see `ddbsync checkpoint show`";
  }
}

std::string LiveJob::GapRemedy() const {
  if (recreated_) {
    return "The source is another table now, which no resync makes up for: copy it into an empty "
           "table with another --state";
  }
  if (!point_.waits_for.empty()) return "Because of --on-gap resync " + point_.waits_for;
  if (options_.on_gap == OnGap::kResync) return "It begins again (--on-gap resync)";
  if (!wants_backfill()) return "Load again, and follow with another --state";
  return "To copy again into the same table, stop, and start with --on-gap resync; or copy into an "
         "empty table with another --state";
}

JobState LiveJob::RunningState(bool copied, TimePoint now) const {
  {
    MutexLock lock(mutex_);
    if (!gap_reason_.empty()) return JobState::kGap;
  }
  if (now < gate_.opens()) return JobState::kSettling;
  if (backfill_paused_) return JobState::kPaused;
  if (resync_.under_way()) return JobState::kResync;
  return copied ? JobState::kFollowing : JobState::kCopying;
}

LiveJob::Hold LiveJob::HeldBack(const JobStatus& status, TimePoint now) const {
  const bool copying = wants_backfill() && !status.backfill.complete;
  const bool behind = status.tail.lag_seconds > Seconds(limits::kBehind);
  if (!copying && !behind) return {};
  if (auto hold = HeldByLimit(copying, now)) return *std::move(hold);
  const TimePoint recently = now - limits::kRecently;
  if (copying && rechecks_.Full()) {
    return {Bottleneck::kRepairs, "held until writes of unknown outcome are repaired, " +
                                      std::to_string(rechecks_.count()) + " keys"};
  }
  if (std::string some = ThrottledText(status.backfill); copying && !some.empty()) {
    return {Bottleneck::kTargetWrites, std::move(some)};
  }
  if (write_limit_.last_throttled() > recently) {
    return {Bottleneck::kTargetWrites, "the target throttles writes"};
  }
  if (write_limit_.late()) {
    return {Bottleneck::kTargetWrites, "the target does not answer in time"};
  }
  if (copying && scan_limit_.last_throttled() > recently) {
    return {Bottleneck::kSourceReads, "the source throttles reads"};
  }
  if (copying && scan_limit_.late()) {
    return {Bottleneck::kSourceReads, "the source does not answer in time"};
  }
  if (ProcessorsAreBusy()) {
    return {Bottleneck::kProcessor,
            "ddbsync uses all of " + std::to_string(options_.processors) + " processors"};
  }
  if (!copying) return {};
  if (!dealer_->HasItemsWaiting()) {
    return {Bottleneck::kSourceReads, "waiting for source reads"};
  }
  if (write_limit_.in_flight() >= write_limit_.limit()) {
    return {Bottleneck::kTargetWrites,
            "waiting for target writes, " + std::to_string(write_limit_.limit()) + " in flight"};
  }
  return {};
}

std::optional<LiveJob::Hold> LiveJob::HeldByLimit(bool copying, TimePoint now) const {
  const TimePoint recently = now - limits::kRecently;
  if (write_capacity_.last_refused() > recently) {
    return Hold{Bottleneck::kLimit, write_capacity_.refused_by_shared()
                                        ? "held by the limit account-write-capacity"
                                        : "held by the limit write-capacity"};
  }
  if (read_capacity_.last_refused() > recently) {
    if (read_capacity_.refused_by_shared()) {
      return Hold{Bottleneck::kLimit, "held by the limit account-read-capacity"};
    }
    const auto rate = read_capacity_.rate();
    const bool is_default = !options_.read_capacity && rate == point_.source.read_units / 2;
    return Hold{Bottleneck::kLimit, is_default ? "held to half of the source's provisioned reads "
                                                 "(read-capacity)"
                                               : "held by the limit read-capacity"};
  }
  const auto most = write_limit_.most();
  if (copying && most && write_limit_.in_flight() >= *most) {
    return Hold{Bottleneck::kLimit, "held by the limit in-flight"};
  }
  return std::nullopt;
}

bool LiveJob::ProcessorsAreBusy() const {
  MutexLock lock(mutex_);
  if (!options_.processor_time || rate_samples_.size() < 2) return false;
  const RateSample& first = rate_samples_.front();
  const RateSample& last = rate_samples_.back();
  const double available = Seconds(last.time - first.time) * options_.processors;
  return Seconds(last.processor_time - first.processor_time) >= limits::kBusy * available;
}

std::string LiveJob::Standstill(const Tail::Progress& tail, TimePoint now) const {
  static_assert(limits::kStandstill > ddbsync::limits::kWholeListingPause,
                "a quiet tail's listings are progress");
  const TimePoint limit = now - limits::kStandstill;
  if (wants_tail() && !tail_paused_ && tail.last_progress < limit) {
    return "the tail has stood still for over a minute";
  }
  const TimePoint committed = std::max(committer_->Status().last_ok, constructed_at_);
  if (committed < limit) return "the checkpoint has not been written for over a minute";
  if (wants_backfill() && !backfill_paused_) {
    const Backfill::Progress backfill = backfill_->GetProgress();
    const TimePoint begun = std::max(backfill.last_settled, gate_.opens());
    if (!backfill.complete && begun < limit) return "the copy has stood still for over a minute";
  }
  return "";
}

}  // namespace ddbsync::replicator
