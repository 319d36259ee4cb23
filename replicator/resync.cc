#include "replicator/resync.h"

#include <array>
#include <utility>

#include "base/log.h"
#include "base/planted_bug.h"

namespace ddbsync::replicator {
namespace {

constexpr std::array kSteps = {ResyncStep::kCopying, ResyncStep::kCounting, ResyncStep::kRemoving,
                               ResyncStep::kHeld};

std::string Rows(int64_t count) {
  return std::to_string(count) + (count == 1 ? " row" : " rows");
}

std::string Set(ResyncStep step) {
  return std::string(ToString(step));
}

}  // namespace

std::string_view ToString(ResyncStep step) {
  switch (step) {
    case ResyncStep::kNone:
      return "none";
    case ResyncStep::kCopying:
      return "copying";
    case ResyncStep::kCounting:
      return "counting";
    case ResyncStep::kRemoving:
      return "removing";
    case ResyncStep::kHeld:
      return "held";
  }
  return "unknown";
}

bool GapStands(const checkpoint::State& state) {
  const bool made_up_for = state.resync && checkpoint::IsUnderWay(*state.resync);
  return !state.gaps.empty() && !made_up_for;
}

checkpoint::ResyncRecord NewResync(const std::optional<checkpoint::ResyncRecord>& last,
                                   std::string_view cause, std::string reason, WallTime began) {
  const bool overtaken = last && last->completed == WallTime{};
  return {.number = last ? last->number + 1 : 1,
          .cause = std::string(cause),
          .reason = std::move(reason),
          .step = Set(ResyncStep::kCopying),
          .began = began,
          // The bound is for all that is removed until the target is equal.
          .removed_rows = overtaken ? last->removed_rows : 0};
}

Resync::Resync(std::optional<checkpoint::ResyncRecord> record, std::set<std::string> gaps,
               const MostExtra& most, checkpoint::Ledger& ledger, aws::ServerClock& server_clock)
    : most_(most),
      ledger_(ledger),
      server_clock_(server_clock),
      record_(std::move(record)),
      gaps_(std::move(gaps)) {
  if (!record_ || Step() != ResyncStep::kHeld) return;
  record_->most_rows = most_.Of(record_->target_rows);
  if (record_->removed_rows + record_->extra_rows <= record_->most_rows) {
    record_->step = Set(ResyncStep::kCounting);  // durable with the next change
  }
}

void Resync::RecordGap(const std::string& shard_id, const std::string& reason) {
  checkpoint::Batch batch;
  checkpoint::PutGap(batch,
                     {.shard_id = shard_id, .reason = reason, .detected_at = server_clock_.Now()});
  MutexLock lock(mutex_);
  gaps_.insert(shard_id);
  if (UnderWay()) {
    record_->again = true;
    checkpoint::PutResync(batch, *record_);
  }
  ledger_.Stage(std::move(batch));
}

int64_t Resync::gaps() const {
  MutexLock lock(mutex_);
  return static_cast<int64_t>(gaps_.size());
}

void Resync::Look(bool copied, std::optional<WallTime> watermark) {
  MutexLock lock(mutex_);
  if (!copied || !UnderWay() || consistent_) return;
  if (!copied_at_) copied_at_ = server_clock_.Now();
  consistent_ = watermark && *watermark > *copied_at_;
}

bool Resync::consistent() const {
  MutexLock lock(mutex_);
  return consistent_;
}

ResyncStep Resync::step() const {
  MutexLock lock(mutex_);
  return Step();
}

ResyncStep Resync::Step() const {
  if (!UnderWay()) return ResyncStep::kNone;
  for (const ResyncStep step : kSteps) {
    if (record_->step == ToString(step)) return step;
  }
  return ResyncStep::kCopying;
}

std::optional<checkpoint::ResyncRecord> Resync::record() const {
  MutexLock lock(mutex_);
  return record_;
}

std::string Resync::Reason() const {
  MutexLock lock(mutex_);
  const ResyncStep step = Step();
  if (step == ResyncStep::kNone) return "";
  const std::string why = record_->cause == "gap"
                              ? "resync after changes were lost (" + record_->reason + "): "
                              : "the target was not empty (--mirror): ";
  if (step == ResyncStep::kHeld) return why + HeldReason();
  if (!copied_at_) return why + "everything is copied again";
  if (!consistent_) return why + "waiting until the changes made during the copy are applied";
  const std::string trouble = trouble_.empty() ? "" : "; " + trouble_;
  if (step == ResyncStep::kRemoving) {
    return why + "removing " + Rows(record_->extra_rows) + " that only the target has, " +
           std::to_string(record_->removed_rows) + " asked for so far" + trouble;
  }
  return why + "counting the rows that only the target has" + trouble;
}

std::string Resync::HeldReason() const {
  const int64_t all = record_->removed_rows + record_->extra_rows;
  std::string text = Rows(record_->extra_rows) + " of " + std::to_string(record_->target_rows) +
                     " are only on the target";
  // Keys are not named here: a reason is logged.
  if (!record_->some_keys.empty()) text += " (`ddbsync status` names some)";
  if (record_->removed_rows > 0) {
    text += ", besides " + std::to_string(record_->removed_rows) + " removed already";
  }
  return text + "; at most " + std::to_string(record_->most_rows) +
         " are removed unasked, so no more are. Changes are still followed. To have them removed, "
         "stop, and start with --most-extra " +
         std::to_string(all);
}

void Resync::StageRecord() {
  checkpoint::Batch batch;
  checkpoint::PutResync(batch, *record_);
  ledger_.Stage(std::move(batch));
}

void Resync::BeginCounting() {
  MutexLock lock(mutex_);
  if (!UnderWay()) return;
  record_->step = Set(ResyncStep::kCounting);
  StageRecord();
}

void Resync::NoteCount(int64_t target_rows, int64_t extra_rows, std::string some_keys) {
  MutexLock lock(mutex_);
  if (!UnderWay()) return;
  record_->target_rows = target_rows + record_->removed_rows;
  record_->extra_rows = extra_rows;
  record_->some_keys = std::move(some_keys);
  record_->most_rows = most_.Of(record_->target_rows);
  const bool few = record_->removed_rows + extra_rows <= record_->most_rows;
  record_->step = Set(few ? ResyncStep::kRemoving : ResyncStep::kHeld);
  StageRecord();
  if (!few) Log(LogLevel::kError, "resync_held", HeldReason());
}

bool Resync::TakeRemoval() {
  MutexLock lock(mutex_);
  if (Step() != ResyncStep::kRemoving || record_->removed_rows >= record_->most_rows) return false;
  ++record_->removed_rows;
  StageRecord();
  return true;
}

bool Resync::RemovalsExhausted() const {
  MutexLock lock(mutex_);
  return Step() != ResyncStep::kRemoving || record_->removed_rows >= record_->most_rows;
}

void Resync::NoteTrouble(std::string trouble) {
  MutexLock lock(mutex_);
  trouble_ = std::move(trouble);
}

void Resync::Complete() {
  MutexLock lock(mutex_);
  if (!UnderWay()) return;
  record_->completed = server_clock_.Now();
  record_->some_keys.clear();
  checkpoint::Batch batch;
  checkpoint::PutResync(batch, *record_);
  for (const std::string& shard_id : gaps_) checkpoint::DeleteGap(batch, shard_id);
  gaps_.clear();
  ledger_.Stage(std::move(batch));
  Log(LogLevel::kInfo, "resync_complete", "the target is in step again",
      {{"removed_rows", record_->removed_rows}});
}

}  // namespace ddbsync::replicator
