#include "dynamodb/canonical_key.h"
#include "dynamodb/json_text.h"
#include "dynamodb/key_texts_internal.h"

namespace ddbsync::dynamodb {
namespace {

/// With no escapes but those that it needs.
std::string Spelled(const std::string& name) {
  std::string quoted;
  AppendQuoted(name, quoted);
  return quoted.substr(1, quoted.size() - 2);
}

std::optional<std::string> Spelled(const std::optional<KeyAttribute>& attribute) {
  if (!attribute) return std::nullopt;
  return Spelled(attribute->name);
}

void AppendMember(const KeyAttribute& attribute, std::string_view text, std::string& object) {
  object += object.empty() ? '{' : ',';
  AppendQuoted(attribute.name, object);
  object.append(":{\"").append(1, TypeTag(attribute.type)).append("\":\"");
  object.append(text).append("\"}");
}

}  // namespace

Result<void> KeyTexts::Append(const KeyAttribute& attribute, const Text& found, std::string& keys) {
  if (!found) {
    return Fail(ErrorCode::kInvalid, "An item has no key attribute \"" + attribute.name + "\".");
  }
  Result<void> appended = AppendCanonical(attribute.type, *found, keys);
  if (!appended) appended.error().context = "key attribute \"" + attribute.name + "\"";
  return appended;
}

Result<void> KeyTexts::AppendTo(std::string& keys) const {
  Result<void> appended = Append(schema_.partition, partition_, keys);
  if (!appended || !schema_.sort) return appended;
  return Append(*schema_.sort, sort_, keys);
}

std::string KeyTexts::Json() const {
  DDBSYNC_CHECK(partition_ && sort_.has_value() == schema_.sort.has_value());
  std::string object;
  AppendMember(schema_.partition, *partition_, object);
  if (sort_) AppendMember(*schema_.sort, *sort_, object);
  object += '}';
  return object;
}

KeyFinder::KeyFinder(const KeySchema& schema)
    : texts_(schema),
      schema_(schema),
      partition_(Spelled(schema.partition.name)),
      sort_(Spelled(schema.sort)) {}

void KeyFinder::Note(const KeyAttribute& attribute, Tokens value) {
  RawText tag, text;
  std::string type;
  const bool is_text = value.Take('{') && value.Take(tag) && value.Take(':') && value.Take(text) &&
                       AppendUnescaped(tag.raw, type) && type.size() == 1;
  Note(attribute, {.type = is_text ? type[0] : '\0', .text = text.raw, .json = {}});
}

bool KeyFinder::TakeKey(std::string& keys) {
  const bool whole = texts_.AppendTo(keys).has_value();
  texts_.Clear();
  return whole;
}

}  // namespace ddbsync::dynamodb
