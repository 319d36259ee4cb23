#include "replicator/own_writes.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>

#include "dynamodb/canonical_item.h"

namespace ddbsync::replicator {
namespace {

enum class Mark : uint64_t {
  kPut = 1,
  kPutOfAnything = 2,  ///< without images, or of an item that has no digest
  kDelete = 3,
};

uint64_t FingerprintOf(std::string_view key, Mark mark, const dynamodb::Digest& digest = {}) {
  const std::array parts{XXH3_64bits(key.data(), key.size()), static_cast<uint64_t>(mark),
                         digest.low, digest.high};
  return std::max<uint64_t>(XXH3_64bits(parts.data(), sizeof(parts)), 1);
}

uint64_t FingerprintOf(const dynamodb::WriteOp& op, bool images) {
  if (op.kind == dynamodb::WriteOp::Kind::kDelete) return FingerprintOf(op.key, Mark::kDelete);
  if (!images) return FingerprintOf(op.key, Mark::kPutOfAnything);
  const auto digest = dynamodb::DigestItem(op.json);
  return digest ? FingerprintOf(op.key, Mark::kPut, *digest)
                : FingerprintOf(op.key, Mark::kPutOfAnything);
}

}  // namespace

OwnWrites::OwnWrites(Options options) : options_(options) {
  MutexLock lock(mutex_);
  BeginGeneration();
}

void OwnWrites::Remember(std::span<const dynamodb::WriteOp> ops, WallTime now) {
  std::array<uint64_t, dynamodb::kMaxBatchOps> fingerprints;
  while (!ops.empty()) {
    const auto some = ops.first(std::min(ops.size(), fingerprints.size()));
    std::ranges::transform(some, fingerprints.begin(), [this](const dynamodb::WriteOp& op) {
      return FingerprintOf(op, options_.images);
    });
    MutexLock lock(mutex_);
    for (size_t i = 0; i < some.size(); ++i) Insert(fingerprints[i], now);
    ops = ops.subspan(some.size());
  }
}

void OwnWrites::Insert(uint64_t fingerprint, WallTime now) {
  if (generations_.front().count >= options_.per_generation) BeginGeneration();
  Generation& youngest = generations_.front();
  youngest.last = std::max(youngest.last, now);
  const size_t mask = youngest.places.size() - 1;
  for (size_t at = fingerprint & mask;; at = (at + 1) & mask) {
    if (youngest.places[at] == fingerprint) return;
    if (youngest.places[at] != 0) continue;
    youngest.places[at] = fingerprint;
    ++youngest.count;
    return;
  }
}

void OwnWrites::BeginGeneration() {
  Generation next;
  if (generations_.size() >= options_.generations) {
    forgotten_ = std::max(forgotten_, generations_.back().last);
    next = std::move(generations_.back());  // its memory is the next one's
    generations_.pop_back();
    std::ranges::fill(next.places, 0);
    next.count = 0;
    next.last = {};
  } else {
    next.places.resize(std::bit_ceil(2 * options_.per_generation));
  }
  generations_.push_front(std::move(next));
}

bool OwnWrites::Knows(uint64_t fingerprint) const {
  return std::ranges::any_of(generations_, [fingerprint](const Generation& generation) {
    const size_t mask = generation.places.size() - 1;
    for (size_t at = fingerprint & mask; generation.places[at] != 0; at = (at + 1) & mask) {
      if (generation.places[at] == fingerprint) return true;
    }
    return false;
  });
}

bool OwnWrites::MayBeForgotten(WallTime created) const {
  return forgotten_ != WallTime{} && created <= forgotten_ + options_.landing;
}

OwnWrites::Verdict OwnWrites::Judge(const dynamodb::RecordView& record) const {
  if (record.created <= options_.since) return Verdict::kBefore;
  // The service's own deletion, which no write of ours explains.
  if (record.expired_by_ttl) return Verdict::kForeign;
  const bool deleted = record.event == dynamodb::StreamEvent::kRemove;
  const uint64_t by_key = FingerprintOf(record.key, deleted ? Mark::kDelete : Mark::kPutOfAnything);
  const bool compares_items = !deleted && options_.images;
  Result<dynamodb::Digest> digest;
  if (compares_items) digest = dynamodb::DigestItem(record.new_image);

  MutexLock lock(mutex_);
  if (Knows(by_key)) return Verdict::kOurs;
  if (compares_items && !digest) return Verdict::kUnknown;
  if (compares_items && Knows(FingerprintOf(record.key, Mark::kPut, *digest))) {
    return Verdict::kOurs;
  }
  return MayBeForgotten(record.created) ? Verdict::kUnknown : Verdict::kForeign;
}

}  // namespace ddbsync::replicator
