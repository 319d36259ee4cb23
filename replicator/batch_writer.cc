#include "replicator/batch_writer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/planted_bug.h"
#include "dynamodb/item_key.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

/// A write costs a unit for each 1 KB begun (developer guide); what servers that do not say charge.
double UnitsOf(std::span<const dynamodb::WriteOp> ops) {
  constexpr double kUnitBytes = 1024;
  double units = 0;
  for (const auto& op : ops) {
    units += op.kind == dynamodb::WriteOp::Kind::kDelete
                 ? 1.0
                 : std::ceil(static_cast<double>(op.json.size()) / kUnitBytes);
  }
  return units;
}

size_t BytesOf(std::span<const dynamodb::WriteOp> ops) {
  size_t bytes = 0;
  for (const auto& op : ops) bytes += op.json.size();
  return bytes;
}

/// What a call costs, until its batch is known.
constexpr auto kGuess = static_cast<double>(dynamodb::kMaxBatchOps);

}  // namespace

Next BatchWriter::Step(TimePoint now) {
  TimePoint retry_at = TimePoint::max();
  if (!source_.HasWork(slot_, waker(), now, retry_at)) {
    return context_.gate.closed() ? Next::Done() : Next::At(retry_at);
  }
  const auto entered = context_.gate.TryEnter(now, kind_ == Kind::kBackfill);
  switch (entered) {
    case WriteGate::Answer::kClosed:
      return Next::Done();
    case WriteGate::Answer::kNotYet:
      return Next::At(context_.gate.opens());
    case WriteGate::Answer::kPaused:
      return Next::At(now + limits::kPausedLook);
    case WriteGate::Answer::kEntered:
      break;
  }
  const Next next = Write(now);
  context_.gate.Leave();
  return next;
}

Next BatchWriter::Write(TimePoint now) {
  const bool backfill = kind_ == Kind::kBackfill;
  if (backfill && !context_.backfill_limit.TryEnter(waker())) return Next::WhenWoken();
  Sent sent;
  Next next = Next::Now();
  const auto user = backfill ? CapacityBucket::User::kBackfill : CapacityBucket::User::kTail;
  if (auto retry_at = context_.capacity.TakeOrRetryAt(user, kGuess, now)) {
    next = Next::At(*retry_at);
  } else if (auto batch = source_.Take(now)) {
    sent = Send(*batch);
  } else {
    context_.capacity.Correct(kGuess, 0);
  }
  const TimePoint after = context_.clock.Now();
  if (backfill) {
    context_.backfill_limit.Leave(sent.feedback, sent.took, after, InFlightLimit::Then::kGoOn);
  } else {
    context_.backfill_limit.Hear(sent.feedback, after);
  }
  return next;
}

BatchWriter::Sent BatchWriter::Send(WriteBatch& batch) {
  const double computed = UnitsOf(batch.ops());
  const double estimate = computed * cost_ratio_;
  context_.capacity.Correct(kGuess, estimate);
  if (context_.own_writes != nullptr) {
    context_.own_writes->Remember(batch.ops(), context_.target.aws().server_clock().Now());
  }
  const TimePoint began = context_.clock.Now();
  if (kind_ == Kind::kTail) ++context_.counters.tail_writes_in_flight;
  auto result = kind_ == Kind::kBackfill && Planted(PlantedBug::kPutIfAbsent)
                    ? PutIfAbsent(batch.ops())
                    : context_.target.BatchWriteItem(context_.table, batch.ops(), context_.schema);
  if (result && Planted(PlantedBug::kUnprocessedItemsDropped)) result->unprocessed.clear();
  if (kind_ == Kind::kTail) --context_.counters.tail_writes_in_flight;
  double units = 0;
  if (result) {
    units = context_.capacity.Charge(estimate, result->consumed_units, computed);
    if (units > 0 && result->unprocessed.empty()) cost_ratio_ = units / computed;
  } else {
    context_.capacity.Correct(estimate, 0);
  }
  Count(batch, result, units);
  const TimePoint answered = context_.clock.Now();
  batch.Settle(result, answered);
  const Duration took = answered - began;
  return {result ? FeedbackOf(batch, *result) : InFlightLimit::OfFailure(result.error().code, took),
          AsOfUsualBatch(took, BytesOf(batch.ops()))};
}

InFlightLimit::Feedback BatchWriter::FeedbackOf(const WriteBatch& batch,
                                                const dynamodb::BatchWriteResult& result) const {
  using Feedback = InFlightLimit::Feedback;
  if (result.unprocessed.empty()) return Feedback::kSuccess;
  // A few key ranges that are throttled are held back by themselves (lane_pace.h); fewer calls
  // would hold back all others too. The tail has no lanes: whatever hinders it, the copy gives way.
  const bool most = 2 * result.unprocessed.size() >= batch.ops().size();
  return most || kind_ == Kind::kTail ? Feedback::kThrottled : Feedback::kNeutral;
}

Result<dynamodb::BatchWriteResult> BatchWriter::PutIfAbsent(
    std::span<const dynamodb::WriteOp> ops) {
  std::vector<std::string> keys_json;
  for (const auto& op : ops) keys_json.push_back(*dynamodb::KeyJson(op.json, context_.schema));
  const std::vector<std::string_view> keys(keys_json.begin(), keys_json.end());
  const auto there = context_.target.BatchGetItem(context_.table, keys, context_.schema);
  if (!there) return Fail(ErrorCode::kRetry, there.error().message);
  std::vector<dynamodb::WriteOp> absent;
  std::vector<size_t> places;
  for (size_t i = 0; i < ops.size(); ++i) {
    const bool found = std::ranges::any_of(
        there->found.items(), [&](const auto& item) { return item.key == ops[i].key; });
    if (found) continue;
    absent.push_back(ops[i]);
    places.push_back(i);
  }
  if (absent.empty()) return dynamodb::BatchWriteResult{};
  auto result = context_.target.BatchWriteItem(context_.table, absent, context_.schema);
  if (result) {
    for (size_t& index : result->unprocessed) index = places[index];
  }
  return result;
}

void BatchWriter::Count(const WriteBatch& batch, const Result<dynamodb::BatchWriteResult>& result,
                        double units) {
  Counters& counters = context_.counters;
  if (!result) {
    switch (result.error().code) {
      case ErrorCode::kThrottled:
        ++counters.throttled;
        break;
      case ErrorCode::kAmbiguous:
        ++counters.ambiguous;
        break;
      default:
        ++counters.failed;
        break;
    }
    if (result.error().code == ErrorCode::kNotFound) {
      context_.health.Fatal({ErrorCode::kNotFound,
                             "the target cannot be written: " + result.error().message,
                             result.error().context});
    } else if (result.error().code != ErrorCode::kInvalid) {
      context_.health.Trouble(kTargetWritesPart, result.error(), context_.clock.Now());
    }
    return;
  }
  context_.health.Success(kTargetWritesPart);
  counters.target_write_units += units;
  counters.unprocessed += static_cast<int64_t>(result->unprocessed.size());
  size_t next_unprocessed = 0;
  for (size_t i = 0; i < batch.ops().size(); ++i) {
    const auto& unprocessed = result->unprocessed;
    if (next_unprocessed < unprocessed.size() && unprocessed[next_unprocessed] == i) {
      ++next_unprocessed;
    } else if (batch.ops()[i].kind == dynamodb::WriteOp::Kind::kPut) {
      ++counters.puts_ok;
    } else {
      ++counters.deletes_ok;
    }
  }
}

}  // namespace ddbsync::replicator
