// One pass over an item's text. Attributes that are written as short as can be are hashed where
// they lie; others are spelled anew in a buffer first.

#include "dynamodb/canonical_item.h"

#define XXH_INLINE_ALL  // a call for each attribute would be a tenth of the work
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dynamodb/item_digester_internal.h"
#include "dynamodb/item_tokens_internal.h"
#include "dynamodb/json_text.h"
#include "dynamodb/key_texts_internal.h"
#include "dynamodb/limits.h"
#include "dynamodb/scalar_text.h"

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

/// The `Word` that lies at `bytes`.
template <class Word>
uint64_t WordAt(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

/// Of a name in a map, for SeenNames: cheaper than a hash of all its bytes. Names that differ in
/// their middle only are told apart by a comparison.
uint64_t Fold(std::string_view name, uint64_t map) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio: Knuth's Fibonacci hashing
  const char* const begin = name.data();
  const char* const end = begin + name.size();
  uint64_t first = 0, last = 0;  // which overlap in a short name
  if (name.size() >= sizeof(uint64_t)) {
    first = WordAt<uint64_t>(begin);
    last = WordAt<uint64_t>(end - sizeof(uint64_t));
  } else if (name.size() >= sizeof(uint32_t)) {
    first = WordAt<uint32_t>(begin);
    last = WordAt<uint32_t>(end - sizeof(uint32_t));
  } else if (!name.empty()) {
    first = WordAt<uint8_t>(begin) << 8 | WordAt<uint8_t>(begin + name.size() / 2);
    last = WordAt<uint8_t>(end - 1);
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

/// True for types whose value is a text.
bool IsScalar(std::string_view type) {
  return type == "S" || type == "N" || type == "B";
}

/// True for a value that is hashed as it lies.
bool IsCanonical(const PlainValue& value) {
  if (value.type == 'N') return IsPlainNumber(value.text);
  return value.type != 'B' || IsBase64(value.text);
}

std::unexpected<Error> BrokenItem(std::string_view why, size_t offset) {
  return Fail(ErrorCode::kCorrupt,
              "An item is not JSON as DynamoDB writes it: " + std::string(why) + " (byte " +
                  std::to_string(offset) + ").");
}

/// Reads one item. Used once.
class ItemReader {
 public:
  /// The item comes next in `tokens`, and is behind them afterwards. `key`, if there is one, is
  /// shown the item's own attributes.
  ItemReader(const Tokens& tokens, KeyFinder* key, Scratch& scratch)
      : tokens_(tokens), start_(tokens.offset()), key_(key), scratch_(scratch) {}

  Result<Digest> Read() {
    if (!tokens_.Take('{')) return Broken("no item begins here");
    return ReadMembers(kWhole);
  }

  /// Behind the item.
  [[nodiscard]] const Tokens& tokens() const { return tokens_; }

 private:
  static constexpr int kWhole = 0;  ///< the depth of the item itself

  using Name = std::optional<std::string_view>;  ///< an element of a list has none

  /// Which names on the stack are a map's.
  struct MapNames {
    uint64_t number;  ///< of the map in the item
    size_t first;
  };

  std::unexpected<Error> Broken(std::string_view why) const {
    return BrokenItem(why, tokens_.offset() - start_);
  }

  std::unexpected<Error> Wrong(std::string_view why) const {
    return Fail(ErrorCode::kInvalid,
                "An item has a value that DynamoDB does not know: " + std::string(why) + " (byte " +
                    std::to_string(tokens_.offset() - start_) + ").");
  }

  /// Behind the '{' of the item or of a map.
  Result<Digest> ReadMembers(int depth) {
    MemberSum sum;
    const MapNames names{.number = ++maps_, .first = scratch_.names.size()};
    bool more = !tokens_.Take('}');
    KeyFinder* const key = depth == kWhole ? key_ : nullptr;
    while (more) {
      Tokens behind = tokens_;
      if (PlainMember plain; behind.Take(plain) && IsCanonical(plain.value)) {
        tokens_ = behind;
        Note(names, plain.name);
        sum.Add(Hash(plain.json));
        if (key != nullptr) key->See(plain.name, plain.value);
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
    const Tokens value = tokens_;
    Result<Digest> read = ReadValue(*name, depth);
    if (depth != kWhole) return read;
    if (!read) {
      read.error().context = "attribute \"" + std::string(raw.raw.substr(0, kShownBytes)) + '"';
    } else if (key_ != nullptr) {
      key_->See(*name, value);
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
  const size_t start_;
  KeyFinder* const key_;
  Scratch& scratch_;
  uint64_t maps_ = 0;            ///< begun so far, the item too
  bool look_for_twins_ = false;  ///< a name may have come twice
};

}  // namespace

Result<Digest> DigestNextItem(Tokens& tokens, KeyFinder* key) {
  Scratch& scratch = ThreadScratch();
  scratch.seen.Clear();
  ItemReader reader(tokens, key, scratch);
  Result<Digest> digest = reader.Read();
  tokens = reader.tokens();
  scratch.Clear();
  return digest;
}

Result<Digest> DigestItem(std::string_view item_json) {
  if (item_json.size() > limits::kMaxItemJsonBytes) {
    return Fail(ErrorCode::kInvalid, "An item's JSON has " + std::to_string(item_json.size()) +
                                         " bytes, more than any item of DynamoDB.");
  }
  Tokens tokens(item_json);
  Result<Digest> digest = DigestNextItem(tokens, nullptr);
  if (digest && !tokens.AtEnd()) return BrokenItem("more bytes after its end", tokens.offset());
  return digest;
}

}  // namespace ddbsync::dynamodb
