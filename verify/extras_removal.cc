#include "verify/extras_removal.h"

#include <utility>

#include "base/log.h"
#include "verify/limits.h"

namespace ddbsync::verify {

using replicator::ResyncStep;

Next ExtrasRemoval::Step(TimePoint now) {
  if (run_ == nullptr) return Begin(now);
  if (run_->ended()) return OnEnd(now);
  if (removes_ && resync_.RemovalsExhausted()) run_->Stop();
  return Next::At(now + limits::kRemovalLook);
}

Next ExtrasRemoval::Begin(TimePoint now) {
  const ResyncStep step = resync_.step();
  const bool to_do = step != ResyncStep::kNone && step != ResyncStep::kHeld;
  if (!to_do || parts_.job.live_copy().ending()) return Next::Done();
  if (!resync_.consistent() || !earlier_.expired()) return Next::At(now + limits::kRemovalLook);
  removes_ = step == ResyncStep::kRemoving;
  if (!removes_) resync_.BeginCounting();
  if (const auto opened = Open(removes_); !opened) {
    Log(LogLevel::kWarning, "removal_not_begun", ToString(opened.error()));
    resync_.NoteTrouble(ToString(opened.error()));
    return Next::At(parts_.clock.Now() + limits::kRemovalRetry);
  }
  return Next::At(parts_.clock.Now() + limits::kRemovalLook);
}

Result<void> ExtrasRemoval::Open(bool removes) {
  if (store_ == nullptr) {
    auto store = parts_.open_store();
    if (!store) return std::unexpected(std::move(store.error()));
    store_ = *std::move(store);
  }
  // Counted is what is there now; only a removal goes on where one before it was.
  const bool goes_on = removes && std::exchange(goes_on_, false);
  Options options{.form = Form::kLive,
                  .repair = removes,
                  .delete_extra = removes,
                  .extras_only = true,
                  .anew = !goes_on,
                  .memory_bytes = parts_.memory_bytes,
                  .settle = parts_.settle};
  auto opened = Verification::Open(options, {.executor = parts_.executor,
                                             .source = parts_.source,
                                             .target = parts_.target,
                                             .store = store_,
                                             .copy = &copy_,
                                             .changes_per_second = 0,
                                             .read_capacity = std::nullopt,
                                             .clock = parts_.clock});
  if (!opened) return std::unexpected(std::move(opened.error().front()));
  if (auto started = (*opened)->Start(); !started) return started;
  resync_.NoteTrouble("");
  run_ = *std::move(opened);
  return {};
}

Next ExtrasRemoval::OnEnd(TimePoint now) {
  const Status status = run_->GetStatus();
  const bool whole = status.outcome == Outcome::kEqual || status.outcome == Outcome::kDifferent;
  if (whole && !removes_) NoteCount(status);
  earlier_ = run_;
  run_.reset();
  if (!whole) {
    // Stopped because the bound was reached, or because the job ends; or it failed.
    if (removes_ && resync_.RemovalsExhausted()) resync_.BeginCounting();
    if (status.outcome == Outcome::kStopped) return Next::At(now + limits::kRemovalLook);
    resync_.NoteTrouble(status.reason);
    return Next::At(now + limits::kRemovalRetry);
  }
  // A key that changed at every look is the tail's: it follows each of those changes.
  if (status.standing() == 0) {
    resync_.Complete();
    return Next::Done();
  }
  if (!removes_) return Next::At(now + limits::kRemovalLook);
  // Somebody wrote them again, or the target refused: how many are there now?
  resync_.BeginCounting();
  return Next::At(now + limits::kRemovalRetry);
}

void ExtrasRemoval::NoteCount(const Status& status) {
  if (status.standing() == 0) return;
  std::string keys;
  for (const Difference& difference : run_->List(limits::kExtrasNamed, Duration::zero())) {
    keys.append(keys.empty() ? "" : "\n").append(difference.key_json);
  }
  resync_.NoteCount(status.target.items, status.standing(), std::move(keys));
}

}  // namespace ddbsync::verify
