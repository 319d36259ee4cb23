// Pages of Scan, GetItem and BatchGetItem. What holds for any body:
//  - a page is made exactly of those bodies that are such an answer (where a second parser agrees
//    that they are JSON), and holds each item and key of it, in order;
//  - an item's view, read alone, is that item, and its key read alone is its key;
//  - one reading for items and digests finds just what two readings find;
//  - a body that lost its end is never a whole one;
//  - "no LastEvaluatedKey", "no such item" and "nothing unprocessed" are never made up.
// On the first run, once: a page of 32 levels and 400 KB items, and nesting far beyond any answer.

#include "dynamodb/item_page.h"

#include <vector>

#include "base/error.h"
#include "dynamodb/item_key.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/oracle.h"

namespace ddbsync::fuzz {
namespace {

using dynamodb::BatchGetResult;
using dynamodb::ItemPage;
using dynamodb::ItemView;
using dynamodb::KeySchema;
using nlohmann::json;

/// That views hold together, whatever a second parser thinks of the body.
void CheckViews(const ItemPage& page, const KeySchema& schema) {
  for (const ItemView& item : page.items()) {
    DDBSYNC_CHECK(item.json.starts_with('{') && item.json.ends_with('}'));
    const Result<std::string> key = dynamodb::CanonicalKey(item.json, schema);
    DDBSYNC_CHECK(key && *key == item.key);
    const Result<std::string> key_json = dynamodb::KeyJson(item.json, schema);
    DDBSYNC_CHECK(key_json && *dynamodb::CanonicalKey(*key_json, schema) == item.key);
    // Nobody reads another key out of it.
    DDBSYNC_CHECK(ParseJson(*key_json) || !json::accept(*key_json));
  }
}

void CheckItems(const ItemPage& page, const json& items, const std::vector<std::string>& keys) {
  DDBSYNC_CHECK(page.items().size() == items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    DDBSYNC_CHECK(json::parse(page.items()[i].json) == items[i]);
    DDBSYNC_CHECK(page.items()[i].key == keys[i]);
  }
}

/// A body without its end, wherever it broke off.
void CheckShortened(std::string_view body, const KeySchema& schema) {
  const size_t end = body.find_last_of('}');
  const size_t cut = end == 0 ? 0 : std::hash<std::string_view>()(body) % (end + 1);
  for (const size_t length : {end, cut}) {
    for (const auto parse : {&ItemPage::Parse, &ItemPage::ParseDigested}) {
      const Result<ItemPage> page = parse(std::string(body.substr(0, length)), schema);
      DDBSYNC_CHECK(!page && page.error().code == ErrorCode::kCorrupt);
    }
  }
}

/// `page` is what Parse made of the body.
void CheckDigested(std::string_view body, const Result<ItemPage>& page, const KeySchema& schema) {
  const Result<ItemPage> digested = ItemPage::ParseDigested(std::string(body), schema);
  if (!page) {
    DDBSYNC_CHECK(!digested && digested.error().code == page.error().code);
    return;
  }
  std::vector<dynamodb::Digest> digests;
  for (const ItemView& item : page->items()) {
    const Result<dynamodb::Digest> digest = dynamodb::DigestItem(item.json);
    if (!digest) {
      DDBSYNC_CHECK(!digested && digested.error().code == digest.error().code);
      return;
    }
    digests.push_back(*digest);
  }
  DDBSYNC_CHECK(digested && digested->digests() == digests);
  DDBSYNC_CHECK(page->items().size() == digested->items().size());
  for (size_t i = 0; i < page->items().size(); ++i) {
    DDBSYNC_CHECK(page->items()[i].json == digested->items()[i].json);
    DDBSYNC_CHECK(page->items()[i].key == digested->items()[i].key);
  }
  DDBSYNC_CHECK(page->last_evaluated_key() == digested->last_evaluated_key());
  DDBSYNC_CHECK(page->consumed_units() == digested->consumed_units());
}

void CheckScan(std::string_view body, const std::optional<json>& document,
               const KeySchema& schema) {
  const Result<ItemPage> page = ItemPage::Parse(std::string(body), schema);
  if (page) {
    CheckViews(*page, schema);
    CheckShortened(body, schema);
  } else {
    const ErrorCode code = page.error().code;
    DDBSYNC_CHECK(code == ErrorCode::kCorrupt || code == ErrorCode::kInvalid);
  }
  CheckDigested(body, page, schema);
  if (!document) return;
  std::optional<std::vector<std::string>> keys;
  if (document->is_object()) keys = KeysOf(Member(*document, "Items"), schema);
  const json& last = document->is_object() ? Member(*document, "LastEvaluatedKey") : *document;
  const bool answer = keys && (last.is_null() || (last.is_object() && !last.empty())) &&
                      IsConsumedCapacity(Member(*document, "ConsumedCapacity"));
  DDBSYNC_CHECK(page.has_value() == answer);
  if (!page) return;
  CheckItems(*page, document->at("Items"), *keys);
  DDBSYNC_CHECK(page->last_evaluated_key().has_value() == !last.is_null());
  if (!last.is_null()) DDBSYNC_CHECK(json::parse(*page->last_evaluated_key()) == last);
}

void CheckGetItem(std::string_view body, const std::optional<json>& document,
                  const KeySchema& schema) {
  const Result<ItemPage> page = ItemPage::ParseGetItem(std::string(body), schema);
  if (page) CheckViews(*page, schema);
  if (!document || !document->is_object() || !page) return;
  const json& item = Member(*document, "Item");
  if (!item.is_null()) {
    CheckItems(*page, json::array({item}), {*KeyOf(item, schema)});
    return;
  }
  // It may lead to a delete, so nothing else may be taken for "no such item".
  DDBSYNC_CHECK(page->items().empty());
  for (const auto& [name, value] : document->items()) {
    DDBSYNC_CHECK(value.is_null() || name == "ConsumedCapacity");
  }
}

void CheckBatchGet(std::string_view body, const std::optional<json>& document,
                   const KeySchema& schema) {
  const Result<BatchGetResult> result = ItemPage::ParseBatchGet(std::string(body), schema);
  if (result) CheckViews(result->found, schema);
  if (!document || !document->is_object() || !result) return;
  json found = json::array();
  for (const json& table : document->at("Responses")) {
    found.insert(found.end(), table.begin(), table.end());
  }
  CheckItems(result->found, found, *KeysOf(found, schema));
  json left = json::array();
  for (const json& table : document->at("UnprocessedKeys")) {
    left.insert(left.end(), table.at("Keys").begin(), table.at("Keys").end());
  }
  DDBSYNC_CHECK(result->unprocessed == *KeysOf(left, schema));
  DDBSYNC_CHECK(left.empty() ? result->unprocessed_keys.empty()
                             : json::parse(result->unprocessed_keys) == left);
}

void CheckAll(std::string_view body) {
  const std::optional<json> document = ParseJson(body);
  for (const KeySchema& schema : Schemas()) {
    CheckScan(body, document, schema);
    CheckGetItem(body, document, schema);
    CheckBatchGet(body, document, schema);
  }
}

std::string Nested(std::string_view open, std::string_view inner, std::string_view close,
                   size_t levels) {
  std::string text;
  for (size_t i = 0; i < levels; ++i) text += open;
  text += inner;
  for (size_t i = 0; i < levels; ++i) text += close;
  return text;
}

/// Larger than any page, and deeper than any item.
bool CheckGenerated() {
  std::string items;
  for (const char id : {'a', 'b', 'c', 'd'}) {
    items += items.empty() ? "" : ",";
    items += std::string(R"({"id":{"S":")") + id + R"("},"deep":)" +
             Nested(R"({"M":{"id":)", R"({"N":"1"})", "}}", 32) + R"(,"big":{"B":")" +
             std::string(400 * 1024, 'A') + R"("},"at":{"N":"-0.10"}})";
  }
  CheckAll(R"({"Items":[)" + items + "]}");
  constexpr size_t kFarTooDeep = 1'000'000;
  const std::string deep = Nested("[", "", "]", kFarTooDeep);
  for (const KeySchema& schema : Schemas()) {
    (void)ItemPage::Parse(R"({"Items":[],"ConsumedCapacity":)" + deep + "}", schema);
    (void)ItemPage::Parse(R"({"Items":)" + deep + "}", schema);
    (void)ItemPage::Parse(R"({"Items":[{"id":{"S":"a"},"x":)" + deep + "}]}", schema);
  }
  return true;
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  [[maybe_unused]] static const bool generated = ddbsync::fuzz::CheckGenerated();
  ddbsync::fuzz::CheckAll(ddbsync::fuzz::Input(data, size).Rest());
  return 0;
}
