#include "replicator/recheck_task.h"

#include <algorithm>
#include <utility>

#include "base/planted_bug.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

Next RecheckTask::Step(TimePoint now) {
  if (context_.gate.closed()) return Next::Done();
  switch (state_) {
    case State::kIdle:
      return Pick(now);
    case State::kReading:
      return Read();
    case State::kWaiting:
      return Wait(now);
    case State::kWriting:
      return WriteOne(now);
  }
  return Next::Done();
}

Next RecheckTask::Pick(TimePoint now) {
  TimePoint next_due;
  round_ = context_.rechecks.TakeDue(now, limits::kMaxBatchGetKeys, next_due);
  if (round_.empty()) return Next::At(std::min(next_due, now + limits::kRecheckIdleLook));
  state_ = State::kReading;
  return Next::Now();
}

Next RecheckTask::Read() {
  read_ = context_.fence.BeginRead();
  std::vector<std::string_view> keys;
  for (const auto& due : round_) keys.push_back(due.key_json);
  auto result = context_.source.BatchGetItem(context_.source_table, keys, context_.schema);
  if (!result) {
    const TimePoint after = context_.clock.Now();
    context_.health.Trouble("recheck", result.error(), after);
    read_ = FencedRead();
    return Next::At(after + backoff_.OnFailure(result.error().code));
  }
  read_ended_ = context_.server_clock.Now();
  context_.health.Success("recheck");
  // Not read now: their turn comes again in a later round.
  std::erase_if(round_, [&](const Rechecks::Due& due) {
    const bool left = std::ranges::find(result->unprocessed, due.key) != result->unprocessed.end();
    if (left) context_.rechecks.Postpone(due, context_.clock.Now() + limits::kRecheckLook);
    return left;
  });
  if (round_.empty()) {
    state_ = State::kIdle;
    read_ = FencedRead();
    return Next::At(context_.clock.Now() + backoff_.OnFailure(ErrorCode::kThrottled));
  }
  backoff_.OnSuccess();
  found_ = std::move(result->found);
  images_.clear();
  for (const auto& item : found_->items()) images_[item.key] = item.json;
  state_ = State::kWaiting;
  return Next::Now();
}

Next RecheckTask::Wait(TimePoint now) {
  if (context_.watermark && !Planted(PlantedBug::kRepairBeforeWatermark)) {
    const auto watermark = context_.watermark();
    if (!watermark || *watermark <= read_ended_ + limits::kRecordTimeResolution) {
      return Next::At(now + limits::kRecheckLook);
    }
  }
  state_ = State::kWriting;
  return Next::Now();
}

Next RecheckTask::WriteOne(TimePoint now) {
  if (round_.empty()) return EndRound();
  switch (context_.gate.TryEnter(now, false)) {
    case WriteGate::Answer::kClosed:
      return Next::Done();
    case WriteGate::Answer::kNotYet:
      return Next::At(context_.gate.opens());
    case WriteGate::Answer::kPaused:
      return Next::At(now + limits::kPausedLook);
    case WriteGate::Answer::kEntered:
      break;
  }
  const Rechecks::Due due = std::move(round_.back());
  round_.pop_back();
  const Next next = Write(due, now);
  context_.gate.Leave();
  return next;
}

Next RecheckTask::Write(const Rechecks::Due& due, TimePoint now) {
  const auto verdict = context_.fence.AdmitRepair(due.key, read_.counter(), now);
  const bool admitted = verdict == Fence::Verdict::kAdmitted;
  const auto image = images_.find(due.key);
  const bool gone = image == images_.end();
  const bool unfenced = Planted(PlantedBug::kRepairUnfenced) ||
                        (gone && Planted(PlantedBug::kResyncDeletesWithoutFence));
  if (!admitted && !unfenced) {
    // The tail wrote or writes it, or too much happened: read it again in a later round.
    context_.rechecks.Postpone(due, now + limits::kRecheckLook);
    return Next::Now();
  }
  const dynamodb::WriteOp op{
      gone ? dynamodb::WriteOp::Kind::kDelete : dynamodb::WriteOp::Kind::kPut,
      gone ? std::string_view(due.key_json) : image->second, due.key};
  if (context_.own_writes != nullptr) {
    context_.own_writes->Remember({&op, 1}, context_.target.aws().server_clock().Now());
  }
  const auto result =
      context_.target.BatchWriteItem(context_.target_table, {&op, 1}, context_.schema);
  Settle(due, result);
  const std::string_view key = due.key;
  if (admitted) context_.fence.Release({&key, 1});
  const bool answered = result && result->unprocessed.empty();
  if (answered) {
    backoff_.OnSuccess();
    return Next::Now();
  }
  const ErrorCode code = result ? ErrorCode::kThrottled : result.error().code;
  return Next::At(context_.clock.Now() + backoff_.OnFailure(code));
}

void RecheckTask::Settle(const Rechecks::Due& due,
                         const Result<dynamodb::BatchWriteResult>& result) {
  const TimePoint now = context_.clock.Now();
  const std::string_view key = due.key;
  if (result && result->unprocessed.empty()) {
    context_.dead_letters.OnAcknowledged({&key, 1});
    context_.rechecks.Resolve(due);
  } else if (!result && result.error().code == ErrorCode::kInvalid) {
    context_.dead_letters.Add(due.key, due.key_json, ToString(result.error()), "recheck");
    context_.rechecks.Resolve(due);
  } else if (!result && result.error().code == ErrorCode::kAmbiguous) {
    ++context_.counters.ambiguous;
    context_.rechecks.Note(due.key, due.key_json, now);
  } else {
    context_.rechecks.Postpone(due, now + limits::kRecheckLook);
  }
}

Next RecheckTask::EndRound() {
  state_ = State::kIdle;
  read_ = FencedRead();
  images_.clear();
  found_.reset();
  return Next::Now();
}

}  // namespace ddbsync::replicator
