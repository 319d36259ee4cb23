#include "dynamodb/batch.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "random_page.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

/// `count` items with distinct keys.
std::vector<RandomItem> DistinctItems(RandomPage& random, size_t count) {
  std::vector<RandomItem> items;
  while (items.size() < count) {
    RandomItem item = random.Item();
    const bool is_new =
        std::ranges::none_of(items, [&](const RandomItem& other) { return other.key == item.key; });
    if (is_new) items.push_back(std::move(item));
  }
  return items;
}

WriteOp Put(const RandomItem& item) {
  return {.kind = WriteOp::Kind::kPut, .json = item.json, .key = item.key};
}
WriteOp Delete(const RandomItem& item) {
  return {.kind = WriteOp::Kind::kDelete, .json = item.key_json, .key = item.key};
}

class Batch : public testing::Test {
 protected:
  Result<BatchWriteResult> Parse(std::string_view body) {
    return ParseBatchWriteResponse(body, ops_, RandomPage::Schema());
  }

  RandomPage random_{1};
  std::vector<RandomItem> items_ = DistinctItems(random_, 2);
  std::vector<WriteOp> ops_ = {Put(items_[0]), Delete(items_[1])};
};

TEST_F(Batch, BodyIsWhatTheServiceExpects) {
  const std::vector<WriteOp> ops = {
      {.kind = WriteOp::Kind::kPut, .json = R"({"id":{"S":"a"}})", .key = "a"},
      {.kind = WriteOp::Kind::kDelete, .json = R"({"id":{"S":"b"}})", .key = "b"}};
  EXPECT_EQ(BatchWriteBody("orders", ops, true),
            R"({"RequestItems":{"orders":[{"PutRequest":{"Item":{"id":{"S":"a"}}}},)"
            R"({"DeleteRequest":{"Key":{"id":{"S":"b"}}}}]},"ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_EQ(BatchWriteBody("a\"b", std::span(ops).first(1), false),
            R"({"RequestItems":{"a\"b":[{"PutRequest":{"Item":{"id":{"S":"a"}}}}]}})");
}

TEST_F(Batch, AtMostTwentyFiveOpsFit) {
  const std::vector<WriteOp> ops(60, {.kind = WriteOp::Kind::kPut, .json = "{}", .key = ""});
  EXPECT_EQ(FitBatch(ops), 25u);
  EXPECT_EQ(FitBatch(std::span(ops).first(7)), 7u);
  EXPECT_EQ(FitBatch({}), 0u);
}

