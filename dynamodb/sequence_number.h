#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace ddbsync::dynamodb {

/// A position in a shard: decimal digits of unequal length (21 to 40 on AWS, 1 to 56 elsewhere),
/// too long for any integer. Ordered by value: leading zeros ignored, then length, then text; none
/// (empty) comes first. Only comparable within one shard lineage.
class SequenceNumber {
 public:
  SequenceNumber() = default;
  explicit SequenceNumber(std::string_view text) : text_(text) {}
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  friend std::strong_ordering operator<=>(const SequenceNumber& a, const SequenceNumber& b);
  friend bool operator==(const SequenceNumber& a, const SequenceNumber& b) {
    return (a <=> b) == 0;
  }

 private:
  std::string text_;
};

}  // namespace ddbsync::dynamodb
