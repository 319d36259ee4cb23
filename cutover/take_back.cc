// The steps by which a cut-over that was not committed is taken back. None of them gives up: the
// source's writers wait.
#include <utility>

#include "base/log.h"
#include "base/planted_bug.h"
#include "cutover/cutover.h"
#include "cutover/journal.h"
#include "cutover/limits.h"
#include "cutover/tools_internal.h"

namespace ddbsync::cutover {

using Kind = Progress::Kind;

Next Cutover::TakeBack(const std::string& reason) {
  Tools& tools = *tools_;
  const Record record = Recorded();
  if (tools.comparing) parts_.comparison->Stop();
  Log(LogLevel::kWarning, "cutover_taken_back", reason);
  // This process knows whether it asked for the stream's end: it does not where writes are found to
  // get through. One that found the record does not know, and ends it: writes are still stopped.
  bool began_here;
  {
    MutexLock lock(mutex_);
    began_here = began_here_;
  }
  const bool asked = tools.source_stream && tools.source_stream->began();
  const bool spared =
      began_here && checkpoint::Seals(record) && record.new_stream_arn.empty() && !asked;
  if (spared) parts_.seam->ExpectEndOfStream(false);
  const bool sealed = checkpoint::Seals(record) && !spared;
  // Strays may have come since the old stream's end.
  if (sealed) parts_.seam->NoteWritesResume(record.sealed_at);
  return Enter(sealed && record.new_stream_arn.empty() ? Step::kRestoring : Step::kThawing,
               "taken back: " + reason, [&](Record& changed) {
                 changed.reason = reason;
                 if (spared) changed.sealed_at = {};
               });
}

Next Cutover::Restore(TimePoint now) {
  Tools& tools = *tools_;
  if (Planted(PlantedBug::kThawBeforeNewStream) && tools.freeze->Lift(now).kind != Kind::kDone) {
    return Next::At(now + limits::kProbePause);
  }
  const Record record = Recorded();
  if (!tools.source_stream) {
    parts_.seam->ExpectEndOfStream(true);
    tools.source_stream.emplace(parts_.source, record.old_stream_arn, ViewOf(record));
  }
  const Progress progress = tools.source_stream->Step();
  if (progress.kind != Kind::kDone) {
    SetDoing("the source gets a stream again before its writers go on: " + progress.text);
    return Next::At(now +
                    (progress.kind == Kind::kWait ? progress.pause : Duration(limits::kThawRetry)));
  }
  parts_.seam->ExpectEndOfStream(true);
  return Enter(Step::kThawing, "the source has a new stream",
               [&](Record& changed) { changed.new_stream_arn = tools.source_stream->arn(); });
}

Next Cutover::Thaw(TimePoint now) {
  const Progress progress = tools_->freeze->Lift(now);
  if (progress.kind != Kind::kDone) {
    SetDoing(progress.text);
    return Next::At(now + progress.pause);
  }
  const bool sealed = checkpoint::Seals(Recorded());
  bool hook_is_gone;
  {
    MutexLock lock(mutex_);
    hook_is_gone = options_.freeze == FreezeBy::kHook && parts_.hook == nullptr;
  }
  return Enter(sealed ? Step::kCatchingUp : Step::kRolledBack,
               hook_is_gone ? "NOBODY LET THE WRITERS IN: the hook that stopped them is not "
                              "configured any more; do it by hand"
                            : "writers may go on",
               [&](Record& record) {
                 record.thawed_at = ServerNow();
                 record.source_ttl_owed = !record.source_ttl.empty();
               });
}

Next Cutover::CatchUp(TimePoint now) {
  if (!parts_.seam->StreamEnded() && !Planted(PlantedBug::kNewStreamBeforeOldIsDrained)) {
    SetDoing("the rest of the old stream is applied before the new one is followed");
    return Next::At(now + limits::kDrainLook);
  }
  Record record = Recorded();
  {
    // In this process it goes on to look as it does now: the job is opened again.
    MutexLock lock(mutex_);
    AddEvent("the job goes on with the source's new stream");
    // Nothing was let in then as far as the freeze is known to have acted; no stream can say so.
    AddEvent(
        "for a moment the source had no stream: before the next cut-over `ddbsync verify "
        "--repair --delete-extra` proves that nothing was written then, or mends it");
    record.step = ToString(Step::kRolledBack);
    record.report = ReportToText(report_);
  }
  checkpoint::Batch batch;
  checkpoint::PutCutover(batch, record);
  parts_.seam->FollowFrom(record.new_stream_arn, record.sealed_at, std::move(batch));
  return Next::Done();
}

Next Cutover::PayTtl(TimePoint now) {
  const Record record = Recorded();
  if (!record.source_ttl_owed) return Next::WhenWoken();
  Tools& tools = *tools_;
  if (!tools.ttl_back) {
    tools.ttl_back.emplace(tools.source_control, parts_.source.table, record.source_ttl, true);
  }
  const Progress progress = tools.ttl_back->Step();
  if (progress.kind != Kind::kDone) {
    SetDoing(progress.text);
    return Next::At(now +
                    (progress.kind == Kind::kWait ? progress.pause : Duration(limits::kTtlRetry)));
  }
  Enter(Step::kRolledBack, "the source's time to live is on again",
        [](Record& paid) { paid.source_ttl_owed = false; });
  return Next::Now();
}

}  // namespace ddbsync::cutover
