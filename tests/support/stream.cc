#include "tests/support/stream.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdio>
#include <limits>
#include <utility>

namespace ddbsync::fake {
namespace {

/// Sequence numbers have 21 to 40 digits (API reference); the leading one is not counted here.
constexpr size_t kMinDigits = 20;
constexpr size_t kMaxExtraDigits = 19;
/// Ordinals leave gaps of up to so many: nobody may count on the next number.
constexpr uint64_t kMaxGap = 3;

size_t ExtraDigits(uint64_t ordinal) {
  return std::min<size_t>(std::bit_width(ordinal), kMaxExtraDigits);
}

Record MakeRecord(const Change& change, const std::string& view, uint64_t ordinal, Instant now,
                  Instant readable) {
  const StoredItem& any = change.after != nullptr ? *change.after : *change.before;
  Record record{ordinal, now, readable,      "MODIFY",     any.key_json,
                {},      {},  any.key_bytes, change.by_ttl};
  if (change.before == nullptr) record.event = "INSERT";
  if (change.after == nullptr) record.event = "REMOVE";
  if (change.after != nullptr && (view == "NEW_IMAGE" || view == "NEW_AND_OLD_IMAGES")) {
    record.new_image = change.after->json;
    record.bytes += change.after->bytes;
  }
  if (change.before != nullptr && (view == "OLD_IMAGE" || view == "NEW_AND_OLD_IMAGES")) {
    record.old_image = change.before->json;
    record.bytes += change.before->bytes;
  }
  return record;
}

}  // namespace

std::string SequenceText(uint64_t ordinal) {
  const size_t extra = ExtraDigits(ordinal);
  const std::string digits = std::to_string(ordinal);
  // A longer number starts with a 1 where the shorter one before it starts with a 9.
  std::string text{extra % 2 == 0 ? '1' : '9'};
  text.append(kMinDigits + extra - digits.size(), '0');
  return text + digits;
}

std::optional<uint64_t> OrdinalOf(std::string_view text) {
  if (text.size() < kMinDigits + 1) return std::nullopt;
  const size_t first = std::min(text.find_first_not_of('0', 1), text.size() - 1);
  uint64_t ordinal = 0;
  const auto [end, error] =
      std::from_chars(text.data() + first, text.data() + text.size(), ordinal);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (SequenceText(ordinal) != text) return std::nullopt;
  return ordinal;
}

Stream::Stream(Identity identity, const StreamOptions& options, Instant created, Instant enabled,
               uint64_t seed)
    : identity_(std::move(identity)),
      options_(options),
      created_(created),
      enabled_(enabled),
      random_(seed) {
  const auto count = static_cast<uint64_t>(std::max(options_.initial_shards, 1));
  const uint64_t width = std::numeric_limits<uint64_t>::max() / count;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t last =
        i + 1 == count ? std::numeric_limits<uint64_t>::max() : (i + 1) * width - 1;
    // The first shards of a stream are listed as soon as it is enabled.
    Open(nullptr, i * width, last, enabled_).listed = enabled_;
  }
}

std::string Stream::Status(Instant now) const {
  if (disabled_) return now < *disabled_ + options_.disable_delay ? "DISABLING" : "DISABLED";
  return now < enabled_ ? "ENABLING" : "ENABLED";
}

const Shard* Stream::Append(uint64_t hash, Instant now, const Change& change) {
  for (auto shard = shards_.rbegin(); shard != shards_.rend(); ++shard) {
    if ((*shard)->closed || hash < (*shard)->first_hash || hash > (*shard)->last_hash) continue;
    ordinal_ += 1 + random_.Below(kMaxGap);
    std::deque<Record>& records = (*shard)->records;
    Instant readable = WithDelay(now, options_.record_delay);
    if (!records.empty()) readable = std::max(readable, records.back().readable);
    records.push_back(MakeRecord(change, identity_.view, ordinal_, now, readable));
    next_work_ = std::min(next_work_, now + options_.retention);
    return shard->get();
  }
  return nullptr;
}

void Stream::Disable(Instant now) {
  for (const auto& shard : shards_) {
    if (!shard->closed) Close(*shard, now);
  }
  disabled_ = now;
}

bool Stream::Split(std::string_view shard_id, Instant now) {
  for (const auto& shard : shards_) {
    if (shard->id != shard_id || shard->closed || shard->first_hash == shard->last_hash) continue;
    Replace(*shard, true, now);
    return true;
  }
  return false;
}

