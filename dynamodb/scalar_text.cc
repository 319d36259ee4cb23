#include "dynamodb/scalar_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "dynamodb/canonical_key.h"
#include "dynamodb/limits.h"

namespace ddbsync::dynamodb {
namespace {

/// The value of a base64 character; nothing for any other.
std::optional<unsigned> Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

/// Takes digits off the front of `text`; how many there were.
size_t TakeDigits(std::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  text.remove_prefix(digits);
  return digits;
}

}  // namespace

bool IsBase64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);
  uint8_t bad = 0;
  for (const char c : text) {  // without a branch, so that many are looked at at once
    const auto byte = static_cast<uint8_t>(c);
    const bool letter = static_cast<uint8_t>((byte | 0x20) - 'a') < 26;
    const bool digit = static_cast<uint8_t>(byte - '0') < 10;
    bad |= static_cast<uint8_t>(!(letter | digit | (byte == '+') | (byte == '/')));
  }
  if (bad != 0) return false;
  if (padding == 0) return true;
  const unsigned unused_bits = padding == 1 ? 0b11 : 0b1111;
  return (Base64Digit(text.back()).value_or(unused_bits) & unused_bits) == 0;
}

bool IsPlainNumber(std::string_view text) {
  if (text == "0") return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > limits::kMaxNumberDigits || text.empty()) return false;
  const bool leading_zero = text.front() == '0';
  const size_t before_point = TakeDigits(text);
  if (before_point == 0 || (leading_zero && before_point > 1)) return false;
  if (text.empty()) return !leading_zero;
  if (text.front() != '.' || text.back() == '0') return false;
  text.remove_prefix(1);
  return TakeDigits(text) > 0 && text.empty();
}

Result<void> AppendPlainNumber(std::string_view text, std::string& out) {
  const Result<std::string> canonical = CanonicalNumber(text);  // "-15e2", or "0"
  if (!canonical) return std::unexpected(canonical.error());
  std::string_view digits = *canonical;
  const size_t mark = std::min(digits.find('e'), digits.size());
  int exponent = 0;
  if (mark < digits.size()) {
    std::from_chars(digits.data() + mark + 1, digits.data() + digits.size(), exponent);
  }
  digits = digits.substr(0, mark);
  if (digits.starts_with('-')) {
    out += '-';
    digits.remove_prefix(1);
  }
  if (exponent >= 0) {
    out.append(digits).append(static_cast<size_t>(exponent), '0');
    return {};
  }
  const auto behind_point = static_cast<size_t>(-exponent);
  const size_t whole = digits.size() - std::min(behind_point, digits.size());
  out.append(whole > 0 ? digits.substr(0, whole) : "0").append(".");
  digits.remove_prefix(whole);
  out.append(behind_point - digits.size(), '0').append(digits);
  return {};
}

}  // namespace ddbsync::dynamodb
