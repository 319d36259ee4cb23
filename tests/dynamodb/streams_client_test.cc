#include "dynamodb/streams_client.h"

#include <gtest/gtest.h>

#include "canned_service.h"
#include "dynamodb/limits.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

class DynamoDbStreamsClient : public testing::Test {
 protected:
  CannedService service_;
  StreamsClient client_{service_.client()};
};

TEST_F(DynamoDbStreamsClient, ListStreamsGivesAPageAndItsSuccessor) {
  service_.Answer(R"({"Streams":[{"StreamArn":"arn:1","StreamLabel":"l","TableName":"orders"}],
                      "LastEvaluatedStreamArn":"arn:1"})");
  const auto first = client_.ListStreams("orders", "");
  ASSERT_TRUE(first) << ToString(first.error());
  ASSERT_EQ(first->first.size(), 1u);
  EXPECT_EQ(first->first[0].arn, "arn:1");
  EXPECT_EQ(first->first[0].label, "l");
  EXPECT_EQ(first->second, "arn:1");
  EXPECT_EQ(service_.last().target, "DynamoDBStreams_20120810.ListStreams");
  EXPECT_EQ(service_.last().body, (json{{"TableName", "orders"}}));
  service_.Answer(R"({"Streams":[]})");
  const auto second = client_.ListStreams("orders", "arn:1");
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->first.empty());
  EXPECT_TRUE(second->second.empty());
  EXPECT_EQ(service_.last().body,
            (json{{"TableName", "orders"}, {"ExclusiveStartStreamArn", "arn:1"}}));
}

TEST_F(DynamoDbStreamsClient, DescribeStreamReadsOpenClosedAndRootShards) {
  service_.Answer(R"({"StreamDescription":{"StreamStatus":"ENABLED","LastEvaluatedShardId":"s2",
      "Shards":[{"ShardId":"s1","SequenceNumberRange":{"StartingSequenceNumber":"1",
                 "EndingSequenceNumber":"20"}},
                {"ShardId":"s2","ParentShardId":"s1","SequenceNumberRange":{
                 "StartingSequenceNumber":"21"}},
                {"ShardId":"s3","ParentShardId":null,"SequenceNumberRange":{}}]}})");
  const Result<StreamPage> page = client_.DescribeStream("arn:1", "s0");
  ASSERT_TRUE(page) << ToString(page.error());
  EXPECT_EQ(page->status, "ENABLED");
  EXPECT_EQ(page->last_shard_id, "s2");
  const std::vector<ShardDescription> expected = {
      {"s1", "", SequenceNumber("1"), SequenceNumber("20")},
      {"s2", "s1", SequenceNumber("21"), SequenceNumber()},
      {"s3", "", SequenceNumber(), SequenceNumber()}};
  EXPECT_EQ(page->shards, expected);
  EXPECT_EQ(service_.last().body,
            (json{{"StreamArn", "arn:1"}, {"ExclusiveStartShardId", "s0"}, {"Limit", 100}}));
}

TEST_F(DynamoDbStreamsClient, AnIteratorNeedsItsSequenceNumberAndTrimHorizonMustHaveNone) {
  service_.Answer(R"({"ShardIterator":"i"})");
  const Result<std::string> iterator = client_.GetShardIterator(
      "arn:1", "s1",
      {.type = IteratorStart::Type::kAfterSequenceNumber, .sequence_number = SequenceNumber("7")});
  ASSERT_TRUE(iterator);
  EXPECT_EQ(*iterator, "i");
  EXPECT_EQ(service_.last().body, json::parse(R"({"StreamArn":"arn:1","ShardId":"s1",
      "ShardIteratorType":"AFTER_SEQUENCE_NUMBER","SequenceNumber":"7"})"));
  service_.Answer(R"({"ShardIterator":"i"})");
  ASSERT_TRUE(client_.GetShardIterator("arn:1", "s1", {}));
  EXPECT_EQ(service_.last().body, json::parse(R"({"StreamArn":"arn:1","ShardId":"s1",
      "ShardIteratorType":"TRIM_HORIZON"})"));
}

TEST_F(DynamoDbStreamsClient, GetRecordsStaysWithinTheServicesLimit) {
  const KeySchema schema = {.partition = {"id", KeyType::kString}, .sort = {}};
  service_.Answer(R"({"Records":[],"NextShardIterator":"j"})");
  const Result<RecordPage> page = client_.GetRecords("arn|1|\"", 5000, schema);
  ASSERT_TRUE(page) << ToString(page.error());
  EXPECT_EQ(page->next_iterator(), "j");
  EXPECT_EQ(service_.last().target, "DynamoDBStreams_20120810.GetRecords");
  EXPECT_EQ(service_.last().body, (json{{"ShardIterator", "arn|1|\""}, {"Limit", 1000}}));
  EXPECT_EQ(service_.last().timeout, limits::kReadTimeout);
}

TEST_F(DynamoDbStreamsClient, PositionErrorsKeepTheirMeaning) {
  const KeySchema schema = {.partition = {"id", KeyType::kString}, .sort = {}};
  const auto get_records = [&] { return client_.GetRecords("i", 10, schema).error().code; };
  service_.Refuse(400, "x#ExpiredIteratorException", "Iterator expired");
  EXPECT_EQ(get_records(), ErrorCode::kExpiredIterator);
  service_.Refuse(400, "x#TrimmedDataAccessException", "gone");
  EXPECT_EQ(get_records(), ErrorCode::kTrimmed);
  service_.Refuse(400, "x#ResourceNotFoundException", "gone");
  EXPECT_EQ(get_records(), ErrorCode::kNotFound);
}

TEST_F(DynamoDbStreamsClient, AnotherAnswerThanExpectedIsCorrupt) {
  for (const std::string body :
       {R"({})", R"({"x":1})", R"({"StreamDescription":{}})", R"({"Streams":5,"ShardIterator":5})",
        R"({"StreamDescription":{"StreamStatus":"ENABLED","Shards":[{"ParentShardId":"x"}]}})"}) {
    service_.Answer(body);
    EXPECT_EQ(client_.ListStreams("orders", "").error().code, ErrorCode::kCorrupt) << body;
    service_.Answer(body);
    EXPECT_EQ(client_.DescribeStream("arn:1", "").error().code, ErrorCode::kCorrupt) << body;
    service_.Answer(body);
    EXPECT_EQ(client_.GetShardIterator("arn:1", "s1", {}).error().code, ErrorCode::kCorrupt)
        << body;
  }
}

}  // namespace
}  // namespace ddbsync::dynamodb
