#include "dynamodb/item_page.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dynamodb/canonical_key.h"
#include "random_page.h"

namespace ddbsync::dynamodb {
namespace {

const KeySchema kHashOnly = {.partition = {"id", KeyType::kString}, .sort = {}};

std::string Key(KeyType type, std::string_view value) {
  std::string key;
  EXPECT_TRUE(AppendCanonical(type, value, key));
  return key;
}

ErrorCode ParseError(const std::string& body, const KeySchema& schema = kHashOnly) {
  const Result<ItemPage> page = ItemPage::Parse(body, schema);
  EXPECT_FALSE(page) << body;
  const Result<ItemPage> digested = ItemPage::ParseDigested(body, schema);
  EXPECT_FALSE(digested) << body;
  if (page || digested) return ErrorCode::kRetry;
  EXPECT_EQ(digested.error().code, page.error().code) << body;
  return page.error().code;
}

/// That ParseDigested finds what Parse and DigestItem do, by their own readings. An item that has
/// no digest is the error of both.
void ExpectDigested(const std::string& body, const KeySchema& schema = kHashOnly) {
  const Result<ItemPage> page = ItemPage::Parse(body, schema);
  ASSERT_TRUE(page) << ToString(page.error());
  const Result<ItemPage> digested = ItemPage::ParseDigested(body, schema);
  std::vector<Digest> digests;
  for (const ItemView& item : page->items()) {
    const Result<Digest> digest = DigestItem(item.json);
    if (!digest) {
      ASSERT_FALSE(digested) << body;
      EXPECT_EQ(digested.error().code, digest.error().code);
      EXPECT_EQ(digested.error().context, digest.error().context);
      return;
    }
    digests.push_back(*digest);
  }
  ASSERT_TRUE(digested) << ToString(digested.error()) << " in " << body;
  EXPECT_EQ(digested->digests(), digests);
  EXPECT_TRUE(page->digests().empty());
  ASSERT_EQ(digested->items().size(), page->items().size());
  for (size_t i = 0; i < page->items().size(); ++i) {
    EXPECT_EQ(digested->items()[i].json, page->items()[i].json);
    EXPECT_EQ(digested->items()[i].key, page->items()[i].key);
  }
  EXPECT_EQ(digested->last_evaluated_key(), page->last_evaluated_key());
  EXPECT_EQ(digested->consumed_units(), page->consumed_units());
}

TEST(ItemPage, ItemsAreTheBytesThatCame) {
  const std::string item =
      R"({"n":{"N":"0.00000000000000000000000000000000000001"}, "id":{"S":"a"},"e":{"S":""}})";
  Result<ItemPage> page = ItemPage::Parse(
      R"({"Count":1,"Items":[)" + item + R"(],"ScannedCount":1,"ConsumedCapacity":)" +
          R"({"TableName":"t","CapacityUnits":128.5},"LastEvaluatedKey":{"id":{"S":"a"}} })",
      kHashOnly);
  ASSERT_TRUE(page) << ToString(page.error());
  ASSERT_EQ(page->items().size(), 1u);
  EXPECT_EQ(page->items()[0].json, item);
  EXPECT_EQ(page->items()[0].key, Key(KeyType::kString, "a"));
  EXPECT_EQ(page->last_evaluated_key(), R"({"id":{"S":"a"}})");
  EXPECT_EQ(page->consumed_units(), 128.5);
  EXPECT_GT(page->bytes(), item.size());
  EXPECT_EQ(page->item_bytes(), item.size());
}

TEST(ItemPage, AnEmptyPageMayHaveMoreBehindIt) {
  Result<ItemPage> page =
      ItemPage::Parse(R"({"Items":[],"LastEvaluatedKey":{"id":{"S":"a"}}})", kHashOnly);
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->items().empty());
  EXPECT_TRUE(page->last_evaluated_key().has_value());
  EXPECT_FALSE(page->consumed_units().has_value());
}

TEST(ItemPage, NullIsAnAbsentMember) {
  Result<ItemPage> page =
      ItemPage::Parse(R"({"Items":[],"LastEvaluatedKey":null,"ConsumedCapacity":null})", kHashOnly);
  ASSERT_TRUE(page);
  EXPECT_FALSE(page->last_evaluated_key().has_value());
}

TEST(ItemPage, ViewsSurviveMovesOfShortBodiesToo) {
  Result<ItemPage> parsed = ItemPage::Parse(R"({"Items":[{"id":{"S":"a"}}]})", kHashOnly);
  ASSERT_TRUE(parsed);
  const char* bytes = parsed->items()[0].json.data();
  ItemPage page = std::move(*parsed);
  ItemPage again = std::move(page);
  EXPECT_EQ(again.items()[0].json.data(), bytes);
  EXPECT_EQ(again.items()[0].json, R"({"id":{"S":"a"}})");
  EXPECT_EQ(again.items()[0].key, Key(KeyType::kString, "a"));
}

TEST(ItemPage, AKeyBehindEscapedNamesIsFound) {
  Result<ItemPage> page = ItemPage::Parse(
      R"({"\u0049tems":[{"i\u0064":{"\u0053":"a\u0062"},"id2":{"S":"x"},"i":{"S":"y"}}]})",
      kHashOnly);
  ASSERT_TRUE(page) << ToString(page.error());
  EXPECT_EQ(page->items()[0].key, Key(KeyType::kString, "ab"));
}

TEST(ItemPage, AKeyNameMayNeedEscapesItself) {
  const KeySchema schema = {.partition = {"a\"\\\n/é", KeyType::kString}, .sort = {}};
  Result<ItemPage> page =
      ItemPage::Parse(R"({"Items":[{"a":{"N":"1"},"a\"\\\n\/\u00e9":{"S":"k"}}]})", schema);
  ASSERT_TRUE(page) << ToString(page.error());
  EXPECT_EQ(page->items()[0].key, Key(KeyType::kString, "k"));
}

