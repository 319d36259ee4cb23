#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dynamodb/canonical_item.h"

namespace ddbsync::verify {

/// The sums of one table: every item adds its digest to the bucket that its key's hash chooses.
/// Tables with equal buckets hold the same items, but for a chance of about 2^-128 for each bucket;
/// a bucket that differs holds a key that differs. What is summed does not depend on the order, so
/// a table may be scanned in any. Not thread-safe.
class Buckets {
 public:
  /// `count` is a power of two.
  explicit Buckets(size_t count) : buckets_(count) {}

  struct Addition {
    size_t bucket;
    dynamodb::Digest digest;
  };
  [[nodiscard]] static size_t Of(std::string_view canonical_key, size_t count);

  void Add(std::span<const Addition> additions);

  [[nodiscard]] size_t size() const { return buckets_.size(); }
  /// In all of them together.
  [[nodiscard]] int64_t items() const;
  /// One digest of the table: the same for tables that hold the same items.
  [[nodiscard]] dynamodb::Digest Total() const;
  /// Which differ from `other`'s, which has as many.
  [[nodiscard]] std::vector<bool> DifferingFrom(const Buckets& other) const;

  // As bytes, limits::kBucketsPerRecord at a time.
  [[nodiscard]] size_t pieces() const;
  [[nodiscard]] std::string Piece(size_t index) const;
  /// Errors: kCorrupt (no such piece, or not of that length).
  [[nodiscard]] Result<void> SetPiece(size_t index, std::string_view bytes);

 private:
  struct Bucket {
    uint64_t items = 0;
    uint64_t low = 0, high = 0;  ///< sum of digests, modulo 2^128
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };
  std::vector<Bucket> buckets_;
};

/// 32 hexadecimal digits.
[[nodiscard]] std::string ToString(const dynamodb::Digest& digest);

/// How many buckets for tables of so many items.
[[nodiscard]] size_t ChooseBuckets(int64_t items);

}  // namespace ddbsync::verify
