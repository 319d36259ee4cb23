// The steps of a cut-over towards its end.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/planted_bug.h"
#include "cutover/cutover.h"
#include "cutover/limits.h"
#include "cutover/tools_internal.h"

namespace ddbsync::cutover {

using Kind = Progress::Kind;

Next Cutover::Forward(TimePoint now) {
  cutover::Step step;
  {
    MutexLock lock(mutex_);
    step = step_;
  }
  switch (step) {
    case Step::kPreparing:
      return Prepare(now);
    case Step::kFreezing:
      return StopWrites(now);
    case Step::kSealing:
      return Seal(now);
    case Step::kDraining:
      return Drain(now);
    case Step::kComparing:
      return Compare(now);
    default:
      return AwaitCommit(now);
  }
}

std::string Cutover::Obstacle(TimePoint now) const {
  using replicator::JobState;
  const replicator::JobStatus job = parts_.status();
  if (job.state != JobState::kFollowing) {
    return fmt::format("the job does not follow the source: {}{}{}", ToString(job.state),
                       job.reason.empty() ? "" : ", ", job.reason);
  }
  if (job.dead_letters > 0) return "the target refused an item; it is a dead letter";
  MutexLock lock(mutex_);
  if (deadline_ && now >= *deadline_) {
    return fmt::format("the time-out is over, at {}: {}", ToString(step_), doing_);
  }
  // A stray write is found by the stream that is drained, and by the trap in the one after it.
  const auto last = parts_.seam->LastChange();
  if (record_->frozen_at != WallTime{} && last &&
      *last > record_->frozen_at + limits::kFreezeSlack) {
    return "a write reached the source although writes were stopped";
  }
  return "";
}

Next Cutover::Prepare(TimePoint now) {
  Tools& tools = *tools_;
  const Record record = Recorded();
  if (!record.source_noted) {
    const Progress noted = NoteSource();
    if (auto pending = Pending(noted, now)) return *pending;
    return Enter(Step::kPreparing, "the source's stream and time to live are noted",
                 [](Record& noting) { noting.source_noted = true; });
  }
  if (!record.source_ttl.empty()) {
    if (!tools.ttl) {
      tools.ttl.emplace(tools.source_control, parts_.source.table, record.source_ttl, false);
    }
    if (auto pending = Pending(tools.ttl->Step(), now)) return *pending;
  }
  Options options;
  {
    MutexLock lock(mutex_);
    options = options_;
  }
  if (options.reverse && record.target_stream_arn.empty()) {
    if (!tools.target_stream) {
      tools.target_stream.emplace(parts_.target, "", dynamodb::StreamView::kNewAndOldImages);
    }
    if (auto pending = Pending(tools.target_stream->Step(), now)) return *pending;
    return Enter(Step::kPreparing, "the target has a stream, for the way back",
                 [&](Record& noting) { noting.target_stream_arn = tools.target_stream->arn(); });
  }
  if (!tools.may_write) {
    if (auto pending = Pending(tools.freeze->Prepare(now), now)) return *pending;
    tools.may_write = true;
    return Next::Now();
  }
  if (auto pending = Pending(CatchUpBefore(), now)) return *pending;
  {
    MutexLock lock(mutex_);
    deadline_ = now + options.timeout;
  }
  return Enter(Step::kFreezing, "writes are being stopped");
}

Progress Cutover::NoteSource() {
  Tools& tools = *tools_;
  if (!tools.described) {
    const std::string doing = "look at the source";
    const auto table = parts_.source.tables->DescribeTable(parts_.source.table);
    if (!table) return Progress::After(table.error(), doing);
    if (!table->stream_view) return Progress::Failed("the source's stream is off");
    tools.described = true;
    MutexLock lock(mutex_);
    if (options_.freeze == FreezeBy::kPolicy && !table->replicas.empty()) {
      return Progress::Failed(
          "the source is a global table: a policy of this region does not stop "
          "writes to its replicas. Stop them by a hook");
    }
    record_->stream_view = ToString(*table->stream_view);
    return Progress::Wait(Duration::zero(), doing);
  }
  const auto ttl = tools.source_control.DescribeTimeToLive(parts_.source.table);
  const bool unknown_there = !ttl && ttl.error().code == ErrorCode::kInvalid;
  if (!ttl && !unknown_there) return Progress::After(ttl.error(), "look at its time to live");
  MutexLock lock(mutex_);
  if (ttl) record_->source_ttl = ttl->attribute;
  return Progress::Done();
}

Progress Cutover::CatchUpBefore() {
  const auto lag = parts_.status().tail.lag_seconds;
  constexpr double kMost = std::chrono::duration<double>(limits::kLagBeforeFreeze).count();
  if (lag && *lag <= kMost && parts_.seam->Idle()) return Progress::Done();
  return Progress::Wait(limits::kDrainLook, "the target catches up before writes are stopped");
}

Next Cutover::StopWrites(TimePoint now) {
  if (tools_->manual != nullptr) {
    MutexLock lock(mutex_);
    if (confirmed_) tools_->manual->Confirm();
  }
  const Progress progress = tools_->freeze->Engage(now);
  const auto pending = Pending(progress, now);
  if (pending && progress.kind == Kind::kWait) {
    SetDoing(progress.text, /*asks_confirmation=*/tools_->manual != nullptr);
  }
  if (pending) return *pending;
  bool seals;
  {
    MutexLock lock(mutex_);
    seals = options_.drain == DrainBy::kSeal;
  }
  return Enter(seals ? Step::kSealing : Step::kDraining, "writes are stopped", [&](Record& record) {
    record.frozen_at = ServerNow();
    if (seals) record.sealed_at = record.frozen_at;
  });
}

Next Cutover::Seal(TimePoint now) {
  Tools& tools = *tools_;
  const Record record = Recorded();
  if (!tools.source_stream) {
    parts_.seam->ExpectEndOfStream(true);
    tools.source_stream.emplace(parts_.source, record.old_stream_arn, ViewOf(record));
  }
  if (auto pending = Pending(tools.source_stream->Step(), now)) return *pending;
  parts_.seam->ExpectEndOfStream(true);  // it is there to be seen now: writers wait for that
  return Enter(Step::kDraining, "the source's stream is ended; it has a new one",
               [&](Record& sealed) { sealed.new_stream_arn = tools.source_stream->arn(); });
}

Next Cutover::Drain(TimePoint now) {
  const Record record = Recorded();
  const bool sealed = checkpoint::Seals(record);
  bool drained = parts_.seam->Idle();
  if (sealed) {
    drained = drained && (parts_.seam->StreamEnded() || Planted(PlantedBug::kDrainedByEmptyPolls));
  } else {
    const auto watermark = parts_.status().tail.watermark;
    drained = drained && watermark && *watermark > record.frozen_at + limits::kQuietFor;
  }
  if (!drained) {
    SetDoing(sealed ? "the source's stream is read to its end"
                    : "waiting until nothing more comes from the source's stream");
    return Next::At(now + limits::kDrainLook);
  }
  bool compares;
  {
    MutexLock lock(mutex_);
    compares = ComparesAll(options_);
  }
  return Enter(compares ? Step::kComparing : Step::kReady,
               sealed ? "every change of the source is on the target"
                      : "nothing more came from the source; that is no proof, so all is compared",
               [&](Record& changed) { changed.drained_at = ServerNow(); });
}

Next Cutover::Compare(TimePoint now) {
  using Outcome = Comparison::Look::Outcome;
  if (!tools_->comparing) {
    if (auto begun = parts_.comparison->Begin(); !begun) {
      return TakeBack("cannot compare the tables: " + ToString(begun.error()));
    }
    tools_->comparing = true;
  }
  const Comparison::Look look = parts_.comparison->LookAtIt();
  switch (look.outcome) {
    case Outcome::kUnderWay:
      SetDoing("the tables are compared: " + look.text);
      return Next::At(now + limits::kDrainLook);
    case Outcome::kEqual:
      Keep(look.digests);
      return Enter(Step::kReady, "the tables are equal: " + look.text);
    case Outcome::kDifferent:
    case Outcome::kFailed:
      break;
  }
  return TakeBack(look.text);
}

Next Cutover::AwaitCommit(TimePoint now) {
  bool asked;
  {
    MutexLock lock(mutex_);
    asked = commit_asked_ || !options_.stop_before_commit;
  }
  if (!asked) {
    SetDoing("ready; `ddbsync cutover commit` commits it", false, /*asks_commit=*/true);
    return Next::At(now + limits::kConfirmLook);
  }
  if (auto pending = Pending(LookOnceMore(now), now)) return *pending;
  // Not one write of the job's own from here on: applications write to the target.
  parts_.seam->StopWriting();
  return Enter(Step::kCommitted, "committed: the target is the live table", [&](Record& record) {
    record.committed_at = ServerNow();
    if (!record.target_stream_arn.empty()) record.reverse_start = record.committed_at;
  });
}

Progress Cutover::LookOnceMore(TimePoint now) {
  Tools& tools = *tools_;
  if (!tools.still_frozen) {
    Progress progress = tools.freeze->Check(now);
    if (progress.kind != Kind::kDone) return progress;
    tools.still_frozen = true;
    return Progress::Wait(Duration::zero(), "look once more for stray writes");
  }
  const Record record = Recorded();
  if (!checkpoint::Seals(record)) return Progress::Done();
  if (!tools.trap) {
    tools.trap.emplace(*parts_.source.streams, record.new_stream_arn, parts_.schema);
  }
  return tools.trap->Step();
}

Next Cutover::Finish(TimePoint now) {
  Tools& tools = *tools_;
  const Progress marked = MarkTable();
  if (marked.kind != Kind::kDone) {
    SetDoing(marked.text);
    return Next::At(now + marked.pause);
  }
  const Record record = Recorded();
  if (!record.source_ttl.empty()) {
    if (!tools.ttl_back) {
      tools.ttl_back.emplace(tools.target_control, parts_.target.table, record.source_ttl, true);
    }
    const Progress ttl = tools.ttl_back->Step();
    if (ttl.kind == Kind::kWait) {
      SetDoing(ttl.text);
      return Next::At(now + ttl.pause);
    }
    if (ttl.kind == Kind::kFailed) Note(ttl.text + "; turn it on by hand");
  }
  return Enter(Step::kDone, "done");
}

Progress Cutover::MarkTable() {
  Tools& tools = *tools_;
  const auto judge = [&](const Result<void>& changed, bool& done, const std::string& doing) {
    Progress progress = changed ? Progress::Done() : Progress::After(changed.error(), doing);
    if (progress.kind == Kind::kWait) return progress;
    done = true;
    // The checkpoint says it as well; a server without tags, or keys that may not tag, lose that.
    if (progress.kind == Kind::kFailed) Note(progress.text);
    return Progress::Wait(Duration::zero(), doing);
  };
  const std::string key(replicator::kCutoverTag);
  if (!tools.target_marked) {
    const std::array tags = {dynamodb::Tag{key, parts_.source_arn}};
    return judge(tools.target_control.TagResource(parts_.target_arn, tags), tools.target_marked,
                 "mark the target as the live table");
  }
  if (!tools.source_unmarked) {
    return judge(tools.source_control.UntagResource(parts_.source_arn, std::array{key}),
                 tools.source_unmarked, "take that mark off the source");
  }
  return Progress::Done();
}

}  // namespace ddbsync::cutover