TEST(ItemPage, TheSortKeyMayComeFirst) {
  Result<ItemPage> page =
      ItemPage::Parse(R"({"Items":[{"at":{"N":"1.50"},"id":{"S":"a"}}]})", RandomPage::Schema());
  ASSERT_TRUE(page);
  EXPECT_EQ(page->items()[0].key, Key(KeyType::kString, "a") + Key(KeyType::kNumber, "1.5"));
}

TEST(ItemPage, AnItemWithoutItsKeyIsNamedByTheAttribute) {
  for (const std::string item : {R"({})", R"({"x":{"S":"a"}})", R"({"id":{"N":"1"}})",
                                 R"({"id":{}})", R"({"id":{"S":"a","N":"1"}})",
                                 R"({"id":{"S":"\ud800"}})", R"({"x":{"M":{"id":{"S":"a"}}}})"}) {
    for (const auto parse : {&ItemPage::Parse, &ItemPage::ParseDigested}) {
      const Result<ItemPage> page = parse(R"({"Items":[)" + item + "]}", kHashOnly);
      ASSERT_FALSE(page) << item;
      EXPECT_EQ(page.error().code, ErrorCode::kInvalid) << item;
      EXPECT_NE(ToString(page.error()).find("\"id\""), std::string::npos) << ToString(page.error());
    }
  }
}

