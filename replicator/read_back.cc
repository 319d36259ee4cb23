#include "replicator/read_back.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "replicator/limits.h"

namespace ddbsync::replicator {

ReadBack::ReadBack(Context context, std::shared_ptr<const dynamodb::RecordPage> page,
                   std::vector<const dynamodb::RecordView*> records, std::function<void()> applied)
    : context_(context),
      page_(std::move(page)),
      missing_(std::move(records)),
      applied_(std::move(applied)),
      backoff_(context.budget, missing_.size()) {}

Next ReadBack::Step(TimePoint) {
  if (*writing_) return Next::WhenWoken();
  if (missing_.empty()) {
    applied_();
    return Next::Done();
  }
  const size_t count = std::min(missing_.size(), limits::kReadBackKeys);
  std::vector<const dynamodb::RecordView*> asked(missing_.end() - static_cast<ptrdiff_t>(count),
                                                 missing_.end());
  std::vector<std::string_view> keys;
  for (const auto* record : asked) keys.push_back(record->key_json);
  auto result = context_.source.BatchGetItem(context_.table, keys, context_.schema);
  const TimePoint after = context_.clock.Now();
  if (!result) {
    context_.health.Trouble("source read-back", result.error(), after);
    return Next::At(after + backoff_.OnFailure(result.error().code));
  }
  context_.health.Success("source read-back");
  missing_.resize(missing_.size() - count);
  const bool throttled = !result->unprocessed.empty();
  Write(*std::move(result), std::move(asked));
  if (throttled) return Next::At(after + backoff_.OnFailure(ErrorCode::kThrottled));
  backoff_.OnSuccess();
  return Next::Now();
}

void ReadBack::Write(dynamodb::BatchGetResult result,
                     std::vector<const dynamodb::RecordView*> asked) {
  const std::unordered_set<std::string_view> unprocessed(result.unprocessed.begin(),
                                                         result.unprocessed.end());
  auto piece = std::make_shared<TailPage>();
  piece->records = page_;
  piece->grant = context_.credit.TakeRegardless(result.found.bytes());
  piece->images = std::move(result.found);
  std::unordered_map<std::string_view, std::string_view> found;
  for (const auto& item : piece->images->items()) found[item.key] = item.json;
  for (const auto* record : asked) {
    if (unprocessed.contains(record->key)) {
      missing_.push_back(record);
      continue;
    }
    const auto image = found.find(record->key);
    const bool gone = image == found.end();
    piece->ops.push_back({gone ? dynamodb::WriteOp::Kind::kDelete : dynamodb::WriteOp::Kind::kPut,
                          gone ? record->key_json : image->second, record->key});
    piece->keys_json.push_back(record->key_json);
  }
  if (piece->ops.empty()) return;
  *writing_ = true;
  piece->applied = [writing = writing_, wake = waker()] {
    *writing = false;
    wake.Wake();
  };
  context_.queue.Add(std::move(piece), context_.clock.Now());
}

}  // namespace ddbsync::replicator
