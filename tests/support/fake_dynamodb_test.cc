#include "tests/support/fake_dynamodb.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/fake_transport.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// A service with one table "tbl" (key id: S), its stream on, two shards.
class FakeDynamoDbTest : public ::testing::Test {
 protected:
  explicit FakeDynamoDbTest(Options options = Small()) : service_(clock_, std::move(options)) {
    Ok("DynamoDB_20120810.CreateTable",
       {{"TableName", "tbl"},
        {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
        {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
        {"BillingMode", "PAY_PER_REQUEST"},
        {"StreamSpecification",
         {{"StreamEnabled", true}, {"StreamViewType", "NEW_AND_OLD_IMAGES"}}}});
    stream_arn_ =
        Ok("DynamoDB_20120810.DescribeTable", {{"TableName", "tbl"}})["Table"]["LatestStreamArn"];
  }

  static Options Small() {
    Options options;
    options.streams.initial_shards = 2;
    return options;
  }

  json Ok(std::string_view target, const json& request) {
    const HttpReply reply = service_.Handle(target, request.dump());
    EXPECT_EQ(reply.status, 200) << target << " " << reply.body;
    return json::parse(reply.body);
  }

  /// The error's name, without its namespace.
  std::string Refused(std::string_view target, const json& request) {
    const HttpReply reply = service_.Handle(target, request.dump());
    EXPECT_NE(reply.status, 200) << target << " " << reply.body;
    const std::string type = json::parse(reply.body).value("__type", "");
    return type.substr(type.find('#') + 1);
  }

  void Put(const std::string& id, int value = 1) {
    Ok("DynamoDB_20120810.PutItem",
       {{"TableName", "tbl"},
        {"Item", {{"id", {{"S", id}}}, {"v", {{"N", std::to_string(value)}}}}}});
  }

  json Describe() {
    return Ok("DynamoDBStreams_20120810.DescribeStream",
              {{"StreamArn", stream_arn_}})["StreamDescription"];
  }

  std::string Iterator(const std::string& shard_id) {
    return Ok("DynamoDBStreams_20120810.GetShardIterator",
              {{"StreamArn", stream_arn_},
               {"ShardId", shard_id},
               {"ShardIteratorType", "TRIM_HORIZON"}})["ShardIterator"];
  }

  json Records(const std::string& iterator) {
    return Ok("DynamoDBStreams_20120810.GetRecords", {{"ShardIterator", iterator}});
  }

  /// What every listed shard holds, shard by shard.
  std::vector<json> AllRecords() {
    std::vector<json> records;
    const json description = Describe();
    for (const json& shard : description["Shards"]) {
      const json page = Records(Iterator(shard["ShardId"]));
      records.insert(records.end(), page["Records"].begin(), page["Records"].end());
    }
    return records;
  }

  ManualClock clock_;
  FakeDynamoDb service_;
  std::string stream_arn_;
};

TEST_F(FakeDynamoDbTest, StreamGivesEveryChangeOnceAndNoneForNoOps) {
  Put("a");
  Put("a");
  Put("a", 2);
  Ok("DynamoDB_20120810.DeleteItem", {{"TableName", "tbl"}, {"Key", {{"id", {{"S", "a"}}}}}});
  Ok("DynamoDB_20120810.DeleteItem", {{"TableName", "tbl"}, {"Key", {{"id", {{"S", "a"}}}}}});
  std::vector<std::string> events;
  for (const json& record : AllRecords()) events.push_back(record["eventName"]);
  EXPECT_EQ(events, (std::vector<std::string>{"INSERT", "MODIFY", "REMOVE"}));
}

}  // namespace
}  // namespace ddbsync::fake
