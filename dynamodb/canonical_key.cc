#include "dynamodb/canonical_key.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "dynamodb/json_text.h"
#include "dynamodb/limits.h"

namespace ddbsync::dynamodb {
namespace {

constexpr size_t kLengthBytes = 4;

/// Exponents beyond this are all out of range whatever the digits: a response's digits cannot bring
/// them back. Keeps the arithmetic below from overflowing.
constexpr int64_t kExponentBound = 1'000'000'000;

std::unexpected<Error> NotANumber(std::string_view text) {
  constexpr size_t kShown = 64;  // long garbage does not belong into a message
  std::string message(1, '"');
  message += text.substr(0, kShown);
  message += "\" is not a DynamoDB number (38 digits, 1E-130 to 9.99E+125).";
  return Fail(ErrorCode::kInvalid, std::move(message));
}

/// The value of "[+-]digits", limited to +-kExponentBound; nothing when it is something else.
std::optional<int64_t> ParseExponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(value * 10 + (c - '0'), kExponentBound);
  }
  return negative ? -value : value;
}

/// Appends the significant digits of "digits[.digits]" without leading and trailing zeros. The
/// value is these digits times ten to the power that comes back; nothing when it is something else.
std::optional<int64_t> AppendDigits(std::string_view text, std::string& out) {
  const size_t start = out.size();
  int64_t exponent = 0;
  bool any_digit = false;
  bool after_point = false;
  for (const char c : text) {
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any_digit = true;
    if (after_point) --exponent;
    if (c != '0' || out.size() > start) out.push_back(c);
  }
  if (!any_digit) return std::nullopt;
  while (out.size() > start && out.back() == '0') {
    out.pop_back();
    ++exponent;
  }
  return exponent;
}

/// As CanonicalNumber; false, with `out` undefined from its old end on, when it is no number.
bool AppendNumber(std::string_view text, std::string& out) {
  const size_t start = out.size();
  if (text.starts_with('-')) out.push_back('-');
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const size_t digits_start = out.size();
  const size_t mark = std::min(text.find_first_of("eE"), text.size());
  std::optional<int64_t> exponent = AppendDigits(text.substr(0, mark), out);
  if (!exponent) return false;
  if (mark < text.size()) {
    const std::optional<int64_t> written = ParseExponent(text.substr(mark + 1));
    if (!written) return false;
    *exponent += *written;
  }
  const auto digits = static_cast<int64_t>(out.size() - digits_start);
  if (digits == 0) {  // minus zero is zero
    out.resize(start);
    out.push_back('0');
    return true;
  }
  const int64_t magnitude = *exponent + digits - 1;
  if (digits > static_cast<int64_t>(limits::kMaxNumberDigits) ||
      magnitude < limits::kMinNumberExponent || magnitude > limits::kMaxNumberExponent) {
    return false;
  }
  char buffer[24];
  const auto written = std::to_chars(std::begin(buffer), std::end(buffer), *exponent);
  out.push_back('e');
  out.append(buffer, written.ptr);
  return true;
}

Result<void> AppendNumberValue(std::string_view value, std::string& out) {
  if (value.find('\\') == std::string_view::npos) {
    if (!AppendNumber(value, out)) return NotANumber(value);
    return {};
  }
  std::string text;
  if (Result<void> unescaped = AppendUnescaped(value, text); !unescaped) return unescaped;
  if (!AppendNumber(text, out)) return NotANumber(text);
  return {};
}

}  // namespace

Result<void> AppendCanonical(KeyType type, std::string_view value, std::string& out) {
  const size_t start = out.size();
  out.push_back(TypeTag(type));
  out.append(kLengthBytes, '\0');
  // Base64 is unescaped too: some servers write "/" as "\/".
  Result<void> appended =
      type == KeyType::kNumber ? AppendNumberValue(value, out) : AppendUnescaped(value, out);
  if (!appended) {
    out.resize(start);
    return appended;
  }
  const size_t length = out.size() - start - 1 - kLengthBytes;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    out[start + 1 + i] = static_cast<char>((length >> (8 * (kLengthBytes - 1 - i))) & 0xFF);
  }
  return {};
}

Result<std::string> CanonicalNumber(std::string_view text) {
  std::string out;
  if (!AppendNumber(text, out)) return NotANumber(text);
  return out;
}

}  // namespace ddbsync::dynamodb
