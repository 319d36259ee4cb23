#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/fake_dynamodb.h"
#include "tests/support/manual_clock.h"
#include "tests/support/stream.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// A table "tbl" (key id: S) whose stream the test lets age, roll and split.
class StreamLife : public ::testing::Test {
 protected:
  void Begin(Options options) {
    service_ = std::make_unique<FakeDynamoDb>(clock_, std::move(options));
    const json made = Ok(
        "DynamoDB_20120810.CreateTable",
        {{"TableName", "tbl"},
         {"AttributeDefinitions", json::array({{{"AttributeName", "id"}, {"AttributeType", "S"}}})},
         {"KeySchema", json::array({{{"AttributeName", "id"}, {"KeyType", "HASH"}}})},
         {"BillingMode", "PAY_PER_REQUEST"},
         {"StreamSpecification", {{"StreamEnabled", true}, {"StreamViewType", "NEW_IMAGE"}}}});
    arn_ = made["TableDescription"]["LatestStreamArn"];
  }

  static Options OneShard() {
    Options options;
    options.streams.initial_shards = 1;
    options.streams.shard_life = 0s;
    return options;
  }

  json Ok(std::string_view target, const json& request) {
    const HttpReply reply = service_->Handle(target, request.dump());
    EXPECT_EQ(reply.status, 200) << target << " " << reply.body;
    return json::parse(reply.body);
  }

  /// The error's name, without its namespace; empty for a success.
  std::string Error(std::string_view target, const json& request) {
    const HttpReply reply = service_->Handle(target, request.dump());
    if (reply.status == 200) return "";
    const std::string type = json::parse(reply.body).value("__type", "");
    return type.substr(type.find('#') + 1);
  }

  void Put(int value) {
    Ok("DynamoDB_20120810.PutItem",
       {{"TableName", "tbl"},
        {"Item", {{"id", {{"S", "a"}}}, {"v", {{"N", std::to_string(value)}}}}}});
  }

  json Describe(json request = json::object()) {
    request["StreamArn"] = arn_;
    return Ok("DynamoDBStreams_20120810.DescribeStream", request)["StreamDescription"];
  }

  std::vector<json> Listed() { return Describe()["Shards"].get<std::vector<json>>(); }

  json IteratorRequest(const std::string& shard, const std::string& type = "TRIM_HORIZON",
                       const std::string& number = "") {
    json request = {{"StreamArn", arn_}, {"ShardId", shard}, {"ShardIteratorType", type}};
    if (!number.empty()) request["SequenceNumber"] = number;
    return request;
  }

  json Iterator(const json& request) {
    return Ok("DynamoDBStreams_20120810.GetShardIterator", request)["ShardIterator"];
  }

  json Read(const json& iterator) {
    return Ok("DynamoDBStreams_20120810.GetRecords", {{"ShardIterator", iterator}});
  }

  std::string ReadError(const json& iterator) {
    return Error("DynamoDBStreams_20120810.GetRecords", {{"ShardIterator", iterator}});
  }

  ManualClock clock_;
  std::unique_ptr<FakeDynamoDb> service_;
  std::string arn_;
};

TEST(SequenceText, OrderOfTextIsNotTheOrderOfNumbers) {
  std::string previous = SequenceText(1);
  bool text_disagrees = false;
  for (uint64_t ordinal = 2; ordinal < 3000; ++ordinal) {
    const std::string text = SequenceText(ordinal);
    EXPECT_TRUE(text.size() > previous.size() ||
                (text.size() == previous.size() && text > previous));
    EXPECT_EQ(OrdinalOf(text), ordinal);
    text_disagrees = text_disagrees || text < previous;
    previous = text;
  }
  EXPECT_TRUE(text_disagrees);
  EXPECT_LE(SequenceText(UINT64_MAX).size(), 40U);
  EXPECT_EQ(OrdinalOf("0"), std::nullopt);
  EXPECT_EQ(OrdinalOf("9000000000000000000009"), std::nullopt);
}

TEST_F(StreamLife, IteratorExpiresAfterFifteenMinutes) {
  Begin(OneShard());
  const json iterator = Iterator(IteratorRequest(Listed()[0]["ShardId"]));
  clock_.Advance(15min);
  EXPECT_EQ(ReadError(iterator), "");
  clock_.Advance(1s);
  EXPECT_EQ(ReadError(iterator), "ExpiredIteratorException");
}

