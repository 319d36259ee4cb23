#include "dynamodb/client.h"

#include <gtest/gtest.h>

#include "canned_service.h"
#include "dynamodb/item_key.h"
#include "dynamodb/limits.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

const KeySchema kSchema = {.partition = {"id", KeyType::kString}, .sort = {}};
constexpr std::string_view kItem = R"({"id":{"S":"a"},"v":{"N":"1"}})";
constexpr std::string_view kKey = R"({"id":{"S":"a"}})";

class DynamoDbClient : public testing::Test {
 protected:
  Result<BatchWriteResult> WriteOne() {
    key_ = CanonicalKey(kItem, kSchema).value();
    const WriteOp op{.kind = WriteOp::Kind::kPut, .json = kItem, .key = key_};
    return client_.BatchWriteItem("orders", std::span(&op, 1), kSchema);
  }
  json LastBody() { return service_.last().body; }

  CannedService service_;
  Client client_{service_.client()};
  std::string key_;
};

TEST_F(DynamoDbClient, ScanAsksForItsSegmentFromItsCursor) {
  service_.Answer(R"({"Items":[{"id":{"S":"a"}}],"LastEvaluatedKey":{"id":{"S":"a"}}})");
  const Result<ItemPage> page = client_.Scan(
      {.table = "orders", .segment = 3, .total_segments = 8, .start_key = kKey, .limit = 7},
      kSchema);
  ASSERT_TRUE(page) << ToString(page.error());
  EXPECT_EQ(page->items().size(), 1u);
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.Scan");
  EXPECT_EQ(service_.last().timeout, limits::kReadTimeout);
  EXPECT_FALSE(service_.last().is_write);
  EXPECT_EQ(LastBody(), json::parse(R"({"TableName":"orders","Segment":3,"TotalSegments":8,
      "ConsistentRead":true,"Limit":7,"ExclusiveStartKey":{"id":{"S":"a"}},
      "ReturnConsumedCapacity":"TOTAL"})"));
}

TEST_F(DynamoDbClient, APlainScanSendsNoMoreThanItMust) {
  service_.Answer(R"({"Items":[]})");
  ASSERT_TRUE(client_.Scan({.table = "o\"", .start_key = "", .consistent = false}, kSchema));
  EXPECT_EQ(LastBody(), json::parse(R"({"TableName":"o\"","ReturnConsumedCapacity":"TOTAL"})"));
}

TEST_F(DynamoDbClient, AScanAnswerThatIsNoneIsCorrupt) {
  service_.Answer(R"({"Count":0})");
  EXPECT_EQ(client_.Scan({.table = "orders", .start_key = ""}, kSchema).error().code,
            ErrorCode::kCorrupt);
}

TEST_F(DynamoDbClient, GetItemReadsConsistently) {
  service_.Answer(R"({"Item":)" + std::string(kItem) + "}");
  const Result<ItemPage> page = client_.GetItem("orders", kKey, kSchema);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->items().at(0).json, kItem);
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.GetItem");
  EXPECT_EQ(LastBody(), json::parse(R"({"TableName":"orders","Key":{"id":{"S":"a"}},
      "ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL"})"));
}

TEST_F(DynamoDbClient, BatchGetReadsConsistently) {
  service_.Answer(R"({"Responses":{"orders":[{"id":{"S":"a"}}]},"UnprocessedKeys":{}})");
  const std::vector<std::string_view> keys = {kKey, R"({"id":{"S":"b"}})"};
  const Result<BatchGetResult> result = client_.BatchGetItem("orders", keys, kSchema);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->found.items().size(), 1u);
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.BatchGetItem");
  EXPECT_EQ(LastBody(), json::parse(R"({"RequestItems":{"orders":{"ConsistentRead":true,
      "Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}}]}},"ReturnConsumedCapacity":"TOTAL"})"));
}

TEST_F(DynamoDbClient, BatchWriteIsAWriteWithAShortTimeout) {
  service_.Answer(R"({"UnprocessedItems":{},"ConsumedCapacity":[{"CapacityUnits":1}]})");
  const Result<BatchWriteResult> result = WriteOne();
  ASSERT_TRUE(result) << ToString(result.error());
  EXPECT_TRUE(result->unprocessed.empty());
  EXPECT_EQ(result->consumed_units, 1.0);
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.BatchWriteItem");
  EXPECT_EQ(service_.last().timeout, limits::kWriteTimeout);
  EXPECT_TRUE(service_.last().is_write);
}

TEST_F(DynamoDbClient, AWriteWhoseAnswerIsStrangeIsAmbiguous) {
  for (const std::string body :
       {R"({})", R"({"message":"hi"})", R"({"UnprocessedItems":{"o":[{}]}})", R"(<html>)",
        R"({"UnprocessedItems":{})"}) {
    service_.Answer(body);
    EXPECT_EQ(WriteOne().error().code, ErrorCode::kAmbiguous) << body;
  }
  for (const std::string body : {R"(<html>)", R"([])", R"()", R"({"x":})"}) {
    service_.Answer(body);
    EXPECT_EQ(client_.PutItem("orders", kItem).error().code, ErrorCode::kAmbiguous) << body;
    service_.Answer(body);
    EXPECT_EQ(client_.DeleteItem("orders", kKey).error().code, ErrorCode::kAmbiguous) << body;
  }
}

