// One pass over an item's text. Attributes that are written as short as can be are hashed where
// they lie; others are spelled anew in a buffer first.

#include "dynamodb/canonical_item.h"

#define XXH_INLINE_ALL  // a call for each attribute would be a tenth of the work
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dynamodb/canonical_key.h"
#include "dynamodb/item_tokens_internal.h"
#include "dynamodb/json_text.h"
#include "dynamodb/limits.h"

namespace ddbsync::dynamodb {
namespace {

using namespace std::string_view_literals;

constexpr size_t kShownBytes = 64;  // long garbage does not belong into a message

/// Tells in nearly all cases that a name has not come before, without a comparison: to sort an
/// item's names costs as much as to hash the item.
class SeenNames {
 public:
  void Clear() { bits_.fill(0); }

  /// False when no name of this hash was noted before.
  bool Note(uint64_t hash) {
    uint64_t& word = bits_[hash >> 58];  // the upper bits depend on all that was multiplied
    const uint64_t bit = uint64_t{1} << ((hash >> 52) % kWordBits);
    const bool seen = (word & bit) != 0;
    word |= bit;
    return seen;
  }

 private:
  static constexpr size_t kWordBits = 64;
  /// With 11 names two share a bit in 1 of 75 items, with 65 in every second one.
  std::array<uint64_t, 64> bits_{};
};

/// Of a name in a map, for SeenNames: cheaper than a hash of all its bytes. Names that differ in
/// their middle only are told apart by a comparison.
uint64_t Fold(std::string_view name, uint64_t map) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio: Knuth's Fibonacci hashing
  uint64_t first = 0, last = 0;
  if (name.size() >= sizeof(first)) {
    std::memcpy(&first, name.data(), sizeof(first));
    std::memcpy(&last, name.data() + name.size() - sizeof(last), sizeof(last));
  } else {
    for (const char c : name) first = first << 8 | static_cast<unsigned char>(c);
  }
  const uint64_t words = (first + map) * kOdd ^ std::rotl(last + name.size(), 32) * kOdd;
  return words * kOdd;
}

/// What a thread keeps from one item to the next, so that no item allocates.
struct Scratch {
  SeenNames seen;
  std::vector<std::string_view> names;  ///< a stack: those of a map are above the map's around it
  std::vector<Digest> hashes;           ///< likewise, of elements
  std::deque<std::string> respelled;    ///< names that are not in the item as they are hashed
  std::string content;                  ///< of a value, which is not in the item as it is hashed
  std::string text;                     ///< what is hashed

  /// Empties it, and lets go of what an extraordinary item left.
  void Clear() {
    names.clear();
    hashes.clear();
    if (!respelled.empty()) respelled.clear();
    const size_t kept = names.capacity() * sizeof(names[0]) +
                        hashes.capacity() * sizeof(hashes[0]) + content.capacity() +
                        text.capacity();
    if (kept > limits::kKeptItemBytes) *this = Scratch();
  }
};

Scratch& ThreadScratch() {
  static thread_local Scratch scratch;
  return scratch;
}

Digest Hash(const void* bytes, size_t size) {
  const XXH128_hash_t hash = XXH3_128bits(bytes, size);
  return {.low = hash.low64, .high = hash.high64};
}

Digest Hash(std::string_view text) {
  return Hash(text.data(), text.size());
}

// Hashes are hashed as they lie in memory.
static_assert(std::endian::native == std::endian::little);

Digest HashOfAll(std::span<const Digest> hashes) {
  return Hash(hashes.data(), hashes.size_bytes());
}

/// The members of a map, in any order. What is made of their sum keeps it apart from the sums of
/// other maps, so that an attribute counts for its own item alone.
class MemberSum {
 public:
  void Add(const Digest& member) {
    ++members_;
    low_ += member.low;
    high_ += member.high + (low_ < member.low ? 1 : 0);
  }

  [[nodiscard]] Digest Total() const {
    const uint64_t words[] = {low_, high_, members_};
    return Hash(words, sizeof(words));
  }

 private:
  uint64_t low_ = 0, high_ = 0;  ///< modulo 2^128
  uint64_t members_ = 0;
};

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

/// Takes digits off the front of `text`; how many there were.
size_t TakeDigits(std::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  text.remove_prefix(digits);
  return digits;
}

/// True for what AppendPlainNumber makes, where it is short enough to be in range for sure.
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

/// True for types whose value is a text.
bool IsScalar(std::string_view type) {
  return type == "S" || type == "N" || type == "B";
}

/// True for a value that is hashed as it lies.
bool IsCanonical(const PlainValue& value) {
  if (value.type == 'N') return IsPlainNumber(value.text);
  return value.type != 'B' || IsBase64(value.text);
}

/// Appends a number's one plain spelling: "-1500", "0.25", "0". Errors: as CanonicalNumber.
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

/// Reads one item. Used once.
class ItemReader {
 public:
  ItemReader(std::string_view json, Scratch& scratch) : tokens_(json), scratch_(scratch) {}