TEST_F(StreamLife, RecordsAreTrimmedAfterADay) {
  Begin(OneShard());
  Put(1);
  clock_.Advance(23h);
  Put(2);
  const std::string shard = Listed()[0]["ShardId"];
  json page = Read(Iterator(IteratorRequest(shard)));
  ASSERT_EQ(page["Records"].size(), 2U);
  const std::string first = page["Records"][0]["dynamodb"]["SequenceNumber"];
  const std::string second = page["Records"][1]["dynamodb"]["SequenceNumber"];
  clock_.Advance(50min);
  const json held = Iterator(IteratorRequest(shard));
  clock_.Advance(11min);
  EXPECT_EQ(ReadError(held), "TrimmedDataAccessException");
  for (const char* type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
    EXPECT_EQ(
        Error("DynamoDBStreams_20120810.GetShardIterator", IteratorRequest(shard, type, first)),
        "TrimmedDataAccessException");
    EXPECT_EQ(
        Error("DynamoDBStreams_20120810.GetShardIterator", IteratorRequest(shard, type, second)),
        "");
  }
  EXPECT_EQ(Read(Iterator(IteratorRequest(shard)))["Records"].size(), 1U);
}

TEST_F(StreamLife, SplitGivesTwoChildrenAndEndsTheParent) {
  Begin(OneShard());
  Put(1);
  const std::string parent = Listed()[0]["ShardId"];
  ASSERT_TRUE(service_->SplitShard("tbl", parent));
  Put(2);
  const auto shards = Listed();
  ASSERT_EQ(shards.size(), 3U);
  EXPECT_TRUE(shards[0]["SequenceNumberRange"].contains("EndingSequenceNumber"));
  EXPECT_EQ(shards[1]["ParentShardId"], parent);
  EXPECT_EQ(shards[2]["ParentShardId"], parent);
  size_t in_children = 0;
  for (size_t i = 1; i < 3; ++i) {
    in_children += Read(Iterator(IteratorRequest(shards[i]["ShardId"])))["Records"].size();
  }
  EXPECT_EQ(in_children, 1U);
  const json filter = {{"Type", "CHILD_SHARDS"}, {"ShardId", parent}};
  EXPECT_EQ(Describe({{"ShardFilter", filter}})["Shards"].size(), 2U);
}

TEST_F(StreamLife, ShardsRollByThemselvesAndLeaveTheListingWhenTheirRecordsAreGone) {
  Options options = OneShard();
  options.streams.shard_life = 4h;
  Begin(options);
  const std::string first = Listed()[0]["ShardId"];
  clock_.Advance(24h);
  const auto generations = Listed();
  EXPECT_GE(generations.size(), 5U);
  for (size_t i = 1; i < generations.size(); ++i) {
    EXPECT_EQ(generations[i]["ParentShardId"], generations[i - 1]["ShardId"]);
    EXPECT_LT(generations[i - 1]["ShardId"], generations[i]["ShardId"]);
  }
  clock_.Advance(24h);
  EXPECT_EQ(Error("DynamoDBStreams_20120810.GetShardIterator", IteratorRequest(first)),
            "ResourceNotFoundException");
  for (const json& shard : Listed()) EXPECT_NE(shard["ShardId"], first);
}

TEST_F(StreamLife, ChildrenAppearLateAndOneByOneBesideAnOpenLookingParent) {
  Options options = OneShard();
  options.streams.listing_delay = 10s;
  bool late = false;
  bool one_by_one = false;
  bool open_beside_child = false;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    options.seed = seed;
    Begin(options);
    ASSERT_TRUE(service_->SplitShard("tbl", Listed()[0]["ShardId"].get<std::string>()));
    for (int i = 0; i < 100; ++i, clock_.Advance(100ms)) {
      const auto shards = Listed();
      const bool ended = shards[0]["SequenceNumberRange"].contains("EndingSequenceNumber");
      late = late || (shards.size() == 1 && ended);
      one_by_one = one_by_one || shards.size() == 2;
      open_beside_child = open_beside_child || (shards.size() > 1 && !ended);
    }
    EXPECT_EQ(Listed().size(), 3U);
  }
  EXPECT_TRUE(late);
  EXPECT_TRUE(one_by_one);
  EXPECT_TRUE(open_beside_child);
}

