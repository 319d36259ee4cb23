#include "dynamodb/table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

json Table() {
  return json::parse(R"({
    "TableName": "orders", "TableStatus": "ACTIVE", "CreationDateTime": 1.5E9,
    "TableArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
    "TableId": "12345678-0123-4567-0123-123456789012", "ItemCount": 3000000000,
    "TableSizeBytes": 5000000000000,
    "AttributeDefinitions": [{"AttributeName": "at", "AttributeType": "N"},
                             {"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"},
                  {"AttributeName": "at", "KeyType": "RANGE"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7,
                              "NumberOfDecreasesToday": 0}})");
}

Result<TableDescription> Parse(const json& table) {
  return ParseTable(json({{"Table", table}}).dump());
}

TEST(Table, DescriptionIsRead) {
  const Result<TableDescription> table = Parse(Table());
  ASSERT_TRUE(table) << ToString(table.error());
  EXPECT_EQ(table->name, "orders");
  EXPECT_EQ(table->status, "ACTIVE");
  EXPECT_EQ(table->created, WallTime(std::chrono::seconds(1500000000)));
  EXPECT_EQ(ToString(table->key), "id (S), at (N)");
  EXPECT_EQ(table->item_count, 3000000000);
  EXPECT_EQ(table->size_bytes, 5000000000000);
  EXPECT_EQ(table->read_units, 5);
  EXPECT_EQ(table->write_units, 7);
  EXPECT_FALSE(table->on_demand);
  EXPECT_TRUE(table->latest_stream_arn.empty());
  EXPECT_FALSE(table->stream_view.has_value());
  EXPECT_EQ(json::parse(table->json), Table());
}

TEST(Table, BillingModeComesFromTheSummaryOrTheUnits) {
  json table = Table();
  table["BillingModeSummary"] = {{"BillingMode", "PAY_PER_REQUEST"}};
  EXPECT_TRUE(Parse(table)->on_demand);
  table["BillingModeSummary"] = {{"BillingMode", "PROVISIONED"}};
  EXPECT_FALSE(Parse(table)->on_demand);
  table["BillingModeSummary"] = nullptr;
  EXPECT_FALSE(Parse(table)->on_demand);
  table["ProvisionedThroughput"] = {{"ReadCapacityUnits", 0}, {"WriteCapacityUnits", 0}};
  EXPECT_TRUE(Parse(table)->on_demand);
}

TEST(Table, AStreamIsOnOnlyWhereTheSpecificationSaysSo) {
  json table = Table();
  table["LatestStreamArn"] = "arn:x/stream/1";
  EXPECT_FALSE(Parse(table)->stream_view.has_value());
  EXPECT_EQ(Parse(table)->latest_stream_arn, "arn:x/stream/1");
  table["StreamSpecification"] = {{"StreamEnabled", false}};
  EXPECT_FALSE(Parse(table)->stream_view.has_value());
  for (const StreamView view : {StreamView::kKeysOnly, StreamView::kNewImage, StreamView::kOldImage,
                                StreamView::kNewAndOldImages}) {
    table["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", ToString(view)}};
    EXPECT_EQ(Parse(table)->stream_view, view);
  }
  table["StreamSpecification"]["StreamViewType"] = "EVERYTHING";
  EXPECT_EQ(Parse(table).error().code, ErrorCode::kCorrupt);
}

TEST(Table, GlobalIndexesAreToldWithTheirStatusAndKey) {
  EXPECT_TRUE(Parse(Table())->global_indexes.empty());
  json table = Table();
  table["GlobalSecondaryIndexes"] = json::parse(R"([
      {"IndexName": "by-at", "IndexStatus": "CREATING", "Backfilling": true,
       "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"},
                     {"AttributeName": "id", "KeyType": "RANGE"}]},
      {"IndexName": "wide", "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"},
                                          {"AttributeName": "id", "KeyType": "HASH"}]}])");
  const KeyAttribute at{.name = "at", .type = KeyType::kNumber};
  const KeyAttribute id{.name = "id", .type = KeyType::kString};
  const std::vector<GlobalIndex> expected = {
      {.name = "by-at", .status = "CREATING", .partition = {at}, .sort = {id}},
      {.name = "wide", .status = "", .partition = {at, id}, .sort = {}}};
  EXPECT_EQ(Parse(table)->global_indexes, expected);
  table["GlobalSecondaryIndexes"][0]["KeySchema"][0]["AttributeName"] = "undefined";
  EXPECT_EQ(Parse(table).error().code, ErrorCode::kCorrupt);
}

TEST(Table, ReplicasAreTheOtherRegions) {
  EXPECT_TRUE(Parse(Table())->replicas.empty());
  json table = Table();
  table["Replicas"] = json::parse(R"([{"RegionName": "us-east-1", "ReplicaStatus": "CREATING"},
      {"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"}, {"RegionName": "eu-west-2"}])");
  const std::vector<Replica> expected = {{.region = "us-east-1", .status = "CREATING"},
                                         {.region = "eu-west-2", .status = ""}};
  EXPECT_EQ(Parse(table)->replicas, expected);
  table.erase("TableArn");  // whose region is not known, none is left out
  EXPECT_EQ(Parse(table)->replicas.size(), 3u);
}

TEST(Table, IdentityFallsBackToArnAndCreation) {
  json table = Table();
  EXPECT_EQ(Parse(table)->Identity(), "12345678-0123-4567-0123-123456789012");
  table.erase("TableId");
  const std::string first = Parse(table)->Identity();
  EXPECT_NE(first.find("table/orders"), std::string::npos);
  table["CreationDateTime"] = 1.5E9 + 1;
  EXPECT_NE(Parse(table)->Identity(), first);
}

TEST(Table, OptionalMembersMayBeAbsent) {
  json table = Table();
  for (const char* name : {"TableId", "TableArn", "ItemCount", "TableSizeBytes", "CreationDateTime",
                           "ProvisionedThroughput"}) {
    table.erase(name);
    EXPECT_TRUE(Parse(table)) << name;
  }
}

TEST(Table, WhatDescribesNoTableIsCorrupt) {
  for (const std::string_view body :
       {"", "<html>", "{}", "[]", R"({"Table":{}})", R"({"Table":5})"}) {
    EXPECT_EQ(ParseTable(body).error().code, ErrorCode::kCorrupt) << body;
  }
  for (const char* name : {"TableName", "TableStatus", "KeySchema", "AttributeDefinitions"}) {
    json table = Table();
    table.erase(name);
    EXPECT_EQ(Parse(table).error().code, ErrorCode::kCorrupt) << name;
  }
  json table = Table();
  table["KeySchema"][0]["KeyType"] = "RANGE";
  EXPECT_EQ(Parse(table).error().code, ErrorCode::kCorrupt);
  table = Table();
  table["AttributeDefinitions"].erase(0);
  EXPECT_EQ(Parse(table).error().code, ErrorCode::kCorrupt);
  table = Table();
  table["ItemCount"] = "many";
  EXPECT_EQ(Parse(table).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace ddbsync::dynamodb
