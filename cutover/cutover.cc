#include "cutover/cutover.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/planted_bug.h"
#include "cutover/journal.h"
#include "cutover/limits.h"
#include "cutover/tools_internal.h"

namespace ddbsync::cutover {

Cutover::Cutover(Parts parts, const std::optional<Record>& found) : parts_(std::move(parts)) {
  if (!found) return;
  const auto status = StatusOf(*found);
  DDBSYNC_CHECK(status.has_value());
  number_ = found->number;
  record_ = *found;
  options_ = status->options;
  step_ = status->step;
  report_ = status->report;
  const bool interrupted = !Committed(step_) && !TakesBack(step_);
  if (interrupted) abort_ = "the process that carried it out ended";
}

Cutover::~Cutover() = default;

void Cutover::Attach(Waker waker) {
  {
    MutexLock lock(mutex_);
    own_waker_ = waker;
  }
  Task::Attach(std::move(waker));
}

Next Cutover::Step(TimePoint now) {
  cutover::Step step;
  std::string abort;
  {
    MutexLock lock(mutex_);
    if (!record_) return parts_.seam == nullptr ? Next::Done() : Next::WhenWoken();
    // What was decided is durable before anything of it is done.
    if (!parts_.ledger.IsDurable(ticket_)) {
      parts_.ledger.WakeWhenDurable(ticket_, waker());
      return Next::WhenWoken();
    }
    if (std::exchange(anew_, false)) tools_ = nullptr;
    step = step_;
    abort = abort_;
  }
  if (tools_ == nullptr) tools_ = MakeTools();
  switch (step) {
    case Step::kCommitted:
      return Finish(now);
    case Step::kRestoring:
      return Restore(now);
    case Step::kThawing:
      return Thaw(now);
    case Step::kCatchingUp:
      return CatchUp(now);
    case Step::kRolledBack:
      return PayTtl(now);
    case Step::kDone:
      return parts_.seam == nullptr ? Next::Done() : Next::WhenWoken();
    default:
      break;
  }
  if (abort.empty()) abort = Obstacle(now);
  return abort.empty() ? Forward(now) : TakeBack(abort);
}

Result<void> Cutover::Begin(const Options& options, std::vector<Gate> gates) {
  DDBSYNC_CHECK(parts_.seam != nullptr);
  Waker waker;
  {
    MutexLock lock(mutex_);
    if (record_ && Committed(step_)) {
      return Fail(ErrorCode::kConflict, "the cut-over of this job is committed already");
    }
    if (record_ && !Ended(step_)) {
      return Fail(ErrorCode::kConflict,
                  fmt::format("a cut-over is under way ({}); `ddbsync cutover status` shows it",
                              ToString(step_)));
    }
    if (record_ && record_->source_ttl_owed) {
      return Fail(ErrorCode::kConflict,
                  "the source's time to live, which the last cut-over turned off, is not on again "
                  "yet: the service takes one change an hour");
    }
    if (options.freeze == FreezeBy::kHook && parts_.hook == nullptr) {
      return Fail(ErrorCode::kInvalid,
                  "no hook is configured: set cutover_hook where the job is "
                  "started, or choose another --freeze");
    }
    options_ = options;
    step_ = Step::kPreparing;
    record_.emplace();
    record_->number = ++number_;
    record_->options = OptionsToText(options);
    record_->began = ServerNow();
    record_->old_stream_arn = parts_.status().stream_arn;
    report_ = {.events = {}, .gates = std::move(gates), .digests = {}};
    abort_.clear();
    deadline_.reset();
    anew_ = began_here_ = true;
    confirmed_ = commit_asked_ = false;
    AddEvent(fmt::format("begun: freeze by {}, drain by {}", ToString(options.freeze),
                         ToString(options.drain)));
    Stage();
    waker = own_waker_;
  }
  waker.Wake();
  return {};
}

Result<void> Cutover::ConfirmFrozen() {
  Waker waker;
  {
    MutexLock lock(mutex_);
    if (!asks_confirmation_) {
      return Fail(ErrorCode::kConflict, "no cut-over waits for writers to be stopped by hand");
    }
    confirmed_ = true;
    waker = own_waker_;
  }
  waker.Wake();
  return {};
}

Result<void> Cutover::Commit() {
  Waker waker;
  {
    MutexLock lock(mutex_);
    if (record_ && Committed(step_)) return {};
    if (!record_ || step_ != Step::kReady) {
      return Fail(ErrorCode::kConflict,
                  record_ && !Ended(step_)
                      ? fmt::format("the cut-over is not ready yet: {}", ToString(step_))
                      : "no cut-over is under way; `ddbsync cutover run` begins one");
    }
    commit_asked_ = true;
    waker = own_waker_;
  }
  waker.Wake();
  return {};
}

Result<void> Cutover::Abort(std::string reason) {
  Waker waker;
  {
    MutexLock lock(mutex_);
    if (record_ && Committed(step_)) {
      return Fail(ErrorCode::kConflict,
                  "the cut-over is committed: the target is the live table. `ddbsync reverse` "
                  "carries its writes back, and a cut-over of that job goes back");
    }
    if (!record_ || Ended(step_) || TakesBack(step_)) return {};
    if (abort_.empty()) abort_ = reason.empty() ? "asked to" : std::move(reason);
    waker = own_waker_;
  }
  waker.Wake();
  return {};
}

Status Cutover::GetStatus() const {
  const TimePoint now = parts_.clock.Now();
  MutexLock lock(mutex_);
  if (!record_) return {};
  Status status = *StatusOf(*record_);
  status.report = report_;
  status.doing = Ended(step_) && !record_->source_ttl_owed ? "" : doing_;
  status.asks_confirmation = asks_confirmation_;
  status.asks_commit = asks_commit_;
  if (Planted(PlantedBug::kReverseFromLatePosition))
    status.reverse_start = ServerNow() - limits::kLateControlCall;
  if (deadline_ && !Committed(step_) && !TakesBack(step_)) {
    status.left = std::max(*deadline_ - now, Duration::zero());
  }
  // Who reads of a commit lets applications write to the target: not before it is durable.
  if (step_ == Step::kCommitted && !parts_.ledger.IsDurable(ticket_)) {
    status.step = Step::kReady;
    status.committed_at.reset();
    status.reverse_start.reset();
    status.doing = "the commit is being recorded";
  }
  return status;
}

bool Cutover::MayStop() const {
  MutexLock lock(mutex_);
  if (!record_ || step_ == Step::kCatchingUp) return true;
  return (Ended(step_) || Committed(step_)) && parts_.ledger.IsDurable(ticket_);
}

Next Cutover::Enter(cutover::Step step, std::string event,
                    const std::function<void(Record&)>& change) {
  MutexLock lock(mutex_);
  step_ = step;
  if (change) change(*record_);
  doing_.clear();
  asks_confirmation_ = asks_commit_ = false;
  AddEvent(std::move(event));
  Stage();
  return Next::Now();
}

std::optional<Next> Cutover::Pending(const Progress& progress, TimePoint now) {
  switch (progress.kind) {
    case Progress::Kind::kDone:
      return std::nullopt;
    case Progress::Kind::kWait:
      SetDoing(progress.text);
      return Next::At(now + progress.pause);
    case Progress::Kind::kFailed:
      return TakeBack(progress.text);
  }
  return std::nullopt;
}

void Cutover::Note(std::string event) {
  MutexLock lock(mutex_);
  AddEvent(std::move(event));
}

void Cutover::Keep(TableDigests digests) {
  MutexLock lock(mutex_);
  report_.digests = std::move(digests);
}

void Cutover::SetDoing(std::string doing, bool asks_confirmation, bool asks_commit) {
  MutexLock lock(mutex_);
  doing_ = std::move(doing);
  asks_confirmation_ = asks_confirmation;
  asks_commit_ = asks_commit;
}

Cutover::Record Cutover::Recorded() const {
  MutexLock lock(mutex_);
  return *record_;
}

void Cutover::AddEvent(std::string text) {
  Log(LogLevel::kInfo, "cutover", text, {{"step", ToString(step_)}});
  auto& events = report_.events;
  if (events.size() >= limits::kMostEvents) events.erase(events.begin() + 1);
  events.push_back({ServerNow(), std::string(ToString(step_)), std::move(text)});
}

void Cutover::Stage() {
  record_->step = ToString(step_);
  record_->report = ReportToText(report_);
  checkpoint::Batch batch;
  checkpoint::PutCutover(batch, *record_);
  ticket_ = parts_.ledger.Stage(std::move(batch));
}

std::unique_ptr<Cutover::Tools> Cutover::MakeTools() const {
  MutexLock lock(mutex_);
  auto tools = std::make_unique<Tools>(parts_.source.tables->aws(), parts_.target.tables->aws());
  switch (options_.freeze) {
    case FreezeBy::kPolicy:
      tools->freeze =
          std::make_unique<PolicyFreeze>(tools->source_control, parts_.source.table,
                                         parts_.source_arn, parts_.schema, options_.exempt);
      break;
    case FreezeBy::kHook:
      if (parts_.hook != nullptr) {
        tools->freeze = std::make_unique<HookFreeze>(
            *parts_.hook, Hook::Variables{{"DDBSYNC_JOB", parts_.job_id},
                                          {"DDBSYNC_SOURCE_TABLE", parts_.source.table},
                                          {"DDBSYNC_SOURCE_ARN", parts_.source_arn},
                                          {"DDBSYNC_TARGET_TABLE", parts_.target.table},
                                          {"DDBSYNC_TARGET_ARN", parts_.target_arn}});
        break;
      }
      [[fallthrough]];  // of an earlier start, which had a hook: somebody has to thaw by hand
    case FreezeBy::kManual: {
      auto manual = std::make_unique<ManualFreeze>();
      tools->manual = manual.get();
      tools->freeze = std::move(manual);
    }
  }
  return tools;
}

WallTime Cutover::ServerNow() const {
  return parts_.source.tables->aws().server_clock().Now();
}

}  // namespace ddbsync::cutover
