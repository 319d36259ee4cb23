#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dynamodb/table.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

/// A table with one of everything, as DescribeTable shows it.
json Described() {
  return json::parse(R"({
    "TableName": "orders", "TableStatus": "ACTIVE", "CreationDateTime": 1.5E9, "TableId": "x",
    "TableArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
    "AttributeDefinitions": [
      {"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "b", "AttributeType": "N"},
      {"AttributeName": "c", "AttributeType": "B"}, {"AttributeName": "d", "AttributeType": "S"},
      {"AttributeName": "unused", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "b", "KeyType": "RANGE"},
                  {"AttributeName": "a", "KeyType": "HASH"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7,
                              "NumberOfDecreasesToday": 0, "LastIncreaseDateTime": 1.5E9},
    "GlobalSecondaryIndexes": [
      {"IndexName": "wide", "IndexStatus": "ACTIVE", "IndexArn": "x", "ItemCount": 5,
       "IndexSizeBytes": 5, "Backfilling": false,
       "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"},
                     {"AttributeName": "b", "KeyType": "RANGE"},
                     {"AttributeName": "a", "KeyType": "HASH"}],
       "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
       "WarmThroughput": {"ReadUnitsPerSecond": 12000, "Status": "ACTIVE"},
       "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4,
                                 "NumberOfDecreasesToday": 1}},
      {"IndexName": "going", "IndexStatus": "DELETING",
       "KeySchema": [{"AttributeName": "unused", "KeyType": "HASH"}],
       "Projection": {"ProjectionType": "ALL"},
       "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}}],
    "LocalSecondaryIndexes": [
      {"IndexName": "local", "IndexArn": "x", "ItemCount": 5, "IndexSizeBytes": 5,
       "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"},
                     {"AttributeName": "d", "KeyType": "RANGE"}],
       "Projection": {"ProjectionType": "ALL", "NonKeyAttributes": []}}],
    "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS", "LastUpdateDateTime": 1.5E9},
    "SSEDescription": {"SSEType": "KMS", "Status": "ENABLED", "KMSMasterKeyArn": "arn:aws:kms:x"},
    "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
    "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000},
    "DeletionProtectionEnabled": true, "LatestStreamArn": "x", "LatestStreamLabel": "y"})");
}

Result<std::string> Body(const json& table) {
  const Result<TableDescription> source = ParseTable(json({{"Table", table}}).dump());
  EXPECT_TRUE(source) << ToString(source.error());
  return CreateTableBody(*source, "copy");
}

TEST(CreateTable, ProvisionedTableKeepsKeysIndexesAndCapacity) {
  const Result<std::string> body = Body(Described());
  ASSERT_TRUE(body) << ToString(body.error());
  EXPECT_EQ(json::parse(*body), json::parse(R"({
    "TableName": "copy", "BillingMode": "PROVISIONED",
    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"},
                  {"AttributeName": "b", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
      {"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "b", "AttributeType": "N"},
      {"AttributeName": "c", "AttributeType": "B"}, {"AttributeName": "d", "AttributeType": "S"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7},
    "GlobalSecondaryIndexes": [
      {"IndexName": "wide",
       "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"},
                     {"AttributeName": "a", "KeyType": "HASH"},
                     {"AttributeName": "b", "KeyType": "RANGE"}],
       "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
       "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}}],
    "LocalSecondaryIndexes": [
      {"IndexName": "local",
       "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"},
                     {"AttributeName": "d", "KeyType": "RANGE"}],
       "Projection": {"ProjectionType": "ALL"}}],
    "TableClass": "STANDARD_INFREQUENT_ACCESS"})"));
}

TEST(CreateTable, OnDemandSendsNoZeroThroughputAndNoUnsetMaximum) {
  json table = Described();
  table["BillingModeSummary"] = {{"BillingMode", "PAY_PER_REQUEST"}};
  const json zero = {{"ReadCapacityUnits", 0}, {"WriteCapacityUnits", 0}};
  table["ProvisionedThroughput"] = zero;
  table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] = zero;
  table["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] = {{"MaxReadRequestUnits", -1},
                                                              {"MaxWriteRequestUnits", -1}};
  table["OnDemandThroughput"] = {{"MaxReadRequestUnits", -1}, {"MaxWriteRequestUnits", 500}};
  const Result<std::string> text = Body(table);
  ASSERT_TRUE(text) << ToString(text.error());
  const json body = json::parse(*text);
  EXPECT_EQ(body["BillingMode"], "PAY_PER_REQUEST");
  EXPECT_FALSE(body.contains("ProvisionedThroughput"));
  EXPECT_EQ(body["OnDemandThroughput"], json({{"MaxWriteRequestUnits", 500}}));
  EXPECT_FALSE(body["GlobalSecondaryIndexes"][0].contains("ProvisionedThroughput"));
  EXPECT_FALSE(body["GlobalSecondaryIndexes"][0].contains("OnDemandThroughput"));
}

TEST(CreateTable, PlainTableHasNoIndexMembers) {
  json table = Described();
  table.erase("GlobalSecondaryIndexes");
  table["LocalSecondaryIndexes"] = nullptr;
  const json body = json::parse(Body(table).value());
  EXPECT_FALSE(body.contains("GlobalSecondaryIndexes"));
  EXPECT_FALSE(body.contains("LocalSecondaryIndexes"));
  EXPECT_EQ(body["AttributeDefinitions"].size(), 2u);
}

TEST(CreateTable, AnIndexOfAnUnknownKindIsNotDroppedSilently) {
  json table = Described();
  table["VectorIndexes"] = json::array({{{"IndexName", "v"}}});
  const Result<std::string> body = Body(table);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ErrorCode::kInvalid);
}

TEST(CreateTable, ADescriptionThatIsBrokenIsCorrupt) {
  TableDescription source;
  for (const char* text : {"{", "{}", "[]", R"({"KeySchema":[{"KeyType":5}]})"}) {
    source.json = text;
    EXPECT_EQ(CreateTableBody(source, "copy").error().code, ErrorCode::kCorrupt) << text;
  }
}

}  // namespace
}  // namespace ddbsync::dynamodb
