#include "cutover/trap.h"

#include "cutover/limits.h"

namespace ddbsync::cutover {

Progress Trap::Step() {
  const std::string doing = "look for stray writes in the source's new stream";
  if (!listed_) return List();
  if (shards_.empty()) return Progress::Done();
  if (iterator_.empty()) {
    auto iterator = streams_.GetShardIterator(stream_arn_, shards_.front(), {});
    if (!iterator) return Progress::After(iterator.error(), doing);
    iterator_ = *std::move(iterator);
    return Progress::Wait(Duration::zero(), doing);
  }
  const auto page = streams_.GetRecords(iterator_, 1, schema_);
  if (!page && page.error().code == ErrorCode::kExpiredIterator) {
    iterator_.clear();
    return Progress::Wait(Duration::zero(), doing);
  }
  if (!page) return Progress::After(page.error(), doing);
  if (!page->records().empty()) {
    return Progress::Failed("a write reached the source although writes were stopped");
  }
  shards_.pop_front();
  iterator_.clear();
  return shards_.empty() ? Progress::Done() : Progress::Wait(Duration::zero(), doing);
}

Progress Trap::List() {
  const std::string doing = "list the shards of the source's new stream";
  auto page = streams_.DescribeStream(stream_arn_, last_shard_);
  if (!page) return Progress::After(page.error(), doing);
  for (dynamodb::ShardDescription& shard : page->shards) shards_.push_back(std::move(shard.id));
  last_shard_ = std::move(page->last_shard_id);
  listed_ = last_shard_.empty();
  return Progress::Wait(Duration::zero(), doing);
}

}  // namespace ddbsync::cutover
