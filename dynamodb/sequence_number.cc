#include "dynamodb/sequence_number.h"

#include "base/planted_bug.h"

namespace ddbsync::dynamodb {
namespace {

std::string_view WithoutLeadingZeros(std::string_view digits) {
  while (digits.starts_with('0')) digits.remove_prefix(1);
  return digits;
}

}  // namespace

std::strong_ordering operator<=>(const SequenceNumber& a, const SequenceNumber& b) {
  // No position comes before every position, zero included.
  if (a.empty() || b.empty()) return b.empty() <=> a.empty();
  if (Planted(PlantedBug::kSequenceNumbersAsText)) return a.text_ <=> b.text_;
  const std::string_view left = WithoutLeadingZeros(a.text_);
  const std::string_view right = WithoutLeadingZeros(b.text_);
  if (left.size() != right.size()) return left.size() <=> right.size();
  return left <=> right;
}

}  // namespace ddbsync::dynamodb
