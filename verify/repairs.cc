#include "verify/repairs.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace ddbsync::verify {

void DirectRepairs::Ask(std::string_view key, std::string_view key_json) {
  {
    MutexLock lock(mutex_);
    pending_.emplace(key, key_json);
  }
  waker().Wake();
}

bool DirectRepairs::Pending(std::string_view key) const {
  MutexLock lock(mutex_);
  return pending_.contains(key);
}

bool DirectRepairs::Full() const {
  MutexLock lock(mutex_);
  return pending_.size() >= limits::kMostSuspects;
}

Next DirectRepairs::Step(TimePoint /*now*/) {
  if (images_) return Write();
  if (context_.stopped) return Next::Done();
  {
    MutexLock lock(mutex_);
    round_.clear();
    for (const auto& [key, key_json] : pending_) {
      if (round_.size() == dynamodb::kMaxBatchOps) break;
      round_.push_back({key, key_json});
    }
  }
  if (round_.empty()) return Next::At(context_.clock.Now() + limits::kSecondLook);
  return Read();
}

Next DirectRepairs::Read() {
  std::vector<std::string_view> keys;
  for (const Asked& asked : round_) keys.push_back(asked.key_json);
  auto result = context_.source.BatchGetItem(context_.source_table, keys, context_.schema);
  if (!result) return OnError(result.error());
  std::erase_if(round_, [&](const Asked& asked) {
    return std::ranges::find(result->unprocessed, asked.key) != result->unprocessed.end();
  });
  if (round_.empty()) return OnError({ErrorCode::kThrottled, "the source answers no key"});
  images_ = std::move(result->found);
  return Next::Now();
}

Next DirectRepairs::Write() {
  std::map<std::string_view, std::string_view> found;
  for (const dynamodb::ItemView& item : images_->items()) found[item.key] = item.json;
  std::vector<dynamodb::WriteOp> ops;
  for (const Asked& asked : round_) {
    const auto image = found.find(asked.key);
    const bool gone = image == found.end();
    ops.push_back({gone ? dynamodb::WriteOp::Kind::kDelete : dynamodb::WriteOp::Kind::kPut,
                   gone ? std::string_view(asked.key_json) : image->second, asked.key});
  }
  ops.resize(dynamodb::FitBatch(ops));
  const auto result = context_.target.BatchWriteItem(context_.target_table, ops, context_.schema);
  if (!result) {
    const Error& error = result.error();
    images_.reset();
    if (error.code == ErrorCode::kInvalid) {
      // One of them is refused for good: the look after this finds it different still.
      for (const dynamodb::WriteOp& op : ops) Done(op.key);
      Log(LogLevel::kWarning, "repair_refused", ToString(error));
      return Next::Now();
    }
    const Next next = OnError(error);
    // What may still land lands before it is written again.
    return error.code == ErrorCode::kAmbiguous ? Next::At(context_.clock.Now() + context_.settle)
                                               : next;
  }
  for (size_t i = 0; i < ops.size(); ++i) {
    if (std::ranges::find(result->unprocessed, i) == result->unprocessed.end()) Done(ops[i].key);
  }
  images_.reset();
  if (!result->unprocessed.empty()) {
    return OnError({ErrorCode::kThrottled, "the target hands repairs back"});
  }
  backoff_.OnSuccess();
  context_.health.Success("repairs");
  return Next::Now();
}

void DirectRepairs::Done(std::string_view key) {
  MutexLock lock(mutex_);
  if (const auto found = pending_.find(key); found != pending_.end()) pending_.erase(found);
}

Next DirectRepairs::OnError(const Error& error) {
  const TimePoint now = context_.clock.Now();
  context_.health.Trouble("repairs", error, now);
  if (error.code == ErrorCode::kNotFound ||
      context_.health.DeniedFor("repairs", limits::kDeniedGrace, now)) {
    context_.health.Fatal(error);
  }
  return Next::At(now + backoff_.OnFailure(error.code));
}

}  // namespace ddbsync::verify
