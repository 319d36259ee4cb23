#include "verify/buckets.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "verify/limits.h"

namespace ddbsync::verify {

size_t Buckets::Of(std::string_view canonical_key, size_t count) {
  return static_cast<size_t>(XXH3_64bits(canonical_key.data(), canonical_key.size())) & (count - 1);
}

void Buckets::Add(std::span<const Addition> additions) {
  for (const Addition& addition : additions) {
    Bucket& bucket = buckets_[addition.bucket];
    ++bucket.items;
    bucket.low += addition.digest.low;
    bucket.high += addition.digest.high + (bucket.low < addition.digest.low ? 1 : 0);
  }
}

int64_t Buckets::items() const {
  uint64_t items = 0;
  for (const Bucket& bucket : buckets_) items += bucket.items;
  return static_cast<int64_t>(items);
}

dynamodb::Digest Buckets::Total() const {
  dynamodb::Digest sum;
  for (const Bucket& bucket : buckets_) {
    sum.low += bucket.low;
    sum.high += bucket.high + (sum.low < bucket.low ? 1 : 0);
  }
  return sum;
}

std::vector<bool> Buckets::DifferingFrom(const Buckets& other) const {
  DDBSYNC_CHECK(size() == other.size());
  std::vector<bool> differ(size());
  for (size_t i = 0; i < size(); ++i) differ[i] = !(buckets_[i] == other.buckets_[i]);
  return differ;
}

size_t Buckets::pieces() const {
  return (size() + limits::kBucketsPerRecord - 1) / limits::kBucketsPerRecord;
}

// The checkpoint is read by the kind of machine that wrote it; the numbers are little-endian there.
static_assert(std::endian::native == std::endian::little);

std::string Buckets::Piece(size_t index) const {
  const size_t first = index * limits::kBucketsPerRecord;
  const size_t count = std::min(limits::kBucketsPerRecord, size() - first);
  std::string bytes(count * sizeof(Bucket), '\0');
  std::memcpy(bytes.data(), &buckets_[first], bytes.size());
  return bytes;
}

Result<void> Buckets::SetPiece(size_t index, std::string_view bytes) {
  const size_t first = index * limits::kBucketsPerRecord;
  if (first >= size() ||
      bytes.size() != std::min(limits::kBucketsPerRecord, size() - first) * sizeof(Bucket)) {
    return Fail(ErrorCode::kCorrupt, "sums of another number of buckets");
  }
  std::memcpy(static_cast<void*>(&buckets_[first]), bytes.data(), bytes.size());
  return {};
}

std::string ToString(const dynamodb::Digest& digest) {
  return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

size_t ChooseBuckets(int64_t items) {
  const int64_t wanted = std::max<int64_t>(items, 0) / limits::kItemsPerBucket;
  const auto bounded = std::clamp<int64_t>(wanted, limits::kMinBuckets, limits::kMaxBuckets);
  return std::bit_ceil(static_cast<size_t>(bounded));
}

}  // namespace ddbsync::verify