bool Stream::Roll(std::string_view shard_id, Instant now) {
  for (const auto& shard : shards_) {
    if (shard->id != shard_id || shard->closed) continue;
    Replace(*shard, false, now);
    return true;
  }
  return false;
}

void Stream::CatchUp(Instant now) {
  if (now < next_work_) return;
  if (!disabled_) RollDue(now);
  Trim(now);
  next_work_ = Instant::max();
  for (const auto& shard : shards_) {
    if (!shard->closed) next_work_ = std::min(next_work_, shard->rolls);
    if (shard->closed) next_work_ = std::min(next_work_, *shard->closed + options_.retention);
    if (shard->records.empty()) continue;
    next_work_ = std::min(next_work_, shard->records.front().at + options_.retention);
  }
}

const Shard* Stream::Find(std::string_view shard_id) const {
  for (const auto& shard : shards_) {
    if (shard->id == shard_id) return shard.get();
  }
  return nullptr;
}

Shard& Stream::Open(const Shard* parent, uint64_t first_hash, uint64_t last_hash, Instant now) {
  constexpr int kIdBytes = 64;
  // Shards are listed in the order of their ids, which is the order in which they were made.
  const auto now_ms = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
  last_id_ms_ = std::max<int64_t>(now_ms, last_id_ms_ + 1);
  char id[kIdBytes];
  std::snprintf(id, sizeof id, "shardId-%020lld-%08llx", static_cast<long long>(last_id_ms_),
                static_cast<unsigned long long>(random_.Next() >> 32));
  auto shard = std::make_unique<Shard>();
  shard->id = id;
  if (parent != nullptr) {
    const bool had_records = !parent->records.empty() || parent->trimmed_through > 0;
    shard->parent_id = parent->id;
    shard->ancestor_id = had_records ? parent->id : parent->ancestor_id;
  }
  shard->first_hash = first_hash;
  shard->last_hash = last_hash;
  shard->first_ordinal = ++ordinal_;
  shard->opened = now;
  shard->listed = WithDelay(now, options_.listing_delay);
  if (options_.shard_life > Duration::zero()) {
    // Three quarters to five quarters: shards made together do not end together.
    shard->rolls = now + options_.shard_life * 3 / 4 + random_.UpTo(options_.shard_life / 2);
  }
  next_work_ = std::min(next_work_, shard->rolls);
  return *shards_.emplace_back(std::move(shard));
}

void Stream::Close(Shard& shard, Instant now) {
  shard.last_ordinal = shard.records.empty() ? ++ordinal_ : shard.records.back().ordinal;
  shard.closed = now;
  shard.seen_closed = WithDelay(now, options_.listing_delay);
  next_work_ = std::min(next_work_, now + options_.retention);
}

void Stream::Replace(Shard& shard, bool split, Instant now) {
  Close(shard, now);
  if (!split) {
    Open(&shard, shard.first_hash, shard.last_hash, now);
    return;
  }
  const uint64_t middle = shard.first_hash + (shard.last_hash - shard.first_hash) / 2;
  Open(&shard, shard.first_hash, middle, now);
  Open(&shard, middle + 1, shard.last_hash, now);
}

void Stream::RollDue(Instant now) {
  while (true) {
    Shard* due = nullptr;
    for (const auto& shard : shards_) {
      if (shard->closed || shard->rolls > now) continue;
      if (due == nullptr || shard->rolls < due->rolls) due = shard.get();
    }
    if (due == nullptr) return;
    const bool split = random_.Chance(options_.split_rate) &&
                       OpenCount() < options_.max_open_shards && due->first_hash < due->last_hash;
    Replace(*due, split, due->rolls);
  }
}

void Stream::Trim(Instant now) {
  const Instant horizon = now - options_.retention;
  for (const auto& shard : shards_) {
    while (!shard->records.empty() && shard->records.front().at <= horizon) {
      shard->trimmed_through = shard->records.front().ordinal;
      shard->records.pop_front();
    }
  }
  std::erase_if(shards_,
                [&](const auto& shard) { return shard->closed && *shard->closed <= horizon; });
}

int Stream::OpenCount() const {
  return static_cast<int>(
      std::count_if(shards_.begin(), shards_.end(), [](const auto& s) { return !s->closed; }));
}

Instant Stream::WithDelay(Instant now, Duration longest) {
  return now + random_.UpTo(longest);
}

}  // namespace ddbsync::fake
