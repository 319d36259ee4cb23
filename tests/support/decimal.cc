#include "tests/support/decimal.h"

#include <algorithm>
#include <cctype>

#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

// Developer guide, "Data types: Number".
constexpr size_t kMaxDigits = 38;
constexpr int kMaxPowerOfTen = 125;
constexpr int kMinPowerOfTen = -130;
/// Longer exponents are out of range whatever their digits; keeps the sum below from overflowing.
constexpr size_t kMaxExponentDigits = 6;

[[noreturn]] void RefuseText(std::string_view text) {
  if (text.empty()) RefuseInvalid("The parameter cannot be converted to a numeric value");
  RefuseInvalid("The parameter cannot be converted to a numeric value: " + std::string(text));
}

std::string_view TakeDigits(std::string_view& rest) {
  size_t length = 0;
  while (length < rest.size() && std::isdigit(static_cast<unsigned char>(rest[length]))) ++length;
  const std::string_view digits = rest.substr(0, length);
  rest.remove_prefix(length);
  return digits;
}

bool TakeSign(std::string_view& rest) {
  if (rest.empty() || (rest[0] != '-' && rest[0] != '+')) return false;
  const bool negative = rest[0] == '-';
  rest.remove_prefix(1);
  return negative;
}

/// The number after 'e'; `rest` is left empty.
int TakeExponent(std::string_view text, std::string_view& rest) {
  if (rest.empty()) return 0;
  if (rest[0] != 'e' && rest[0] != 'E') RefuseText(text);
  rest.remove_prefix(1);
  const bool negative = TakeSign(rest);
  std::string_view digits = TakeDigits(rest);
  if (digits.empty() || !rest.empty()) RefuseText(text);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  digits = digits.substr(0, kMaxExponentDigits);
  const int value = digits.empty() ? 0 : std::stoi(std::string(digits));
  return negative ? -value : value;
}

void CheckRange(const Decimal& number) {
  if (number.digits.empty()) return;
  if (number.digits.size() > kMaxDigits) {
    RefuseInvalid("Attempting to store more than 38 significant digits in a Number");
  }
  if (number.exponent - 1 > kMaxPowerOfTen) {
    RefuseInvalid(
        "Number overflow. Attempting to store a number with magnitude larger than supported range");
  }
  if (number.exponent - 1 < kMinPowerOfTen) {
    RefuseInvalid(
        "Number underflow. Attempting to store a number with magnitude smaller than supported "
        "range");
  }
}

}  // namespace

Decimal ParseDecimal(std::string_view text) {
  std::string_view rest = text;
  Decimal number;
  number.negative = TakeSign(rest);
  const std::string_view whole = TakeDigits(rest);
  std::string_view fraction;
  if (!rest.empty() && rest[0] == '.') {
    rest.remove_prefix(1);
    fraction = TakeDigits(rest);
  }
  if (whole.empty() && fraction.empty()) RefuseText(text);
  const int power = TakeExponent(text, rest);

  number.digits.append(whole).append(fraction);
  number.exponent = static_cast<int>(whole.size()) + power;
  const size_t first = number.digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal{};
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  number.digits.erase(0, first);
  number.exponent -= static_cast<int>(first);
  CheckRange(number);
  return number;
}

std::string ToPlainText(const Decimal& number) {
  if (number.digits.empty()) return "0";
  std::string text = number.negative ? "-" : "";
  const auto length = static_cast<int>(number.digits.size());
  if (number.exponent <= 0) {
    return text.append("0.").append(static_cast<size_t>(-number.exponent), '0') + number.digits;
  }
  if (number.exponent >= length) {
    return text.append(number.digits).append(static_cast<size_t>(number.exponent - length), '0');
  }
  const auto point = static_cast<size_t>(number.exponent);
  return text + number.digits.substr(0, point) + "." + number.digits.substr(point);
}

std::string ToOrderedBytes(const Decimal& number) {
  constexpr char kNegative = 0;
  constexpr char kZero = 1;
  constexpr char kPositive = 2;
  constexpr char kAfterAnyDigit = '\x7f';  // a longer negative number is the smaller one
  if (number.digits.empty()) return {kZero};
  // 1..256 for the whole range, so that it fits in an order-preserving byte pair.
  int power = number.exponent - kMinPowerOfTen;
  std::string digits = number.digits;
  if (number.negative) {
    power = 0xFFFF - power;
    for (char& digit : digits) digit = static_cast<char>('0' + ('9' - digit));
    digits += kAfterAnyDigit;
  }
  std::string bytes{number.negative ? kNegative : kPositive};
  bytes += static_cast<char>(power >> 8);
  bytes += static_cast<char>(power & 0xFF);
  return bytes + digits;
}

size_t StoredBytes(const Decimal& number) {
  if (number.digits.empty()) return 1;
  // Stored in base 100, so pairs start at the decimal point; a leading lone digit takes a byte.
  const bool odd_start = number.exponent % 2 != 0;
  const size_t pairs = (number.digits.size() + (odd_start ? 1 : 0) + 1) / 2;
  return pairs + 1 + (number.negative ? 1 : 0);
}

}  // namespace ddbsync::fake
