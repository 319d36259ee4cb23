// One pass over an item's text. Members are appended as they come, and where each begins and ends
// is remembered; what then turns out not to be in order is moved afterwards. So a server that sorts
// costs no move, and no value is ever held as anything but text.

#include "dynamodb/canonical_item.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "dynamodb/canonical_key.h"
#include "dynamodb/json_text.h"
#include "dynamodb/limits.h"

namespace ddbsync::dynamodb {
namespace {

constexpr size_t kCountBytes = 4;
constexpr size_t kFrameBytes = 1 + kCountBytes;  // type letter, length or count

constexpr size_t kShownBytes = 64;  // long garbage does not belong into a message

/// A member of a map or set in the canonical bytes. A map's are ordered by their names, a set's by
/// all of it.
struct Part {
  size_t start;
  size_t order_end;
  size_t end;
};

/// What a thread keeps from one item to the next, so that no item allocates.
struct Scratch {
  std::vector<Part> parts;  ///< a stack: those of a map are above those of the map around it
  std::string moved;        ///< members while they change their places
  std::string item;         ///< what is digested
};

Scratch& ThreadScratch() {
  static thread_local Scratch scratch;
  return scratch;
}

/// Lets go of a buffer that an extraordinary item left.
template <class Buffer>
void Trim(Buffer& buffer) {
  if (buffer.capacity() * sizeof(buffer[0]) > limits::kKeptItemBytes) buffer = Buffer();
}

void PutCount(size_t count, char* at) {
  for (size_t i = 0; i < kCountBytes; ++i) {
    at[i] = static_cast<char>((count >> (8 * (kCountBytes - 1 - i))) & 0xFF);
  }
}

/// The value of a base64 character; nothing for any other.
std::optional<unsigned> Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

/// True for the one text that bytes have: whole groups of four, and no bits behind the last byte.
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

/// A JSON string as it stands between its quotes.
struct RawText {
  std::string_view raw;
  bool escaped = false;
};

/// The tokens of a text, from front to back.
class Tokens {
 public:
  explicit Tokens(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  /// True, and behind it, when `expected` comes next, white space left out.
  bool Take(char expected) {
    SkipSpace();
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }

  bool Take(std::string_view expected) {
    SkipSpace();
    if (!std::string_view(at_, end_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  /// False when no string comes next, or one that does not end or has a control character.
  bool Take(RawText& text) {
    if (!Take('"')) return false;
    const char* const start = at_;
    text.escaped = false;
    while (true) {
      SkipPlain();
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

  [[nodiscard]] bool AtEnd() {
    SkipSpace();
    return at_ == end_;
  }

  [[nodiscard]] size_t offset() const { return static_cast<size_t>(at_ - begin_); }

 private:
  static bool IsControl(char c) { return static_cast<unsigned char>(c) < ' '; }

  static bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

  void SkipSpace() {
    while (at_ != end_ && *at_ <= ' ' && IsSpace(*at_)) ++at_;
  }

  /// To the next quote, backslash or control character, or to the end.
  void SkipPlain() {
    while (end_ - at_ >= kBlockBytes) {
      const size_t plain = PlainBytes(at_);
      at_ += plain;
      if (plain < kBlockBytes) return;
    }
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && !IsControl(*at_)) ++at_;
  }

  static constexpr ptrdiff_t kBlockBytes = 16;

  /// How many of the next kBlockBytes come before such a character. All are looked at at once: this
  /// is where an item's bytes are read one by one otherwise.
  static size_t PlainBytes(const char* bytes) {
    using Block [[gnu::vector_size(kBlockBytes)]] = unsigned char;  // of g++ and clang
    Block block;
    std::memcpy(&block, bytes, sizeof(block));
    const auto ends = (block == '"') | (block == '\\') | (block < ' ');
    uint64_t halves[2];
    std::memcpy(halves, &ends, sizeof(halves));
    if ((halves[0] | halves[1]) == 0) return kBlockBytes;
    const int zeros = halves[0] != 0 ? ZerosInFront(halves[0]) : 64 + ZerosInFront(halves[1]);
    return static_cast<size_t>(zeros) / 8;
  }

  /// Bits before the first that is set, in the order of memory.
  static int ZerosInFront(uint64_t word) {
    constexpr bool kLittle = std::endian::native == std::endian::little;
    return kLittle ? std::countr_zero(word) : std::countl_zero(word);
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
};

/// Appends one item's canonical bytes. Used once.
class ItemReader {
 public:
  ItemReader(std::string_view json, std::string& out, Scratch& scratch)
      : tokens_(json), out_(out), scratch_(scratch) {}

  Result<void> Read() {
    if (!tokens_.Take('{')) return Broken("no item begins here");
    if (Result<void> read = ReadMembers(kWhole); !read) return read;
    if (!tokens_.AtEnd()) return Broken("more bytes after its end");
    return {};
  }

 private:
  static constexpr int kWhole = 0;  ///< the depth of the item itself

  std::unexpected<Error> Broken(std::string_view why) const {
    return Fail(ErrorCode::kCorrupt,
                "An item is not JSON as DynamoDB writes it: " + std::string(why) + " (byte " +
                    std::to_string(tokens_.offset()) + ").");
  }

  std::unexpected<Error> Wrong(std::string_view why) const {
    return Fail(ErrorCode::kInvalid,
                "An item has a value that DynamoDB does not know: " + std::string(why) + " (byte " +
                    std::to_string(tokens_.offset()) + ").");
  }

  /// Where the count is to be put once it is known.
  size_t Open(char letter) {
    AppendFrame(letter, 0);
    return out_.size() - kCountBytes;
  }

  void AppendFrame(char letter, size_t count) {
    char frame[kFrameBytes] = {letter};
    PutCount(count, frame + 1);
    out_.append(frame, kFrameBytes);
  }

  Result<void> AppendText(const RawText& text) {
    if (text.escaped) return AppendCanonical(KeyType::kString, text.raw, out_);
    AppendFrame('S', text.raw.size());
    out_.append(text.raw);
    return {};
  }

  /// Behind the '{' of the item or of a map.
  Result<void> ReadMembers(int depth) {
    const size_t count_at = Open('M');
    const size_t first = scratch_.parts.size();
    bool more = !tokens_.Take('}');
    while (more) {
      Part part{.start = out_.size(), .order_end = 0, .end = 0};
      RawText name;
      if (!tokens_.Take(name)) return Broken("the name of an attribute is missing");
      if (Result<void> appended = AppendText(name); !appended) return appended;
      part.order_end = out_.size();
      if (!tokens_.Take(':')) return Broken("a name has no value");
      if (Result<void> read = ReadValue(depth); !read) {
        if (depth == kWhole) {
          read.error().context =
              "attribute \"" + std::string(name.raw.substr(0, kShownBytes)) + '"';
        }
        return read;
      }
      part.end = out_.size();
      scratch_.parts.push_back(part);
      more = tokens_.Take(',');
      if (!more && !tokens_.Take('}')) return Broken("a map does not end");
    }
    PutCount(scratch_.parts.size() - first, out_.data() + count_at);
    if (const std::optional<Part> twice = PutInOrder(first)) {
      return Fail(ErrorCode::kCorrupt, "An item or a map in it has \"" +
                                           std::string(Order(*twice).substr(0, kShownBytes)) +
                                           "\" twice; the response is damaged.");
    }
    return {};
  }

  /// {"S":"..."}
  Result<void> ReadValue(int depth) {
    if (!tokens_.Take('{')) return Broken("a value does not begin with {");
    if (tokens_.Take('}')) return Wrong("it has no type");
    RawText tag;
    if (!tokens_.Take(tag) || !tokens_.Take(':')) return Broken("a value has no type");
    if (Result<void> read =
            tag.escaped ? ReadEscapedTag(tag.raw, depth) : ReadTyped(tag.raw, depth);
        !read) {
      return read;
    }
    if (tokens_.Take('}')) return {};
    return tokens_.Take(',') ? Wrong("it has more than one type") : Broken("a value does not end");
  }

  Result<void> ReadEscapedTag(std::string_view raw, int depth) {
    std::string tag;
    if (Result<void> unescaped = AppendUnescaped(raw, tag); !unescaped) return unescaped;
    return ReadTyped(tag, depth);
  }

  /// What stands behind the type's name and its colon.
  Result<void> ReadTyped(std::string_view tag, int depth) {
    if (tag == "S") return ReadScalar(KeyType::kString);
    if (tag == "N") return ReadScalar(KeyType::kNumber);
    if (tag == "B") return ReadScalar(KeyType::kBinary);
    if (tag == "BOOL") return ReadBool();
    if (tag == "NULL") return ReadNull();
    if (tag == "SS") return ReadSet('s', KeyType::kString);
    if (tag == "NS") return ReadSet('n', KeyType::kNumber);
    if (tag == "BS") return ReadSet('b', KeyType::kBinary);
    if (tag != "M" && tag != "L") {
      return Wrong("its type is \"" + std::string(tag.substr(0, kShownBytes)) + '"');
    }
    if (depth == limits::kMaxNesting) {
      return Wrong("more than " + std::to_string(limits::kMaxNesting) +
                   " lists and maps within each other");
    }
    if (tag == "L") return ReadList(depth + 1);
    if (!tokens_.Take('{')) return Broken("a map does not begin with {");
    return ReadMembers(depth + 1);
  }

  Result<void> ReadScalar(KeyType type) {
    RawText text;
    if (!tokens_.Take(text)) return Broken("a value is not a string that ends");
    if (type == KeyType::kString) return AppendText(text);
    const size_t start = out_.size();
    Result<void> appended = AppendCanonical(type, text.raw, out_);
    if (!appended || type == KeyType::kNumber) return appended;
    if (!IsBase64(std::string_view(out_).substr(start + kFrameBytes))) {
      return Wrong("a binary is not padded base64");
    }
    return {};
  }

  Result<void> ReadBool() {
    const bool value = tokens_.Take("true");
    if (!value && !tokens_.Take("false")) return Broken("a BOOL is neither true nor false");
    out_.push_back(value ? 'T' : 'F');
    return {};
  }

  Result<void> ReadNull() {
    if (tokens_.Take("false")) return Wrong("a NULL that is not true");
    if (!tokens_.Take("true")) return Broken("a NULL is not true");
    out_.push_back('Z');
    return {};
  }

  Result<void> ReadList(int depth) {
    const size_t count_at = Open('L');
    if (!tokens_.Take('[')) return Broken("a list does not begin with [");
    size_t count = 0;
    bool more = !tokens_.Take(']');
    while (more) {
      if (Result<void> read = ReadValue(depth); !read) return read;
      ++count;
      more = tokens_.Take(',');
      if (!more && !tokens_.Take(']')) return Broken("a list does not end");
    }
    PutCount(count, out_.data() + count_at);
    return {};
  }

  Result<void> ReadSet(char letter, KeyType type) {
    const size_t count_at = Open(letter);
    if (!tokens_.Take('[')) return Broken("a set does not begin with [");
    const size_t first = scratch_.parts.size();
    bool more = !tokens_.Take(']');
    while (more) {
      const size_t start = out_.size();
      if (Result<void> read = ReadScalar(type); !read) return read;
      scratch_.parts.push_back({.start = start, .order_end = out_.size(), .end = out_.size()});
      more = tokens_.Take(',');
      if (!more && !tokens_.Take(']')) return Broken("a set does not end");
    }
    PutCount(scratch_.parts.size() - first, out_.data() + count_at);
    if (PutInOrder(first)) return Wrong("a set has a member twice");
    return {};
  }

  /// The text that a part is ordered by.
  [[nodiscard]] std::string_view Order(const Part& part) const {
    return {out_.data() + part.start + kFrameBytes, out_.data() + part.order_end};
  }

  /// Brings the parts from `first` on, which end the bytes, into their order and takes them off the
  /// stack. Returns one that is there twice, if there is any.
  std::optional<Part> PutInOrder(size_t first) {
    const auto begin = scratch_.parts.begin() + static_cast<ptrdiff_t>(first);
    const auto end = scratch_.parts.end();
    const auto before = [this](const Part& a, const Part& b) { return Order(a) < Order(b); };
    const auto not_before = [&](const Part& a, const Part& b) { return !before(a, b); };
    std::optional<Part> twice;
    if (std::adjacent_find(begin, end, not_before) != end) {
      const size_t start = begin->start;
      std::sort(begin, end, before);
      const auto same = std::adjacent_find(begin, end, not_before);
      if (same != end) twice = *same;
      if (!twice) Move(start, begin, end);
    }
    scratch_.parts.erase(begin, end);
    return twice;
  }

  void Move(size_t start, std::vector<Part>::const_iterator part,
            std::vector<Part>::const_iterator end) {
    scratch_.moved.assign(out_, start);
    out_.resize(start);
    for (; part != end; ++part) {
      out_.append(scratch_.moved, part->start - start, part->end - part->start);
    }
  }

  Tokens tokens_;
  std::string& out_;
  Scratch& scratch_;
};

}  // namespace

Result<void> AppendCanonicalItem(std::string_view item_json, std::string& out) {
  if (item_json.size() > limits::kMaxItemJsonBytes) {
    return Fail(ErrorCode::kInvalid, "An item's JSON has " + std::to_string(item_json.size()) +
                                         " bytes, more than any item of DynamoDB.");
  }
  const size_t size_before = out.size();
  Scratch& scratch = ThreadScratch();
  scratch.parts.clear();
  Result<void> read = ItemReader(item_json, out, scratch).Read();
  if (!read) out.resize(size_before);
  Trim(scratch.parts);
  Trim(scratch.moved);
  return read;
}

Result<Digest> DigestItem(std::string_view item_json) {
  std::string& bytes = ThreadScratch().item;
  bytes.clear();
  const Result<void> appended = AppendCanonicalItem(item_json, bytes);
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  Trim(bytes);
  if (!appended) return std::unexpected(appended.error());
  return Digest{.low = hash.low64, .high = hash.high64};
}

}  // namespace ddbsync::dynamodb