TEST(ItemPage, WhatIsNotAScanResponseIsCorrupt) {
  for (
      const std::string body :
      {R"()",
       R"( )",
       R"(<html>Bad gateway</html>)",
       R"({})",
       R"([])",
       R"("x")",
       R"(null)",
       R"({"message":"hello"})",
       R"({"Items":{}})",
       R"({"Items":[1]})",
       R"({"Items":["x"]})",
       R"({"Items":null})",
       R"({"Items":[],"Items":[]})",
       R"({"Items":[],"LastEvaluatedKey":{}})",
       R"({"Items":[],"LastEvaluatedKey":{ }})",
       R"({"Items":[],"LastEvaluatedKey":"x"})",
       R"({"Items":[],"ConsumedCapacity":[[{"CapacityUnits":1}]]})",
       R"({"Items":[]}x)",
       R"({"Items":[]}{})",
       R"({"Items":[]}})",
       R"({"Items":[]]})",
       R"({"Items":[{"id":{"S":"a"}},]})",
       R"({"Items":[{"id":{"S":"a"}} {"id":{"S":"b"}}]})",
       R"({"Items":[{"id":{"S":"a"},"id":{"S":"b"}}]})",
       R"({"Items":[{"id":{"S":"a"},"id":{"N":"1"}}]})",
       R"({"Items":[{"id":{"S":"a"}},{"id":{"S":"bul", lamp"}}]})",
       R"({"Items":[{"id":{"S":"a\},"n":{"N":"1"}}]})",
       R"({"Items":[{"id":{"S":5}}]})",
       R"({"Items":[{"id":"a"}]})",
       R"({"Items":[{"id" {"S":"a"}}]})",
       R"({"Items":[],"LastEvaluatedKey":{"id":{"S":"a"}},"LastEvaluatedKey":{"id":{"S":"b"}}})"}) {
    EXPECT_EQ(ParseError(body), ErrorCode::kCorrupt) << body;
  }
  EXPECT_EQ(ParseError("{\"Items\":[{\"id\":{\"S\":\"\xff\"}}]}"), ErrorCode::kCorrupt);
}

TEST(ItemPage, AKeyIsFoundByOneReadingForItAndTheDigest) {
  for (const std::string items :
       {R"([])", R"([ ])", R"([{"id":{"S":"a"}}])", R"([ {"id":{"S":"a"} } , {"id":{"S":"b"}}] )",
        R"([{"x":{"M":{"id":{"S":"no"}}},"id":{"S":""},"y":{"L":[{"M":{"id":{"S":"no"}}}]}}])",
        R"([{"i\u0064":{"\u0053":"a\u0062"},"id2":{"S":"x"},"i":{"S":"y"}},{"id":{"S" : "a"}}])",
        R"([{ "id" : { "S" : "\u00e9" } , "n" : { "N" : "1.50e2" }}])"}) {
    ExpectDigested(R"({"Items":)" + items + "}");
    ExpectDigested(R"({"\u0049tems":)" + items + "}");
    ExpectDigested(R"( { "Items" : )" + items + R"( , "Count" : 1 } )");
    ExpectDigested(R"({"Count":1,"ConsumedCapacity":{"CapacityUnits":0.5,"x":[[],{}, "]}"]},)"
                   R"("LastEvaluatedKey":{"id":{"S":"\"Items\":["}},"Other":-1.5e3 ,"Items":)" +
                   items + R"(,"ScannedCount":1})");
  }
  const KeySchema escaped = {.partition = {"a\"\\\n/é", KeyType::kString},
                             .sort = KeyAttribute{"\x01", KeyType::kBinary}};
  ExpectDigested(R"({"Items":[{"a\"\\\n\/\u00e9":{"S":"k"},"\u0001":{"B":"AA=="}}]})", escaped);
  ExpectDigested(
      R"({"Items":[{"at":{"N":"1.50"},"id":{"S":"a"}},{"id":{"S":"a"},"at":{"N":"1"}}]})",
      RandomPage::Schema());
}

TEST(ItemPage, ParsersThatDifferOverADamagedBodyFindTheSame) {
  // A backslash outside of a string hides the quote behind it from simdjson.
  ExpectDigested(R"({"a":[\"],"Items":[{"id":{"S":"k"}}],"z":["],"Items":[]"]})");
  ExpectDigested(R"({"a":[1\"],"Items":[{"id":{"S":"k"}}],"z":["],"Items":[],"x":"]})");
}

