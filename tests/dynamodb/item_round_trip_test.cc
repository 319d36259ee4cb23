// The way of an item through the engine as text: a page comes in, its views go out again in
// batches.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "dynamodb/batch.h"
#include "dynamodb/item_key.h"
#include "dynamodb/item_page.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

const KeySchema kSchema = {.partition = {"id", KeyType::kString},
                           .sort = KeyAttribute{"at", KeyType::kNumber}};

// DynamoDB's limits (developer guide, "Quotas").
constexpr int kDeepest = 32;
constexpr size_t kLargestItem = 400 * 1024;

/// Items of every shape, by seed; RandomPage knows every spelling, this every type at its limits.
class RandomItems {
 public:
  explicit RandomItems(uint32_t seed) : random_(seed) {}

  int Below(int bound) { return std::uniform_int_distribution(0, bound - 1)(random_); }
  bool Coin() { return Below(2) == 0; }

  /// `number` keeps the items of a page apart.
  json Item(size_t number) {
    json item = {{"id", {{"S", Text()}}}, {"at", {{"N", std::to_string(number) + ".50"}}}};
    for (int i = Below(4); i > 0; --i) {
      item["v" + std::to_string(i) + Text()] = Value(Below(4));
    }
    if (Below(5) == 0) item["deep"] = Value(kDeepest);
    if (Below(100) == 0) {
      item["big"] = {{"S", std::string(kLargestItem - item.dump().size() % kLargestItem, 'x')}};
    }
    return item;
  }

 private:
  /// Up to 38 digits, a point anywhere, an exponent or none.
  std::string Number() {
    std::string digits;
    for (int length = 1 + Below(38); length > 0; --length) digits += std::to_string(Below(10));
    const int point = Below(static_cast<int>(digits.size()) + 1);
    if (point < static_cast<int>(digits.size())) digits.insert(point, point == 0 ? "0." : ".");
    if (Coin()) digits.insert(0, "-");
    if (Coin()) digits += "E" + std::to_string(Below(170) - 90);
    return digits;
  }

  /// Any characters, those beyond the basic plane and those that JSON escapes among them.
  std::string Text() {
    static const std::vector<std::string> kCharacters = {"a",
                                                         "Z",
                                                         "0",
                                                         " ",
                                                         "\"",
                                                         "\\",
                                                         "/",
                                                         "\n",
                                                         "\x01",
                                                         std::string(1, '\0'),
                                                         "{",
                                                         "}",
                                                         "]",
                                                         ",",
                                                         "é",
                                                         "€",
                                                         "\xF0\x9F\x98\x80",
                                                         "\xEF\xBF\xBF",
                                                         "\x7F"};
    std::string text;
    for (int length = Below(20); length > 0; --length) {
      text += kCharacters[Below(static_cast<int>(kCharacters.size()))];
    }
    return text;
  }

  json Scalar() {
    switch (Below(8)) {
      case 0:
        return {{"N", Number()}};
      case 1:
        return {{"B", Coin() ? "" : "/+8A"}};
      case 2:
        return {{"BOOL", Coin()}};
      case 3:
        return {{"NULL", true}};
      case 4:
        return {{"SS", {Text(), "another"}}};
      case 5:
        return {{"NS", {Number(), "1E-130"}}};
      case 6:
        return {{"BS", {"", "AA=="}}};
      default:
        return {{"S", Text()}};
    }
  }

  /// Lists and maps around a scalar, with others beside it on each level.
  json Value(int levels) {
    json value = Scalar();
    for (int level = 0; level < levels; ++level) {
      if (Coin()) {
        value = {{"L", json::array({Scalar(), std::move(value)})}};
      } else {
        value = {{"M", {{Text(), Scalar()}, {"id", std::move(value)}}}};
      }
    }
    return value;
  }

  std::mt19937 random_;
};

/// What a server would find in the bodies that `page` is written with.
std::vector<json> Written(const ItemPage& page) {
  std::vector<WriteOp> ops;
  for (const ItemView& item : page.items()) {
    ops.push_back({.kind = WriteOp::Kind::kPut, .json = item.json, .key = item.key});
  }
  std::vector<json> items;
  for (std::span<const WriteOp> rest = ops; !rest.empty();) {
    const size_t count = FitBatch(rest);
    const std::string body = BatchWriteBody("t", rest.first(count), true);
    RC_ASSERT(count <= 25u && (count == 1 || body.size() <= size_t{16} << 20));
    const json parsed = json::parse(body);
    for (const json& request : parsed.at("RequestItems").at("t")) {
      items.push_back(request.at("PutRequest").at("Item"));
    }
    rest = rest.subspan(count);
  }
  return items;
}

RC_GTEST_PROP(ItemRoundTrip, WhatIsReadIsWritten, (uint32_t seed)) {
  RandomItems random(seed);
  std::vector<json> items;
  for (int i = random.Below(30); i > 0; --i) items.push_back(random.Item(items.size()));
  const json answer = {{"Items", items}, {"Count", items.size()}};
  const auto page = ItemPage::Parse(
      answer.dump(random.Below(4) - 1, ' ', /*ensure_ascii=*/random.Coin()), kSchema);
  RC_ASSERT(page.has_value());
  RC_ASSERT(Written(*page) == items);
}

RC_GTEST_PROP(ItemRoundTrip, WhatIsReadBackByItsKeyIsTheItem, (uint32_t seed)) {
  const json item = RandomItems(seed).Item(1);
  const auto key_json = KeyJson(item.dump(), kSchema);
  RC_ASSERT(key_json.has_value());
  RC_ASSERT(json::parse(*key_json) == json({{"id", item["id"]}, {"at", item["at"]}}));
  const auto page = ItemPage::ParseGetItem(json({{"Item", item}}).dump(1), kSchema);
  RC_ASSERT(page.has_value());
  RC_ASSERT(page->items().at(0).key == CanonicalKey(*key_json, kSchema).value());
  RC_ASSERT(Written(*page) == std::vector{item});
}

}  // namespace
}  // namespace ddbsync::dynamodb
