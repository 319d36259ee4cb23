#pragma once

// Private to dynamodb/: the tokens of an item's JSON. Not simdjson's: an item is read here by
// itself, and nothing is read behind its end, so that it may be a view into a page.

#include <cstring>
#include <string_view>

#include "dynamodb/plain_text_internal.h"

namespace ddbsync::dynamodb {

/// A JSON string as it stands between its quotes.
struct RawText {
  std::string_view raw;
  bool escaped = false;
};

/// A value as servers write nearly all of them: {"S":"text"} or {"BOOL":true}, without a space or
/// an escape.
struct PlainValue {
  char type;              ///< 'S', 'N' or 'B'; 'T' for a truth value
  std::string_view text;  ///< between its quotes, if it has any
  std::string_view json;  ///< all of it up to the text's end
};

/// "name":{"S":"text"}, likewise.
struct PlainMember {
  std::string_view name;
  PlainValue value;
  std::string_view json;  ///< from the name, behind its quote, up to the text's end
};

/// The tokens of a text, from front to back. Each Take is true, and behind what it took, when that
/// comes next.
class Tokens {
 public:
  explicit Tokens(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  /// White space before it is left out.
  bool Take(char expected) {
    SkipSpace();
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }

  /// White space before it is left out.
  bool Take(std::string_view expected) {
    SkipSpace();
    if (!std::string_view(at_, end_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  /// White space before it is left out. False when no string comes next, or one that does not end
  /// or has a control character; it is not told where this stands then.
  bool Take(RawText& text) {
    if (!Take('"')) return false;
    const char* const start = at_;
    text.escaped = false;
    while (true) {
      at_ = PlainEnd(at_, end_);
      if (at_ == end_) return false;
      if (*at_ == '"') break;
      // What is behind the backslash is judged when the escape is undone; here it ends no string.
      if (*at_ != '\\' || end_ - at_ < 2 || IsControl(at_[1])) return false;
      text.escaped = true;
      at_ += 2;
    }
    text.raw = std::string_view(start, at_);
    ++at_;
    return true;
  }

  bool Take(PlainValue& value) {
    const char* const end = PlainValueEnd(at_, value);
    if (end == nullptr) return false;
    at_ = end;
    return true;
  }

  bool Take(PlainMember& member) {
    if (at_ == end_ || *at_ != '"') return false;
    const char* const start = at_ + 1;
    const char* const name_end = PlainEnd(start, end_);
    if (!Follows(name_end, "\":")) return false;
    const char* const end = PlainValueEnd(name_end + 2, member.value);
    if (end == nullptr) return false;
    member.name = std::string_view(start, name_end);
    member.json = std::string_view(start, member.value.json.data() + member.value.json.size());
    at_ = end;
    return true;
  }

  /// Any value of JSON, whatever is inside. False when none comes next or one that does not end; it
  /// is not told where this stands then.
  bool TakeValue() {
    int depth = 0;
    do {
      SkipSpace();
      if (at_ == end_) return false;
      RawText text;
      switch (*at_) {
        case '"':
          if (!Take(text)) return false;
          break;
        case '{':
        case '[':
          ++depth, ++at_;
          break;
        case '}':
        case ']':
          --depth, ++at_;
          break;
        case ',':
        case ':':
          if (depth == 0) return false;
          ++at_;
          break;
        case '\\':  // not JSON; another parser may take it otherwise
          return false;
        default:
          while (at_ != end_ && !IsSpace(*at_) && !IsMark(*at_)) ++at_;
      }
    } while (depth > 0);
    return depth == 0;
  }

  [[nodiscard]] bool AtEnd() {
    SkipSpace();
    return at_ == end_;
  }

  /// The character that begins the next token; NUL at the end.
  [[nodiscard]] char Next() { return AtEnd() ? '\0' : *at_; }

  [[nodiscard]] size_t offset() const { return static_cast<size_t>(at_ - begin_); }

 private:
  static bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

  static bool IsMark(char c) { return std::string_view("\"{}[],:\\").contains(c); }

  void SkipSpace() {
    while (at_ != end_ && *at_ <= ' ' && IsSpace(*at_)) ++at_;
  }

  /// Whether `word`, a literal, comes at `at`: compared as a whole, without a call.
  template <size_t kSize>
  bool Follows(const char* at, const char (&word)[kSize]) const {
    constexpr size_t kLength = kSize - 1;
    return static_cast<size_t>(end_ - at) >= kLength && std::memcmp(at, word, kLength) == 0;
  }

  /// Behind the value that begins at `at`; nothing when none of that form does.
  const char* PlainValueEnd(const char* at, PlainValue& value) const {
    if (!Follows(at, "{\"")) return nullptr;
    const char* const type = at + 2;
    if (Follows(type, "BOOL\":")) return PlainWordEnd(at, type + 6, value);
    if (type == end_ || (*type != 'S' && *type != 'N' && *type != 'B')) return nullptr;
    if (!Follows(type + 1, "\":\"")) return nullptr;
    const char* const text = type + 4;
    const char* const text_end = PlainEnd(text, end_);
    if (!Follows(text_end, "\"}")) return nullptr;
    value = {.type = *type, .text = {text, text_end}, .json = {at, text_end}};
    return text_end + 2;
  }

  /// Likewise, for {"BOOL":true} or false.
  const char* PlainWordEnd(const char* at, const char* word, PlainValue& value) const {
    const char* const end = Follows(word, "true}")    ? word + 4
                            : Follows(word, "false}") ? word + 5
                                                      : nullptr;
    if (end == nullptr) return nullptr;
    value = {.type = 'T', .text = {word, end}, .json = {at, end}};
    return end + 1;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

}  // namespace ddbsync::dynamodb