TEST(ItemPage, WhatHasNoDigestIsAnError) {
  for (const std::string value : {R"({"X":"a"})", R"({"N":"1.2.3"})", R"({"SS":["a","a"]})"}) {
    const std::string body = R"({"Items":[{"id":{"S":"a"}},{"id":{"S":"b"},"v":)" + value + "}]}";
    EXPECT_TRUE(ItemPage::Parse(body, kHashOnly));
    const Result<ItemPage> page = ItemPage::ParseDigested(body, kHashOnly);
    ASSERT_FALSE(page) << value;
    EXPECT_EQ(page.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(page.error().context, "attribute \"v\"");
  }
}

TEST(ItemPage, EveryTruncationIsCorrupt) {
  const std::string body =
      R"({"Items":[{"id":{"S":"a"},"m":{"M":{"x":{"L":[{"N":"1"},{"SS":["}","]"]}]}}}},)"
      R"({"id":{"S":"b"}}],"Count":2,"ConsumedCapacity":{"CapacityUnits":0.5}})";
  ASSERT_TRUE(ItemPage::Parse(body, kHashOnly));
  for (size_t length = 0; length < body.size(); ++length) {
    EXPECT_EQ(ParseError(body.substr(0, length)), ErrorCode::kCorrupt) << length;
  }
}

TEST(ItemPage, ALargeItemAndADeepOneComeThroughWhole) {
  std::string deep = R"({"S":"bottom"})";
  for (int level = 0; level < 32; ++level) deep = R"({"M":{"x":)" + deep + "}}";
  const std::string first = R"({"id":{"S":"a"},"deep":)" + deep + "}";
  const std::string second =
      R"({"big":{"B":")" + std::string(400 * 1024, 'A') + R"("},"id":{"S":"b"}})";
  const std::string body = R"({"Items":[)" + first + "," + second + "]}";
  Result<ItemPage> page = ItemPage::Parse(body, kHashOnly);
  ASSERT_TRUE(page) << ToString(page.error());
  ExpectDigested(body);
  EXPECT_EQ(page->items()[0].json, first);
  EXPECT_EQ(page->items()[1].json, second);
}

TEST(ItemPage, AnAnswerNestedWithoutBoundsIsReadWithoutRecursion) {
  constexpr size_t kLevels = 1'000'000;
  const std::string deep = std::string(kLevels, '[') + std::string(kLevels, ']');
  EXPECT_EQ(ParseError(R"({"Items":[],"ConsumedCapacity":)" + deep + "}"), ErrorCode::kCorrupt);
  EXPECT_EQ(ParseError(R"({"Items":)" + deep + "}"), ErrorCode::kCorrupt);
  EXPECT_TRUE(ItemPage::Parse(R"({"Items":[],"Other":)" + deep + "}", kHashOnly));
}

TEST(ItemPage, GetItemGivesOneItemOrNone) {
  Result<ItemPage> found = ItemPage::ParseGetItem(
      R"({"ConsumedCapacity":{"CapacityUnits":1},"Item":{"id":{"S":"a"}}})", kHashOnly);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->items().size(), 1u);
  EXPECT_EQ(found->consumed_units(), 1);
  for (const std::string body : {R"({})", R"({"ConsumedCapacity":{"CapacityUnits":1}})"}) {
    Result<ItemPage> none = ItemPage::ParseGetItem(body, kHashOnly);
    ASSERT_TRUE(none) << body;
    EXPECT_TRUE(none->items().empty());
  }
}

TEST(ItemPage, AStrangeAnswerToGetItemIsNotAMissingItem) {
  for (const std::string body :
       {R"({"message":"hello"})", R"([])", R"()", R"({"Item":[]})", R"({"item":{"id":{"S":"a"}}})",
        R"({"Item":{"id":{"S":"a"}},"Item":{"id":{"S":"a"}}})"}) {
    Result<ItemPage> page = ItemPage::ParseGetItem(body, kHashOnly);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().code, ErrorCode::kCorrupt);
  }
}