  Result<Digest> Read() {
    if (!tokens_.Take('{')) return Broken("no item begins here");
    Result<Digest> digest = ReadMembers(kWhole);
    if (digest && !tokens_.AtEnd()) return Broken("more bytes after its end");
    return digest;
  }

 private:
  static constexpr int kWhole = 0;  ///< the depth of the item itself

  using Name = std::optional<std::string_view>;  ///< an element of a list has none

  /// Which names on the stack are a map's.
  struct MapNames {
    uint64_t number;  ///< of the map in the item
    size_t first;
  };

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

  /// Behind the '{' of the item or of a map.
  Result<Digest> ReadMembers(int depth) {
    MemberSum sum;
    const MapNames names{.number = ++maps_, .first = scratch_.names.size()};
    bool more = !tokens_.Take('}');
    while (more) {
      Tokens behind = tokens_;
      if (PlainMember plain; behind.Take(plain) && IsCanonical(plain.value)) {
        tokens_ = behind;
        Note(names, plain.name);
        sum.Add(Hash(plain.json));
      } else {
        const Result<Digest> member = ReadMember(names, depth);
        if (!member) return member;
        sum.Add(*member);
      }
      more = tokens_.Take(',');
      if (!more && !tokens_.Take('}')) return Broken("a map does not end");
    }
    if (const Name name = TakeOff(names)) {
      return Fail(ErrorCode::kCorrupt, "An item or a map in it has \"" +
                                           std::string(name->substr(0, kShownBytes)) +
                                           "\" twice; the response is damaged.");
    }
    return sum.Total();
  }

  /// "name":{"S":"..."}, in any spelling.
  Result<Digest> ReadMember(const MapNames& names, int depth) {
    RawText raw;
    if (!tokens_.Take(raw)) return Broken("the name of an attribute is missing");
    const Result<std::string_view> name = CanonicalName(raw);
    if (!name) return std::unexpected(name.error());
    Note(names, *name);
    if (!tokens_.Take(':')) return Broken("a name has no value");
    Result<Digest> read = ReadValue(*name, depth);
    if (!read && depth == kWhole) {
      read.error().context = "attribute \"" + std::string(raw.raw.substr(0, kShownBytes)) + '"';
    }
    return read;
  }

  /// With no escapes but those that it needs.
  Result<std::string_view> CanonicalName(const RawText& raw) {
    if (!raw.escaped) return raw.raw;
    std::string name;
    if (Result<void> unescaped = AppendUnescaped(raw.raw, name); !unescaped) {
      return std::unexpected(unescaped.error());
    }
    std::string& quoted = scratch_.respelled.emplace_back();
    AppendQuoted(name, quoted);
    return std::string_view(quoted).substr(1, quoted.size() - 2);
  }

  Digest HashOf(const Name& name, std::string_view type, std::string_view content) {
    std::string& text = scratch_.text;
    text.clear();
    if (name) text.append(*name).append("\":"sv);
    text.append("{\""sv).append(type).append(IsScalar(type) ? "\":\""sv : "\":"sv).append(content);
    return Hash(text);
  }

  /// {"S":"..."}
  Result<Digest> ReadValue(const Name& name, int depth) {
    if (!tokens_.Take('{')) return Broken("a value does not begin with {");
    if (tokens_.Take('}')) return Wrong("it has no type");
    RawText tag;
    if (!tokens_.Take(tag) || !tokens_.Take(':')) return Broken("a value has no type");
    std::string type(tag.raw);
    if (tag.escaped) {
      type.clear();
      if (Result<void> unescaped = AppendUnescaped(tag.raw, type); !unescaped) {
        return std::unexpected(unescaped.error());
      }
    }
    const Result<std::string_view> content = ReadContent(type, depth);
    if (!content) return std::unexpected(content.error());
    if (tokens_.Take('}')) return HashOf(name, type, *content);
    return tokens_.Take(',') ? Wrong("it has more than one type") : Broken("a value does not end");
  }

  /// What is hashed of a value, behind its type's name and colon. It stays until the next is read.
  Result<std::string_view> ReadContent(std::string_view type, int depth) {
    if (IsScalar(type)) {
      RawText text;
      if (!tokens_.Take(text)) return Broken("a value is not a string that ends");
      return ScalarContent(type[0], text);
    }
    if (type == "BOOL") return ReadBool();
    if (type == "NULL") return ReadNull();
    if (type == "SS" || type == "NS" || type == "BS") return Kept(ReadSet(type[0]));
    if (type != "M" && type != "L") {
      return Wrong("its type is \"" + std::string(type.substr(0, kShownBytes)) + '"');
    }
    if (depth == limits::kMaxNesting) {
      return Wrong("more than " + std::to_string(limits::kMaxNesting) +
                   " lists and maps within each other");
    }
    if (type == "L") return Kept(ReadList(depth + 1));
    if (!tokens_.Take('{')) return Broken("a map does not begin with {");
    return Kept(ReadMembers(depth + 1));
  }