TEST_F(DynamoDbClient, SingleWritesSendTheirBytes) {
  service_.Answer("{}");
  ASSERT_TRUE(client_.PutItem("orders", kItem));
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.PutItem");
  EXPECT_EQ(LastBody(), (json{{"TableName", "orders"}, {"Item", json::parse(kItem)}}));
  EXPECT_TRUE(service_.last().is_write);
  service_.Answer("{}");
  ASSERT_TRUE(client_.DeleteItem("orders", kKey));
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.DeleteItem");
  EXPECT_EQ(LastBody(), (json{{"TableName", "orders"}, {"Key", json::parse(kKey)}}));
  EXPECT_TRUE(service_.last().is_write);
}

TEST_F(DynamoDbClient, AServerThatRefusesToReportCapacityIsAskedWithoutIt) {
  service_.Refuse(400, "com.amazon.coral.validate#ValidationException",
                  "ReturnConsumedCapacity is not supported");
  EXPECT_EQ(WriteOne().error().code, ErrorCode::kRetry);
  service_.Answer(R"({"UnprocessedItems":{}})");
  ASSERT_TRUE(WriteOne());
  EXPECT_FALSE(LastBody().contains("ReturnConsumedCapacity"));
  service_.Answer(R"({"Items":[]})");
  ASSERT_TRUE(client_.Scan({.table = "orders", .start_key = ""}, kSchema));
  EXPECT_FALSE(LastBody().contains("ReturnConsumedCapacity"));
}

TEST_F(DynamoDbClient, OtherRefusalsLeaveCapacityReporting) {
  service_.Refuse(400, "x#ValidationException", "The provided key element does not match");
  EXPECT_EQ(WriteOne().error().code, ErrorCode::kInvalid);
  service_.Refuse(400, "x#ProvisionedThroughputExceededException", "ReturnConsumedCapacity");
  EXPECT_EQ(WriteOne().error().code, ErrorCode::kThrottled);
  service_.Answer(R"({"UnprocessedItems":{}})");
  ASSERT_TRUE(WriteOne());
  EXPECT_TRUE(LastBody().contains("ReturnConsumedCapacity"));
}

TEST_F(DynamoDbClient, ALostWriteIsAmbiguousAndALostReadIsNot) {
  service_.FailWith({ErrorCode::kAmbiguous, "connection reset"});
  EXPECT_EQ(WriteOne().error().code, ErrorCode::kAmbiguous);
  service_.FailWith({ErrorCode::kAmbiguous, "connection reset"});
  EXPECT_EQ(client_.GetItem("orders", kKey, kSchema).error().code, ErrorCode::kRetry);
}

TEST_F(DynamoDbClient, DescribeTableReadsTheTable) {
  service_.Answer(R"({"Table":{"TableName":"orders","TableStatus":"ACTIVE",
      "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
      "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}})");
  const Result<TableDescription> table = client_.DescribeTable("orders");
  ASSERT_TRUE(table) << ToString(table.error());
  EXPECT_EQ(table->key, kSchema);
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.DescribeTable");
  service_.Refuse(400, "x#ResourceNotFoundException", "Requested resource not found");
  EXPECT_EQ(client_.DescribeTable("orders").error().code, ErrorCode::kNotFound);
  service_.Answer("{}");
  EXPECT_EQ(client_.DescribeTable("orders").error().code, ErrorCode::kCorrupt);
}

TEST_F(DynamoDbClient, CreateTableIsSureOnlyOfATableDescription) {
  service_.Answer(R"({"TableDescription":{"TableName":"copy"}})");
  ASSERT_TRUE(client_.CreateTable(R"({"TableName":"copy"})"));
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.CreateTable");
  service_.Answer("{}");
  EXPECT_EQ(client_.CreateTable(R"({"TableName":"copy"})").error().code, ErrorCode::kAmbiguous);
  service_.Refuse(400, "x#ResourceInUseException", "Table already exists: copy");
  EXPECT_EQ(client_.CreateTable(R"({"TableName":"copy"})").error().code, ErrorCode::kConflict);
}

TEST_F(DynamoDbClient, AStreamThatIsOnAlreadyIsAConflictHoweverItIsSaid) {
  service_.Answer(R"({"TableDescription":{}})");
  ASSERT_TRUE(client_.EnableStream("orders", StreamView::kNewImage));
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.UpdateTable");
  EXPECT_EQ(LastBody(), json::parse(R"({"TableName":"orders","StreamSpecification":
      {"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}})"));
  service_.Refuse(400, "x#ValidationException",
                  "Table already has an enabled stream: TableName: x");
  EXPECT_EQ(client_.EnableStream("orders", StreamView::kNewImage).error().code,
            ErrorCode::kConflict);
  service_.Refuse(400, "x#ResourceInUseException", "Table is being updated: orders");
  EXPECT_EQ(client_.EnableStream("orders", StreamView::kNewImage).error().code,
            ErrorCode::kConflict);
  service_.Refuse(400, "x#ValidationException", "One or more parameter values were invalid");
  EXPECT_EQ(client_.EnableStream("orders", StreamView::kNewImage).error().code,
            ErrorCode::kInvalid);
}

}  // namespace
}  // namespace ddbsync::dynamodb