TEST(ItemPage, BatchGetTellsFoundFromUnprocessed) {
  Result<BatchGetResult> result = ItemPage::ParseBatchGet(
      R"({"Responses":{"t":[{"id":{"S":"a"},"v":{"N":"1"}}]},"UnprocessedKeys":{"t":{"Keys":)"
      R"([{"id":{"S":"b"}}, {"id":{"S":"c"}} ],"ConsistentRead":true}},)"
      R"("ConsumedCapacity":[{"TableName":"t","CapacityUnits":2.5}]})",
      kHashOnly);
  ASSERT_TRUE(result) << ToString(result.error());
  ASSERT_EQ(result->found.items().size(), 1u);
  EXPECT_EQ(result->found.items()[0].key, Key(KeyType::kString, "a"));
  EXPECT_EQ(result->found.consumed_units(), 2.5);
  EXPECT_EQ(result->unprocessed_keys, R"([{"id":{"S":"b"}},{"id":{"S":"c"}}])");
  EXPECT_EQ(result->unprocessed,
            (std::vector{Key(KeyType::kString, "b"), Key(KeyType::kString, "c")}));

  Result<BatchGetResult> none =
      ItemPage::ParseBatchGet(R"({"Responses":{},"UnprocessedKeys":{}})", kHashOnly);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->found.items().empty());
  EXPECT_TRUE(none->unprocessed_keys.empty());
}

TEST(ItemPage, ABatchGetWithoutBothListsIsCorrupt) {
  for (const std::string body : {R"({})", R"({"Responses":{"t":[]}})", R"({"UnprocessedKeys":{}})",
                                 R"({"Responses":{},"UnprocessedKeys":{"t":{}}})",
                                 R"({"Responses":[],"UnprocessedKeys":{}})",
                                 R"({"Responses":{},"UnprocessedKeys":{},"UnprocessedKeys":{}})"}) {
    Result<BatchGetResult> result = ItemPage::ParseBatchGet(body, kHashOnly);
    ASSERT_FALSE(result) << body;
    EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  }
}

RC_GTEST_PROP(ItemPageProperty, SlicesAreExactWhateverTheSpelling, (uint32_t seed)) {
  RandomPage random(seed);
  std::vector<RandomItem> items(random.Below(8));
  for (RandomItem& item : items) item = random.Item();
  const std::string last_key = random.Coin() ? random.Item().key_json : "";
  Result<ItemPage> page =
      ItemPage::Parse(random.ScanResponse(items, last_key), RandomPage::Schema());
  RC_ASSERT(page.has_value());
  RC_ASSERT(page->items().size() == items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    RC_ASSERT(page->items()[i].json == items[i].json);
    RC_ASSERT(page->items()[i].key == items[i].key);
  }
  RC_ASSERT(page->last_evaluated_key().value_or("") == last_key);
  RC_ASSERT(page->consumed_units() == 12.5);
}

RC_GTEST_PROP(ItemPageProperty, OneReadingFindsWhatTwoFind, (uint32_t seed)) {
  RandomPage random(seed);
  std::vector<RandomItem> items(random.Below(8));
  for (RandomItem& item : items) item = random.Item();
  const std::string last_key = random.Coin() ? random.Item().key_json : "";
  ExpectDigested(random.ScanResponse(items, last_key), RandomPage::Schema());
  RC_ASSERT(!testing::Test::HasFailure());
}

RC_GTEST_PROP(ItemPageProperty, AShortenedResponseIsNeverTakenForAWholeOne, (uint32_t seed)) {
  RandomPage random(seed);
  std::string body = random.ScanResponse({random.Item(), random.Item()}, "");
  body.resize(body.find_last_of('}'));
  body.resize(*rc::gen::inRange<size_t>(0, body.size() + 1));
  RC_ASSERT(ParseError(body, RandomPage::Schema()) == ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace ddbsync::dynamodb
