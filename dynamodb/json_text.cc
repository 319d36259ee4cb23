#include "dynamodb/json_text.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace ddbsync::dynamodb {
namespace {

constexpr size_t kUnitDigits = 4;  // of \uXXXX

// RFC 8259, section 7, and the Unicode standard's surrogate ranges.
constexpr uint32_t kHighSurrogateFirst = 0xD800;
constexpr uint32_t kLowSurrogateFirst = 0xDC00;
constexpr uint32_t kLowSurrogateLast = 0xDFFF;
constexpr uint32_t kSupplementaryFirst = 0x10000;

bool IsHighSurrogate(uint32_t unit) {
  return unit >= kHighSurrogateFirst && unit < kLowSurrogateFirst;
}
bool IsLowSurrogate(uint32_t unit) {
  return unit >= kLowSurrogateFirst && unit <= kLowSurrogateLast;
}

void AppendUtf8(uint32_t code_point, std::string& out) {
  const auto tail = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)));
  };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code_point >> 6)));
    tail(0);
  } else if (code_point < kSupplementaryFirst) {
    out.push_back(static_cast<char>(0xE0 | (code_point >> 12)));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | (code_point >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Takes XXXX off the front of `rest`.
std::optional<uint32_t> TakeUnit(std::string_view& rest) {
  if (rest.size() < kUnitDigits) return std::nullopt;
  uint32_t unit = 0;
  const char* end = rest.data() + kUnitDigits;
  const auto [stopped, error] = std::from_chars(rest.data(), end, unit, 16);
  if (error != std::errc() || stopped != end) return std::nullopt;
  rest.remove_prefix(kUnitDigits);
  return unit;
}

/// Takes the rest of a \u escape, both halves of a surrogate pair, off the front of `rest`.
std::optional<uint32_t> TakeCodePoint(std::string_view& rest) {
  const std::optional<uint32_t> unit = TakeUnit(rest);
  if (!unit || IsLowSurrogate(*unit)) return std::nullopt;
  if (!IsHighSurrogate(*unit)) return unit;
  if (!rest.starts_with("\\u")) return std::nullopt;
  rest.remove_prefix(2);
  const std::optional<uint32_t> low = TakeUnit(rest);
  if (!low || !IsLowSurrogate(*low)) return std::nullopt;
  return kSupplementaryFirst + ((*unit - kHighSurrogateFirst) << 10) + (*low - kLowSurrogateFirst);
}

/// Takes what follows a backslash off the front of `rest`; false when it is no escape.
bool TakeEscape(std::string_view& rest, std::string& out) {
  constexpr std::string_view kLetters = R"("\/bfnrt)";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (rest.empty()) return false;
  const char letter = rest.front();
  rest.remove_prefix(1);
  if (letter == 'u') {
    const std::optional<uint32_t> code_point = TakeCodePoint(rest);
    if (code_point) AppendUtf8(*code_point, out);
    return code_point.has_value();
  }
  const size_t at = kLetters.find(letter);
  if (at == std::string_view::npos) return false;
  out.push_back(kMeanings[at]);
  return true;
}

}  // namespace

Result<void> AppendUnescaped(std::string_view raw, std::string& out) {
  const size_t size_before = out.size();
  for (std::string_view rest = raw; !rest.empty();) {
    const size_t plain = std::min(rest.find('\\'), rest.size());
    out.append(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (!TakeEscape(rest, out)) {
      out.resize(size_before);
      return Fail(ErrorCode::kInvalid, "A text has a broken JSON escape or half a surrogate pair.");
    }
  }
  return {};
}

void AppendQuoted(std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {  // control characters: RFC 8259, section 7
      out.append("\\u00");
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 0xF]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace ddbsync::dynamodb
