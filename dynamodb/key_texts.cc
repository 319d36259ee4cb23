#include <utility>

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

}  // namespace

Result<void> KeyTexts::Note(const KeyAttribute& attribute, std::string_view text) {
  Text& found = &attribute == &schema_.partition ? partition_ : sort_;
  if (found) {
    return Fail(ErrorCode::kCorrupt, "An item has the attribute \"" + attribute.name +
                                         "\" twice; the response is damaged.");
  }
  found = text;
  return {};
}

std::unexpected<Error> KeyTexts::WrongType(const KeyAttribute& attribute) {
  return Fail(ErrorCode::kInvalid, "An item's key attribute \"" + attribute.name +
                                       "\" is not of the key's type " + TypeTag(attribute.type) +
                                       ".");
}

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

KeyFinder::KeyFinder(const KeySchema& schema)
    : texts_(schema),
      schema_(schema),
      partition_(Spelled(schema.partition.name)),
      sort_(Spelled(schema.sort)) {}

void KeyFinder::Note(const KeyAttribute& attribute, const PlainValue& value) {
  Result<void> noted = value.type == TypeTag(attribute.type) ? texts_.Note(attribute, value.text)
                                                             : KeyTexts::WrongType(attribute);
  if (!noted && !error_) error_ = std::move(noted.error());
}

void KeyFinder::Note(const KeyAttribute& attribute, Tokens value) {
  RawText tag, text;
  std::string type;
  const bool is_text = value.Take('{') && value.Take(tag) && value.Take(':') && value.Take(text) &&
                       AppendUnescaped(tag.raw, type) && type.size() == 1;
  Note(attribute, {.type = is_text ? type[0] : '\0', .text = text.raw, .json = {}});
}

Result<void> KeyFinder::TakeKey(std::string& keys) {
  if (error_) return std::unexpected(*std::exchange(error_, std::nullopt));
  Result<void> appended = texts_.AppendTo(keys);
  texts_.Clear();
  return appended;
}

}  // namespace ddbsync::dynamodb
