#include "cli/followed_cutover.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <utility>

#include "base/log.h"
#include "cli/api_file.h"
#include "cli/commands.h"
#include "cli/cutover_api.h"
#include "cli/cutover_request.h"
#include "cli/found_job.h"
#include "cli/limits.h"
#include "cli/reverse.h"

namespace ddbsync::cli {
namespace {

using cutover::Step;

constexpr Duration kSignalLook = limits::kCutoverLookInterval / 5;

bool SomebodyMayType() {
  return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

/// What was typed since the last call, a line; nothing when nothing was, "" at the end of input.
std::optional<std::string> TypedLine() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, 0) <= 0) return std::nullopt;
  char bytes[256];  // a terminal hands out lines
  const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
  return std::string(bytes, got > 0 ? static_cast<size_t>(got) : 0);
}

}  // namespace

FollowedCutover::FollowedCutover(const JobHome& home, Options options, CutoverDisplay& display,
                                 StopSignals& signals, const Clock& clock)
    : home_(home),
      options_(std::move(options)),
      display_(display),
      signals_(signals),
      clock_(clock) {}

ExitCode FollowedCutover::ToItsEnd(CutoverLook first) {
  look_ = std::move(first);
  while (true) {
    if (auto card = ReadApiFile(home_.ApiFile())) process_ = std::move(card);
    if (const auto code = CodeOf(look_)) {
      display_.LeaveRoomForTyping(false);
      display_.Show(look_);
      if (HasWayBack(look_.status) && !display_.json()) display_.TellOf(AwaitWayBack());
      display_.Finish(look_);
      return *code;
    }
    display_.Show(look_);
    AskToStopWriters();
    if (const auto code = Wait()) return *code;
    if (const auto code = LookAgain()) return *code;
  }
}

std::optional<ExitCode> FollowedCutover::CodeOf(const CutoverLook& look) const {
  const cutover::Status& s = look.status;
  const bool back = s.step == Step::kRolledBack;
  if (options_.wants_back && Ended(s.step)) return back ? ExitCode::kDone : ExitCode::kFailed;
  if (Ended(s.step)) return back ? ExitCode::kNotReady : ExitCode::kDone;
  if (s.asks_commit && s.options.stop_before_commit && options_.may_wait) return ExitCode::kDone;
  return std::nullopt;
}

std::optional<ExitCode> FollowedCutover::LookAgain() {
  Result<FoundCutover> found = FindCutover(home_);
  if (!found) {
    // It hangs, restarts, or its checkpoint is not closed yet: for a while that is no end.
    if (!unanswered_since_) unanswered_since_ = clock_.Now();
    if (clock_.Now() - *unanswered_since_ < limits::kCutoverPatience) return std::nullopt;
    return Lost(fmt::format(
        "{}. It was last seen at {}: {}", ToString(found.error()), StepText(look_.status.step),
        Committed(look_.status.step)
            ? "the target is the live table, and the job's next start finishes what comes after"
            : "unless it was committed since, the job or its next start takes it back"));
  }
  unanswered_since_.reset();
  if (found->look.status.number != look_.status.number) {
    return Lost(
        "this is not the job's latest cut-over any more: `ddbsync cutover status` tells of that");
  }
  look_ = std::move(found->look);
  if (found->alone && !Ended(look_.status.step)) {
    return Lost("the job's process has ended. " + AbandonedText(look_, display_.advice()));
  }
  return std::nullopt;
}

ExitCode FollowedCutover::Lost(std::string why) {
  display_.LeaveRoomForTyping(false);
  if (display_.json()) display_.Finish(look_);
  const Error fault{ErrorCode::kRetry, std::move(why)};
  TellFaults({&fault, 1});
  return ExitCode::kFailed;
}

std::optional<ExitCode> FollowedCutover::Wait() {
  const TimePoint due = clock_.Now() + limits::kCutoverLookInterval;
  while (clock_.Now() < due) {
    if (signals_.Wait(kSignalLook) != 0) {
      if (const auto code = OnSignal()) return code;
    }
    if (reads_answer_) ReadAnswer();
  }
  return std::nullopt;
}

std::optional<ExitCode> FollowedCutover::OnSignal() {
  const std::string status = display_.advice().job.empty() ? "" : " " + display_.advice().job;
  if (!options_.aborts || abort_asked_) {
    display_.Line(
        fmt::format("leaves it to the job, which goes on{}; `ddbsync cutover status{}` "
                    "tells how it ends",
                    TakesBack(look_.status.step) ? " taking it back" : "", status));
    return ExitCode::kInterrupted;
  }
  abort_asked_ = true;
  display_.Line("asks the job to take it back; a signal now leaves it to the job");
  const auto told =
      TellRunningJob(home_, kAbortPath, AbortReasonToJson("Ctrl-C at `ddbsync cutover run`"));
  if (!told) display_.Line("it is not taken back: " + ToString(told.error()));
  return std::nullopt;
}

void FollowedCutover::AskToStopWriters() {
  if (!look_.status.asks_confirmation) {
    if (reads_answer_) display_.LeaveRoomForTyping(false);
    asked_to_stop_writers_ = reads_answer_ = false;
    return;
  }
  if (std::exchange(asked_to_stop_writers_, true)) return;
  const std::string what = ConfirmationText(look_, options_.source);
  const auto card = ReadApiFile(home_.ApiFile());
  const std::string how =
      fmt::format("then type `ddbsync cutover frozen{}{}`, or POST {}{} at {}",
                  display_.advice().job.empty() ? "" : " ", display_.advice().job,
                  card ? card->path : "", kFrozenPath, card ? card->address : "the job's address");
  if (display_.json()) return Log(LogLevel::kWarning, "cutover_waits", what + "; " + how);
  reads_answer_ = SomebodyMayType();
  display_.LeaveRoomForTyping(reads_answer_);
  display_.Line(what);
  display_.Line(reads_answer_ ? "then type yes and Enter" : how);
}

WayBack FollowedCutover::AwaitWayBack() {
  const TimePoint due = clock_.Now() + limits::kWayBackPatience;
  while (true) {
    WayBack found = LookForWayBack(home_);
    if (found.run == WayBack::Run::kFollows) return found;
    // A process of several jobs leaves it to who types it.
    if (!process_ || process_->jobs > 1 || !IsThere(process_->pid)) return found;
    const bool over = clock_.Now() >= due;
    if (over || signals_.Wait(limits::kCutoverLookInterval) != 0) return found;
  }
}

void FollowedCutover::ReadAnswer() {
  const auto typed = TypedLine();
  if (!typed) return;
  if (typed->empty()) {  // the end of input: nobody types any more
    reads_answer_ = false;
    return display_.Line("nothing can be typed any more: `ddbsync cutover frozen` says the same");
  }
  if (typed != "yes\n") return display_.Line("the job still waits: type yes and Enter");
  reads_answer_ = false;
  display_.LeaveRoomForTyping(false);
  const auto told = TellRunningJob(home_, kFrozenPath, "{}");
  if (!told) display_.Line("the job does not take it: " + ToString(told.error()));
}

}  // namespace ddbsync::cli