TEST_F(Batch, ABodyOfFittingOpsStaysBelowAMegabyte) {
  const std::string large(300'000, 'x');
  const std::vector<WriteOp> ops(25, {.kind = WriteOp::Kind::kDelete, .json = large, .key = ""});
  const size_t count = FitBatch(ops);
  EXPECT_EQ(count, 3u);
  const std::string table(1024, 't');
  EXPECT_LE(BatchWriteBody(table, std::span(ops).first(count), true).size(), kBatchBytes);
  EXPECT_GT(BatchWriteBody(table, std::span(ops).first(count + 1), true).size(), kBatchBytes);
}

TEST_F(Batch, AnOpTooLargeForAnyCallIsSentAloneForTheServiceToRefuse) {
  const std::string huge(kMaxBatchBytes + 1, 'x');
  const std::vector<WriteOp> ops(2, {.kind = WriteOp::Kind::kPut, .json = huge, .key = ""});
  EXPECT_EQ(FitBatch(ops), 1u);
}

TEST_F(Batch, NothingUnprocessedIsAllWritten) {
  const Result<BatchWriteResult> result =
      Parse(R"({"ConsumedCapacity":[{"CapacityUnits":3.0,"TableName":"t"},{"CapacityUnits":1}],)"
            R"("UnprocessedItems":{}})");
  ASSERT_TRUE(result) << ToString(result.error());
  EXPECT_TRUE(result->unprocessed.empty());
  EXPECT_EQ(result->consumed_units, 4.0);
  ASSERT_TRUE(Parse(R"({"UnprocessedItems":{"t":[]}})"));
}

TEST_F(Batch, LeftoversAreFoundByKeyUnderNameOrArn) {
  const Result<BatchWriteResult> result = Parse(
      R"({"UnprocessedItems":{"arn:aws:dynamodb:eu-west-1:1:table/t":[{"DeleteRequest":{"Key":)" +
      items_[1].key_json + R"(}},{"PutRequest":{"Item":)" + items_[0].json + "}}]}}");
  ASSERT_TRUE(result) << ToString(result.error());
  EXPECT_EQ(result->unprocessed, (std::vector<size_t>{0, 1}));
}

TEST_F(Batch, ALeftoverThatIsNotUnderstoodIsNeverReadAsWritten) {
  const std::string put = R"({"PutRequest":{"Item":)" + items_[0].json + "}}";
  const std::string never_sent = R"({"PutRequest":{"Item":{"id":{"S":"other"},"at":{"N":"0"}}}})";
  const std::string other_kind = R"({"DeleteRequest":{"Key":)" + items_[0].key_json + "}}";
  for (const std::string& list :
       {"[" + put + "," + put + "]", "[" + never_sent + "]", "[" + other_kind + "]",
        std::string("[{}]"), std::string("[null]"), std::string(R"([{"PutRequest":{}}])"),
        std::string(R"([{"PutRequest":null}])"), std::string(R"([{"UpdateRequest":{}}])"),
        std::string(R"([{"PutRequest":{"Item":{}}}])"), std::string("{}"), std::string("null")}) {
    const Result<BatchWriteResult> result = Parse(R"({"UnprocessedItems":{"t":)" + list + "}}");
    ASSERT_FALSE(result) << list;
    EXPECT_EQ(result.error().code, ErrorCode::kCorrupt) << list;
  }
}

TEST_F(Batch, WhatIsNotAnAnswerIsCorrupt) {
  for (const std::string_view body :
       {"", "{}", "[]", "<html>", R"({"UnprocessedItems":null})", R"({"UnprocessedItems":[]})",
        R"({"UnprocessedItems":{}} {})", R"({"UnprocessedItems":{})",
        R"({"UnprocessedItems":{},"UnprocessedItems":{}})"}) {
    const Result<BatchWriteResult> result = Parse(body);
    ASSERT_FALSE(result) << body;
    EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  }
}

/// Any batch, answered with any part of itself in any order and spelled anew by another JSON
/// library, names exactly that part.
RC_GTEST_PROP(BatchProperty, LeftoversComeBackAsTheOpsThatWereSent, (uint32_t seed)) {
  RandomPage random(seed);
  const std::vector<RandomItem> items = DistinctItems(random, 1 + random.Below(kMaxBatchOps));
  std::vector<WriteOp> ops;
  for (const RandomItem& item : items) ops.push_back(random.Coin() ? Put(item) : Delete(item));
  const json sent = json::parse(BatchWriteBody("t", ops, random.Coin())).at("RequestItems").at("t");
  RC_ASSERT(sent.size() == ops.size());

  std::vector<size_t> expected;
  json leftovers = json::array();
  for (size_t i = 0; i < ops.size(); ++i) {
    const char* request = ops[i].kind == WriteOp::Kind::kPut ? "PutRequest" : "DeleteRequest";
    const char* operand = ops[i].kind == WriteOp::Kind::kPut ? "Item" : "Key";
    RC_ASSERT(sent[i].at(request).at(operand) == json::parse(ops[i].json));
    if (random.Coin()) continue;
    expected.push_back(i);
    leftovers.insert(leftovers.begin(), sent[i]);
  }
  const std::string answer =
      json({{"UnprocessedItems", {{"t", leftovers}}}}).dump(random.Below(3) - 1);
  const Result<BatchWriteResult> result =
      ParseBatchWriteResponse(answer, ops, RandomPage::Schema());
  RC_ASSERT(result.has_value());
  RC_ASSERT(result->unprocessed == expected);
}

}  // namespace
}  // namespace ddbsync::dynamodb
