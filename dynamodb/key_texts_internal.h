#pragma once

// Private to dynamodb/: how an item's key is found while the item is read, by whatever parser.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "dynamodb/item_tokens_internal.h"
#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

/// What stands between the quotes of an item's key attributes, escapes still in it.
class KeyTexts {
 public:
  /// `schema` outlives this.
  explicit KeyTexts(const KeySchema& schema) : schema_(schema) {}

  [[nodiscard]] const KeySchema& schema() const { return schema_; }

  /// Whether `attribute`, one of the schema's, has been noted.
  [[nodiscard]] bool Has(const KeyAttribute& attribute) const {
    return (IsPartition(attribute) ? partition_ : sort_).has_value();
  }

  void Note(const KeyAttribute& attribute, std::string_view text) {
    (IsPartition(attribute) ? partition_ : sort_) = text;
  }

  /// Appends the canonical key. Errors: kInvalid (a key attribute is missing or has no value that
  /// DynamoDB knows).
  [[nodiscard]] Result<void> AppendTo(std::string& keys) const;

  /// The key as DynamoDB wants it in a request: {"id":{"S":"a"}}. All of it has been noted.
  [[nodiscard]] std::string Json() const;

  /// For the next item.
  void Clear() {
    partition_.reset();
    sort_.reset();
  }

 private:
  using Text = std::optional<std::string_view>;
  static Result<void> Append(const KeyAttribute& attribute, const Text& found, std::string& keys);

  /// Of one of the schema's.
  [[nodiscard]] bool IsPartition(const KeyAttribute& attribute) const {
    return &attribute == &schema_.partition;
  }

  const KeySchema& schema_;
  Text partition_;
  Text sort_;
};

/// Finds the keys of items that are read by their tokens, one item after the other.
class KeyFinder {
 public:
  /// `schema` outlives this.
  explicit KeyFinder(const KeySchema& schema);

  /// Looks at an attribute of the item. `name` has as few escapes as can be.
  void See(std::string_view name, const PlainValue& value) {
    if (const KeyAttribute* attribute = Named(name)) Note(*attribute, value);
  }
  /// Likewise, of any spelling: `value` comes next, and is known to be one of DynamoDB's.
  void See(std::string_view name, Tokens value) {
    if (const KeyAttribute* attribute = Named(name)) Note(*attribute, value);
  }

  /// Appends the canonical key of the item, and goes on to the next. False: it has none of the
  /// schema's; then no other item is to be read.
  [[nodiscard]] bool TakeKey(std::string& keys);

 private:
  [[nodiscard]] const KeyAttribute* Named(std::string_view name) const {
    if (name == partition_) return &schema_.partition;
    if (sort_ && name == *sort_) return &*schema_.sort;
    return nullptr;
  }
  void Note(const KeyAttribute& attribute, const PlainValue& value) {
    if (value.type == TypeTag(attribute.type)) texts_.Note(attribute, value.text);
  }
  void Note(const KeyAttribute& attribute, Tokens value);

  KeyTexts texts_;
  const KeySchema& schema_;
  const std::string partition_;            ///< its name, with as few escapes as can be
  const std::optional<std::string> sort_;  ///< likewise
};

}  // namespace ddbsync::dynamodb
