#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ddbsync::fake {

/// A DynamoDB number, exactly: 0.DIGITS x 10^exponent. Written apart from dynamodb/canonical_key on
/// purpose: the fake must not share the engine's mistakes.
struct Decimal {
  bool negative = false;
  std::string digits;  ///< no leading and no trailing zero; empty for zero
  int exponent = 0;
};

/// Refuses (ValidationException) what is not a number, has more than 38 digits or is out of range.
Decimal ParseDecimal(std::string_view text);

/// As AWS prints it: no exponent, no zeros without meaning.
std::string ToPlainText(const Decimal& number);

/// Bytes that sort as the numbers do.
std::string ToOrderedBytes(const Decimal& number);

/// Bytes it counts for in an item's size: one for each two digits and one more.
size_t StoredBytes(const Decimal& number);

}  // namespace ddbsync::fake
