#include "verify/walker.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/planted_bug.h"
#include "dynamodb/item_key.h"
#include "verify/limits.h"

namespace ddbsync::verify {

Result<Image> ImageOf(std::string_view item_json) {
  const auto digest = dynamodb::DigestItem(item_json);
  if (!digest) return std::unexpected(digest.error());
  return Image(*digest);
}

Next Walker::Step(TimePoint now) {
  if (context_.stopped) {
    if (work_) context_.findings.GiveBack(*work_);
    LetOthersLook();
    return Next::Done();
  }
  if (!work_) return Take();
  return page_ ? LookUp(now) : Read(now);
}

/// Who waits for a place may be owed one that this walker kept.
void Walker::LetOthersLook() {
  using Feedback = replicator::InFlightLimit::Feedback;
  if (!context_.scans.TryEnter(waker())) return;
  context_.scans.Leave(Feedback::kNeutral, Duration::zero(), context_.clock.Now());
}

Next Walker::Take() {
  work_ = context_.findings.TakeSegment(preferred_);
  // The conductor changes phases at its own pace.
  return work_ ? Next::Now() : Next::At(context_.clock.Now() + limits::kConductInterval);
}

Next Walker::Read(TimePoint now) {
  if (context_.findings.TooManySuspects()) return Next::At(now + limits::kSecondLook);
  if (!context_.scans.TryEnter(waker())) return Next::WhenWoken();
  using Feedback = replicator::InFlightLimit::Feedback;
  std::optional<Duration> took;
  const Next next = Scan(now, took);
  // With more of the segment to digest it is back at once, and wakes nobody for the page between.
  using Then = replicator::InFlightLimit::Then;
  const bool goes_on = took && work_ && !page_;
  // Throttles are answered by each walker's pauses: the tables may be throttled apart.
  context_.scans.Leave(took ? Feedback::kSuccess : Feedback::kNeutral,
                       took.value_or(Duration::zero()), context_.clock.Now(),
                       goes_on ? Then::kGoOn : Then::kQueue);
  return next;
}

/// `took` is set when the call has succeeded.
Next Walker::Scan(TimePoint now, std::optional<Duration>& took) {
  ComparedTable& table = context_.Of(work_->table);
  const double estimate = table.units_per_page;
  using User = replicator::CapacityBucket::User;
  if (auto at = table.capacity.TakeOrRetryAt(User::kBackfill, estimate, now)) return Next::At(*at);
  const TimePoint sent = context_.clock.Now();
  auto page = table.client.Scan({.table = table.name,
                                 .segment = work_->segment.segment,
                                 .total_segments = work_->total_segments,
                                 .start_key = work_->segment.cursor,
                                 .consistent = true,
                                 .digested = work_->digesting},
                                context_.schema);
  if (!page) {
    table.capacity.Correct(estimate, 0);
    return OnError(table, page.error());
  }
  took = context_.clock.Now() - sent;
  backoff_.OnSuccess();
  context_.health.Success(table.label);
  const double computed =
      std::ceil(static_cast<double>(page->item_bytes()) / limits::kBytesPerUnit);
  const double units = table.capacity.Charge(estimate, page->consumed_units(), computed);
  table.units += units;
  if (!page->items().empty()) table.units_per_page = units;
  page_ = std::move(*page);
  page_read_at_ = context_.server_clock.Now();
  next_item_ = 0;
  if (work_->digesting) {
    TakeDigests();
    return Next::Now();
  }
  ChooseKeys();
  if (asked_.empty()) EndPage(context_.clock.Now());
  return Next::Now();
}

void Walker::TakeDigests() {
  const auto& items = page_->items();
  std::vector<Buckets::Addition> additions;
  additions.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    additions.push_back({Buckets::Of(items[i].key, work_->buckets), page_->digests()[i]});
  }
  WalkedSegment& segment = work_->segment;
  segment.items += static_cast<int64_t>(page_->items().size());
  segment.bytes += static_cast<int64_t>(page_->item_bytes());
  segment.finished = !page_->last_evaluated_key();
  segment.cursor = page_->last_evaluated_key().value_or("");
  context_.findings.NoteDigested(*work_, additions);
  page_.reset();
  if (segment.finished) work_.reset();
}

void Walker::ChooseKeys() {
  const auto& items = page_->items();
  for (; next_item_ < items.size() && asked_.size() < limits::kLookupKeys; ++next_item_) {
    const dynamodb::ItemView& item = items[next_item_];
    if (work_->differing != nullptr &&
        !(*work_->differing)[Buckets::Of(item.key, work_->differing->size())]) {
      continue;
    }
    if (!asked_.empty() && asked_bytes_ + item.json.size() > limits::kLookupBytes) return;
    auto key_json = dynamodb::KeyJson(item.json, context_.schema);
    DDBSYNC_CHECK(key_json);  // its key was read when the page was
    asked_.push_back(&item);
    keys_json_.push_back(*std::move(key_json));
    asked_bytes_ += item.json.size();
  }
}

