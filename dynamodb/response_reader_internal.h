#pragma once

// Private to dynamodb/: the only header that shows simdjson, for .cc files of the straight path.
//
// How a response is read: once, front to back, with simdjson's on-demand parser, which indexes the
// whole body first (UTF-8, closed strings) and then hands out values where they lie, so that an
// item is a pair of pointers into the body. The members of each item are walked; what is inside an
// attribute other than the key's is passed over by counting brackets, for the target reads it again
// and the CRC has vouched for its bytes. What it throws (simdjson_error: broken JSON or another
// type than asked for) is caught in one place, ReadMembers, and becomes kCorrupt. What is wrong
// with the content travels as Result.

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "dynamodb/key_schema.h"
#include "dynamodb/key_texts_internal.h"

namespace ddbsync::dynamodb {

namespace ondemand = simdjson::ondemand;

/// The calling thread's parser, for a body of this size. A parser holds an index of the whole body,
/// so a fresh one per response would cost hundreds of page faults. One response at a time is read
/// on a thread, within one call. The index of a 1 MB page keeps less than 1 MB of memory resident;
/// one that grew far beyond is let go with the next ordinary body.
ondemand::parser& ThreadParser(size_t body_bytes);

/// Gives `body` the bytes that simdjson reads past the end; usually they are there already.
void EnsurePadding(std::string& body);
std::string PaddedCopy(std::string_view body);

/// Without the white space at its end: simdjson's raw texts reach to the next token. Inline, as
/// nearly always there is none.
inline std::string_view TrimRight(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// As NameIs, for a name that has escapes.
bool EscapedNameIs(const char* raw_name, std::string_view name);

/// True when a member's name, its escapes undone, is `name`. `raw_name` is where it starts, behind
/// the quote. Inline, as it is asked of every attribute of every item, and the first letter mostly
/// answers it.
inline bool NameIs(const char* raw_name, std::string_view name) {
  const char* raw = raw_name;
  for (const char c : name) {
    if (*raw == '\\') return EscapedNameIs(raw_name, name);
    if (*raw == '"' || *raw != c) return false;
    ++raw;
  }
  return *raw == '"';
}
/// Where a member's name starts. `Member` is a field or simdjson's result of one.
template <class Member>
const char* RawName(Member& member) {
  return ondemand::raw_json_string(member.key()).raw();
}
inline bool NameIs(const ondemand::field& member, std::string_view name) {
  return NameIs(member.key().raw(), name);
}

/// What stands between the quotes of a string, its escapes still in it. The value is not consumed.
/// Throws when it is not a string.
std::string_view RawString(ondemand::value& value);

/// The bytes of an object. Throws when it is not one.
std::string_view RawObject(ondemand::value& value);

/// True for null, which AWS's JSON protocol takes for an absent member. Inline, as it is asked of
/// every member of every record, and the first letter nearly always answers it.
inline bool IsNull(ondemand::value& value) {
  return value.raw_json_token().front() == 'n' && value.is_null();
}

/// CapacityUnits of a ConsumedCapacity, summed when it is a list of them; 0 where it names none.
/// Throws for lists in lists: read by recursion, they would be as deep as a server likes.
double ConsumedUnits(ondemand::value& value);

/// Finds the key among the members of an item, in whatever order they come.
class KeyReader {
 public:
  /// `schema` outlives this.
  explicit KeyReader(const KeySchema& schema) : texts_(schema) {}

  /// Looks at a member of the item; others than the key's are left alone. `Member` is a field or
  /// simdjson's result of one: taking every attribute out of its result just to look at its name
  /// made a page a third slower to read. Errors: kInvalid (not of the key's type), kCorrupt (a key
  /// attribute comes twice).
  template <class Member>
  Result<void> Take(Member& member) {
    const KeySchema& schema = texts_.schema();
    const char* raw_name = RawName(member);
    if (NameIs(raw_name, schema.partition.name)) {
      return TakeValue(schema.partition, member.value());
    }
    if (schema.sort && NameIs(raw_name, schema.sort->name)) {
      return TakeValue(*schema.sort, member.value());
    }
    return {};
  }

  [[nodiscard]] const KeyTexts& texts() const { return texts_; }

 private:
  Result<void> TakeValue(const KeyAttribute& attribute, ondemand::value value);

  KeyTexts texts_;
};

/// Reads the item or key at `value`: appends its canonical key to `keys` and returns its bytes.
/// Errors: as KeyReader.
Result<std::string_view> ReadItem(ondemand::document& document, ondemand::value& value,
                                  const KeySchema& schema, std::string& keys);

std::unexpected<Error> NotAResponse(std::string_view operation, std::string_view why);

/// Calls `read(document, member)` for each member of the object that is the whole of `body`, null
/// members left out, until it returns an error. `body` has simdjson's padding. Errors: kCorrupt
/// (broken JSON, unexpected types, bytes after the end), and those of `read`.
template <class Read>
Result<void> ReadMembers(std::string_view operation, const std::string& body, Read read) {
  try {
    ondemand::document document =
        ThreadParser(body.size()).iterate(body.data(), body.size(), body.capacity());
    for (ondemand::field member : document.get_object()) {
      if (IsNull(member.value())) continue;
      if (Result<void> done = read(document, member); !done) return done;
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      return NotAResponse(operation, "more bytes after its end");
    }
    return {};
  } catch (const simdjson::simdjson_error& error) {
    return NotAResponse(operation, error.what());
  }
}

}  // namespace ddbsync::dynamodb