TEST_F(StreamLife, ListingComesInPages) {
  Options options = OneShard();
  options.streams.initial_shards = 250;
  Begin(options);
  std::set<std::string> seen;
  json request = json::object();
  for (int page = 0; page < 3; ++page) {
    const json description = Describe(request);
    EXPECT_LE(description["Shards"].size(), 100U);
    for (const json& shard : description["Shards"]) seen.insert(shard["ShardId"]);
    if (description.contains("LastEvaluatedShardId")) {
      request["ExclusiveStartShardId"] = description["LastEvaluatedShardId"];
    }
  }
  EXPECT_EQ(seen.size(), 250U);
}

TEST_F(StreamLife, EndComesBothWithRecordsAndWithout) {
  std::set<bool> empty_last_pages;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Options options = OneShard();
    options.seed = seed;
    Begin(options);
    Put(static_cast<int>(seed));
    const std::string shard = Listed()[0]["ShardId"];
    ASSERT_TRUE(service_->RollShard("tbl", shard));
    json page = Read(Iterator(IteratorRequest(shard)));
    EXPECT_EQ(page["Records"].size(), 1U);
    const bool more = page.contains("NextShardIterator");
    if (more) {
      page = Read(page["NextShardIterator"]);
      EXPECT_TRUE(page["Records"].empty());
      EXPECT_FALSE(page.contains("NextShardIterator"));
    }
    empty_last_pages.insert(more);
  }
  EXPECT_EQ(empty_last_pages.size(), 2U);
}

TEST_F(StreamLife, RecordsShowLateAndInOrderAndBeforeTheEnd) {
  bool came_late = false, came_apart = false;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Options options = OneShard();
    options.seed = seed;
    options.streams.record_delay = 4s;
    Begin(options);
    for (int value = 0; value < 5; ++value) Put(value);
    const std::string shard = Listed()[0]["ShardId"];
    ASSERT_TRUE(service_->RollShard("tbl", shard));
    json iterator = Iterator(IteratorRequest(shard));
    std::string read;
    for (int step = 0; step <= 40; ++step, clock_.Advance(100ms)) {
      const json page = Read(iterator);
      came_late = came_late || (step == 0 && page["Records"].empty());
      came_apart = came_apart || (!page["Records"].empty() && page["Records"].size() < 5);
      for (const json& record : page["Records"]) {
        read += record["dynamodb"]["NewImage"]["v"]["N"].get<std::string>();
      }
      if (!page.contains("NextShardIterator")) break;
      iterator = page["NextShardIterator"];
    }
    EXPECT_EQ(read, "01234");
  }
  EXPECT_TRUE(came_late);
  EXPECT_TRUE(came_apart);
}

TEST_F(StreamLife, EmptyPagesComeBeforeRecordsButNotForEver) {
  Options options = OneShard();
  options.streams.empty_page_rate = 1;
  options.streams.max_empty_pages = 5;
  Begin(options);
  Put(1);
  json page = Read(Iterator(IteratorRequest(Listed()[0]["ShardId"])));
  int empty = 0;
  while (page["Records"].empty()) {
    ++empty;
    page = Read(page["NextShardIterator"]);
  }
  EXPECT_EQ(empty, 5);
}

TEST_F(StreamLife, DeleteByTimeToLiveSaysSo) {
  Begin(OneShard());
  Put(1);
  Ok("DynamoDB_20120810.UpdateTimeToLive",
     {{"TableName", "tbl"},
      {"TimeToLiveSpecification", {{"Enabled", true}, {"AttributeName", "ends"}}}});
  ASSERT_TRUE(service_->DeleteByTtl("tbl", R"({"id":{"S":"a"}})"));
  json page = Read(Iterator(IteratorRequest(Listed()[0]["ShardId"])));
  EXPECT_FALSE(page["Records"][0].contains("userIdentity"));
  EXPECT_EQ(page["Records"][1]["userIdentity"]["PrincipalId"], "dynamodb.amazonaws.com");
  EXPECT_EQ(page["Records"][1]["userIdentity"]["Type"], "Service");
}

TEST_F(StreamLife, DisabledStreamIsReadableForADay) {
  Begin(OneShard());
  Put(1);
  Ok("DynamoDB_20120810.UpdateTable",
     {{"TableName", "tbl"}, {"StreamSpecification", {{"StreamEnabled", false}}}});
  Put(2);
  clock_.Advance(23h);
  EXPECT_EQ(Read(Iterator(IteratorRequest(Listed()[0]["ShardId"])))["Records"].size(), 1U);
  clock_.Advance(1h);
  EXPECT_EQ(Error("DynamoDBStreams_20120810.DescribeStream", {{"StreamArn", arn_}}),
            "ResourceNotFoundException");
}

}  // namespace
}  // namespace ddbsync::fake