Next Walker::LookUp(TimePoint now) {
  ComparedTable& other = context_.OtherThan(work_->table);
  const double estimate = static_cast<double>(asked_.size()) +
                          std::floor(static_cast<double>(asked_bytes_) / limits::kBytesPerUnit);
  using User = replicator::CapacityBucket::User;
  if (auto at = other.capacity.TakeOrRetryAt(User::kBackfill, estimate, now)) return Next::At(*at);
  const std::vector<std::string_view> keys(keys_json_.begin(), keys_json_.end());
  auto result = other.client.BatchGetItem(other.name, keys, context_.schema);
  if (!result) {
    other.capacity.Correct(estimate, 0);
    return OnError(other, result.error());
  }
  other.units += other.capacity.Charge(estimate, result->found.consumed_units(), estimate);
  context_.health.Success(other.label);
  if (auto compared = Compare(*result, page_read_at_); !compared) {
    return OnError(other, compared.error());
  }
  if (asked_.size() == keys.size()) {  // nothing was answered
    return Next::At(context_.clock.Now() + backoff_.OnFailure(ErrorCode::kThrottled));
  }
  backoff_.OnSuccess();
  ChooseKeys();
  if (asked_.empty()) EndPage(context_.clock.Now());
  return Next::Now();
}

Result<void> Walker::Compare(const dynamodb::BatchGetResult& result, WallTime read_at) {
  std::unordered_map<std::string_view, std::string_view> found;
  for (const dynamodb::ItemView& item : result.found.items()) found[item.key] = item.json;
  std::vector<const dynamodb::ItemView*> left;
  std::vector<std::string> left_json;
  asked_bytes_ = 0;
  for (size_t i = 0; i < asked_.size(); ++i) {
    const dynamodb::ItemView& item = *asked_[i];
    if (std::ranges::find(result.unprocessed, item.key) != result.unprocessed.end()) {
      left.push_back(&item);
      left_json.push_back(keys_json_[i]);
      asked_bytes_ += item.json.size();
      continue;
    }
    const auto other = found.find(item.key);
    const std::string_view json = other == found.end() ? std::string_view() : other->second;
    if (auto noted = NoteIfDifferent(item, json, read_at); !noted) return noted;
  }
  asked_ = std::move(left);
  keys_json_ = std::move(left_json);
  return {};
}

Result<void> Walker::NoteIfDifferent(const dynamodb::ItemView& item, std::string_view other_json,
                                     WallTime read_at) {
  const bool of_target = work_->table == Table::kTarget;
  if (of_target && !other_json.empty()) return {};  // the walk of the source compares it
  if (of_target && Planted(PlantedBug::kExtraKeysUnseen)) return {};
  if (item.json == other_json) return {};  // the usual case
  const auto image = ImageOf(item.json);
  if (!image) return std::unexpected(image.error());
  if (!other_json.empty()) {
    const auto other = ImageOf(other_json);
    if (!other) return std::unexpected(other.error());
    if (*image == *other) return {};
  }
  auto key_json = dynamodb::KeyJson(item.json, context_.schema);
  DDBSYNC_CHECK(key_json);
  found_.push_back({.key = std::string(item.key),
                    .key_json = *std::move(key_json),
                    .since = context_.server_clock.Now(),
                    .look = Suspect::Look{of_target ? Image() : *image,
                                          of_target ? context_.server_clock.Now() : read_at}});
  return {};
}

void Walker::EndPage(TimePoint now) {
  WalkedSegment& segment = work_->segment;
  segment.items += static_cast<int64_t>(page_->items().size());
  segment.bytes += static_cast<int64_t>(page_->item_bytes());
  segment.finished = !page_->last_evaluated_key();
  segment.cursor = page_->last_evaluated_key().value_or("");
  context_.findings.NoteCompared(*work_, std::exchange(found_, {}), now);
  page_.reset();
  if (segment.finished) work_.reset();
}

Next Walker::OnError(const ComparedTable& table, const Error& error) {
  const TimePoint now = context_.clock.Now();
  if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kInvalid) {
    context_.health.Fatal(
        {error.code, table.label + " cannot be read: " + error.message, error.context});
    return Next::Done();
  }
  context_.health.Trouble(table.label, error, now);
  if (context_.health.DeniedFor(table.label, limits::kDeniedGrace, now)) {
    context_.health.Fatal(error);
    return Next::Done();
  }
  return Next::At(now + backoff_.OnFailure(error.code));
}

}  // namespace ddbsync::verify