  /// Where it lies, if it is written in the one way that is hashed.
  Result<std::string_view> ScalarContent(char type, const RawText& text) {
    std::string_view content = text.raw;
    if (text.escaped) {
      scratch_.content.clear();
      if (Result<void> unescaped = AppendUnescaped(text.raw, scratch_.content); !unescaped) {
        return std::unexpected(unescaped.error());
      }
      content = scratch_.content;
    }
    if (type == 'B' && !IsBase64(content)) return Wrong("a binary is not padded base64");
    if (type != 'N' || IsPlainNumber(content)) return content;
    std::string number;
    if (Result<void> plain = AppendPlainNumber(content, number); !plain) {
      return std::unexpected(plain.error());
    }
    return scratch_.content = std::move(number);
  }

  Result<std::string_view> Kept(const Result<Digest>& digest) {
    if (!digest) return std::unexpected(digest.error());
    const uint64_t words[] = {digest->low, digest->high};
    return scratch_.content.assign(reinterpret_cast<const char*>(words), sizeof(words));
  }

  Result<std::string_view> ReadBool() {
    if (tokens_.Take("true")) return "true";
    if (tokens_.Take("false")) return "false";
    return Broken("a BOOL is neither true nor false");
  }

  Result<std::string_view> ReadNull() {
    if (tokens_.Take("true")) return "true";
    if (tokens_.Take("false")) return Wrong("a NULL that is not true");
    return Broken("a NULL is not true");
  }

  Result<Digest> ReadList(int depth) {
    if (!tokens_.Take('[')) return Broken("a list does not begin with [");
    const size_t first = scratch_.hashes.size();
    bool more = !tokens_.Take(']');
    while (more) {
      Tokens behind = tokens_;
      if (PlainValue plain; behind.Take(plain) && IsCanonical(plain)) {
        tokens_ = behind;
        scratch_.hashes.push_back(Hash(plain.json));
      } else {
        const Result<Digest> element = ReadValue(std::nullopt, depth);
        if (!element) return element;
        scratch_.hashes.push_back(*element);
      }
      more = tokens_.Take(',');
      if (!more && !tokens_.Take(']')) return Broken("a list does not end");
    }
    return TakeOffHashes(first);
  }

  Result<Digest> ReadSet(char type) {
    if (!tokens_.Take('[')) return Broken("a set does not begin with [");
    const size_t first = scratch_.hashes.size();
    bool more = !tokens_.Take(']');
    while (more) {
      RawText text;
      if (!tokens_.Take(text)) return Broken("a value is not a string that ends");
      const Result<std::string_view> content = ScalarContent(type, text);
      if (!content) return std::unexpected(content.error());
      scratch_.hashes.push_back(Hash(*content));
      more = tokens_.Take(',');
      if (!more && !tokens_.Take(']')) return Broken("a set does not end");
    }
    const std::span<Digest> members = std::span(scratch_.hashes).subspan(first);
    std::ranges::sort(members);
    if (std::ranges::adjacent_find(members) != members.end()) {
      return Wrong("a set has a member twice");
    }
    return TakeOffHashes(first);
  }

  /// The hash of those from `first` on, in their order.
  Digest TakeOffHashes(size_t first) {
    const Digest digest = HashOfAll(std::span<const Digest>(scratch_.hashes).subspan(first));
    scratch_.hashes.resize(first);
    return digest;
  }

  void Note(const MapNames& map, std::string_view name) {
    scratch_.names.push_back(name);
    if (scratch_.seen.Note(Fold(name, map.number))) {
      look_for_twins_ = true;
    }
  }

  /// One of the map's names that is there twice, if any is.
  Name TakeOff(const MapNames& map) {
    Name twice;
    if (look_for_twins_) {
      const std::span<std::string_view> names = std::span(scratch_.names).subspan(map.first);
      std::ranges::sort(names);
      const auto same = std::ranges::adjacent_find(names);
      if (same != names.end()) twice = *same;
    }
    scratch_.names.resize(map.first);
    return twice;
  }

  Tokens tokens_;
  Scratch& scratch_;
  uint64_t maps_ = 0;            ///< begun so far, the item too
  bool look_for_twins_ = false;  ///< a name may have come twice
};

}  // namespace

Result<Digest> DigestItem(std::string_view item_json) {
  if (item_json.size() > limits::kMaxItemJsonBytes) {
    return Fail(ErrorCode::kInvalid, "An item's JSON has " + std::to_string(item_json.size()) +
                                         " bytes, more than any item of DynamoDB.");
  }
  Scratch& scratch = ThreadScratch();
  scratch.seen.Clear();
  Result<Digest> digest = ItemReader(item_json, scratch).Read();
  scratch.Clear();
  return digest;
}

}  // namespace ddbsync::dynamodb
