#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

/// An item as text, and what a reader should find in it.
struct RandomItem {
  std::string json;
  std::string key;       ///< canonical bytes
  std::string key_json;  ///< the key's members alone, spelled as in `json`, without white space
};

/// Items, pages and texts of every shape that JSON allows: white space wherever it may stand, any
/// escape, any order of members, nesting to DynamoDB's 32 levels. Same seed, same texts.
class RandomPage {
 public:
  explicit RandomPage(uint32_t seed) : random_(seed) {}

  /// Keyed by "id" (S) and "at" (N).
  static const KeySchema& Schema();

  RandomItem Item();
  /// {"Items":[...],...} of the items, members in any order.
  std::string ScanResponse(const std::vector<RandomItem>& items, std::string_view last_key);

  int Below(int bound);
  bool Coin() { return Below(2) == 0; }
  /// White space or none.
  std::string Space();
  /// UTF-8 text, any code point.
  std::string Text();
  /// `text` between quotes, each character plain or in one of its escapes.
  std::string Quoted(std::string_view text);

 private:
  std::string Value(int depth);
  std::string Object(std::vector<std::string> members);
  std::string Array(const std::vector<std::string>& elements);
  std::string Member(std::string_view name, std::string_view value);
  std::string QuotedCharacter(std::string_view character);

  std::mt19937 random_;
};

}  // namespace ddbsync::dynamodb
