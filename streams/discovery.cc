#include "streams/discovery.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/planted_bug.h"
#include "streams/limits.h"

namespace ddbsync::streams {

Discovery::Discovery(std::string stream_arn, dynamodb::StreamsClient& client,
                     ListingObserver& observer, aws::RetryBudget& budget)
    : stream_arn_(std::move(stream_arn)),
      client_(client),
      observer_(observer),
      backoff_(budget, std::hash<std::string>()(stream_arn_)) {}

Next Discovery::Step(TimePoint now) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return Next::Done();
  }
  if (pause_) call_due_ = now + *std::exchange(pause_, std::nullopt);
  if (now < call_due_) return Next::At(call_due_);
  if (walk_ == Walk::kNone && !Begin(now)) return Next::At(NextBegin());

  if (start_.empty()) {  // the first page, perhaps not for the first time
    began_ = client_.aws().server_clock().Now();
    walk_began_ = now;
  }
  call_due_ = now + limits::kDescribeStreamPause;
  const Result<dynamodb::StreamPage> page = client_.DescribeStream(stream_arn_, start_);
  return page ? TakePage(*page) : OnError(page.error());
}

void Discovery::LookForChildren(const std::string& shard_id) {
  MutexLock lock(mutex_);
  childless_.insert(shard_id);
  hurry_ = true;
}

void Discovery::ListAt(TimePoint due) {
  MutexLock lock(mutex_);
  wanted_ = wanted_ ? std::min(*wanted_, due) : due;
}

void Discovery::Stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
}

bool Discovery::Begin(TimePoint now) {
  MutexLock lock(mutex_);
  if (now >= WholeDue()) {
    if (wanted_ && now >= *wanted_) wanted_.reset();
    BeginWhole();
    return true;
  }
  if (std::exchange(hurry_, false)) looks_in_vain_ = 0;
  if (childless_.empty() || disabled_ || now < LookDue()) return false;
  walk_ = Walk::kLook;
  start_ = looks_in_vain_ == 0 ? last_known_ : *childless_.begin();
  any_child_ = false;
  last_look_ = now;
  return true;
}

void Discovery::BeginWhole() {
  walk_ = Walk::kWhole;
  start_.clear();
  any_shard_ = false;
}

TimePoint Discovery::WholeDue() const {
  if (!wanted_) return whole_due_;
  // However many shards end: no listing right behind another.
  return std::min(whole_due_, std::max(*wanted_, whole_began_ + limits::kListingPauseShortest));
}

TimePoint Discovery::LookDue() const {
  if (!last_look_) return TimePoint::min();
  constexpr int kMostDoublings = 10;  // beyond the longest pause; keeps the shift defined
  const Duration pause = limits::kLookPause * (1 << std::min(looks_in_vain_, kMostDoublings));
  return *last_look_ + std::min<Duration>(pause, limits::kLookPauseLongest);
}

TimePoint Discovery::NextBegin() {
  MutexLock lock(mutex_);
  if (childless_.empty() || disabled_) return WholeDue();
  return std::min(WholeDue(), LookDue());
}

Next Discovery::TakePage(const dynamodb::StreamPage& page) {
  if (!page.last_shard_id.empty() && page.last_shard_id == start_) {
    return OnError({ErrorCode::kCorrupt, "DescribeStream answers the same page again and again",
                    "stream " + stream_arn_});
  }
  backoff_.OnSuccess();
  disabled_ = page.status == "DISABLED";
  for (const dynamodb::ShardDescription& shard : page.shards) {
    any_shard_ = true;
    last_known_ = std::max(last_known_, shard.id);
  }
  observer_.OnPage(page);
  CrossOff(page);
  start_ = Planted(PlantedBug::kFirstPageOfShardsOnly) ? "" : page.last_shard_id;
  if (start_.empty()) Complete(page.status);
  if (walk_ != Walk::kNone) return Next::At(call_due_);
  return Next::At(std::max(call_due_, NextBegin()));
}

void Discovery::CrossOff(const dynamodb::StreamPage& page) {
  MutexLock lock(mutex_);
  for (const dynamodb::ShardDescription& shard : page.shards) {
    if (childless_.erase(shard.parent_id) > 0) any_child_ = true;
  }
}

void Discovery::Complete(const std::string& status) {
  const Walk walk = std::exchange(walk_, Walk::kNone);
  if (walk == Walk::kLook) {
    looks_in_vain_ = any_child_ ? 0 : looks_in_vain_ + 1;
    return;
  }
  const bool shards_will_come = status == "ENABLING" || (!any_shard_ && !disabled_);
  whole_began_ = walk_began_;
  whole_due_ = walk_began_ + (shards_will_come ? limits::kLookPause : limits::kWholeListingPause);
  observer_.OnListingComplete(began_, status);
}

Next Discovery::OnError(Error error) {
  const bool start_refused =
      !start_.empty() && (error.code == ErrorCode::kInvalid || error.code == ErrorCode::kNotFound);
  if (start_refused) {
    const Walk walk = walk_;
    BeginWhole();
    if (walk == Walk::kLook) return Next::At(call_due_);
    // Of the shard, not of the stream: the first page will tell whether that is gone.
    error.code = ErrorCode::kRetry;
  }
  Duration pause = backoff_.OnFailure(error.code);
  if (error.code == ErrorCode::kDenied && backoff_.failures() > 1) pause = limits::kDeniedPause;
  observer_.OnListingTrouble(error, backoff_.failures());
  pause_ = std::max<Duration>(pause, limits::kDescribeStreamPause);
  return Next::Now();
}

}  // namespace ddbsync::streams
