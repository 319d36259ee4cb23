#include <nlohmann/json.hpp>

#include "dynamodb/sequence_number.h"
#include "tests/contract/contract_fixture.h"

namespace ddbsync::contract {
namespace {

using dynamodb::SequenceNumber;

class StreamContract : public ContractTest {
 protected:
  std::string ArnOf(const std::string& table) {
    return Ok("DescribeTable", {{"TableName", table}})["Table"]["LatestStreamArn"];
  }

  json Describe(const std::string& arn) {
    return Ok("DescribeStream", {{"StreamArn", arn}})["StreamDescription"];
  }

  std::vector<json> Shards(const std::string& arn) {
    return Describe(arn)["Shards"].get<std::vector<json>>();
  }

  json IteratorRequest(const std::string& arn, const std::string& shard, const std::string& type,
                       const std::string& sequence_number = "") {
    json request = {{"StreamArn", arn}, {"ShardId", shard}, {"ShardIteratorType", type}};
    if (!sequence_number.empty()) request["SequenceNumber"] = sequence_number;
    return request;
  }

  json Read(const json& iterator_request, int limit = 1000) {
    const json iterator = Ok("GetShardIterator", iterator_request)["ShardIterator"];
    return Ok("GetRecords", {{"ShardIterator", iterator}, {"Limit", limit}});
  }

  /// Waits for `count` records of one key, whose shard it returns: the emulator's stream follows
  /// its tables a moment later.
  std::string ShardWith(const std::string& arn, size_t count, json& records) {
    for (int attempt = 0; attempt < 200; ++attempt) {
      for (const json& shard : Shards(arn)) {
        records = Read(IteratorRequest(arn, shard["ShardId"], "TRIM_HORIZON"))["Records"];
        if (records.size() >= count) return shard["ShardId"];
      }
      clock().SleepFor(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "no shard has " << count << " records";
    return "";
  }

  /// An insert, a change and a delete of one item, each done twice.
  void ChangeOneItem(const std::string& table) {
    const json first = {{"id", S("a")}};
    const json second = {{"id", S("a")}, {"n", N("1.0")}, {"s", {{"SS", {"x", "y"}}}}};
    const json same = {{"id", S("a")}, {"n", N("1e0")}, {"s", {{"SS", {"y", "x"}}}}};
    Put(table, first);
    Put(table, first);
    Put(table, second);
    Ok("BatchWriteItem", {{"RequestItems", {{table, {{{"PutRequest", {{"Item", same}}}}}}}}});
    for (int i = 0; i < 2; ++i) Ok("DeleteItem", {{"TableName", table}, {"Key", first}});
  }
};
CONTRACT_SUITE(StreamContract);

constexpr const char* kInvalid = "ValidationException";
constexpr const char* kNotFound = "ResourceNotFoundException";

TEST_P(StreamContract, RecordsHoldWhatTheViewTypeSays) {
  for (const auto& [view, has_new, has_old] :
       std::vector<std::tuple<std::string, bool, bool>>{{"KEYS_ONLY", false, false},
                                                        {"NEW_IMAGE", true, false},
                                                        {"OLD_IMAGE", false, true},
                                                        {"NEW_AND_OLD_IMAGES", true, true}}) {
    const std::string table = MakeTable({{"id", "S"}}, view);
    ChangeOneItem(table);
    json records;
    ShardWith(ArnOf(table), 3, records);
    ASSERT_EQ(records.size(), 3U) << view;  // no record of a write that changed nothing
    const char* events[] = {"INSERT", "MODIFY", "REMOVE"};
    // What each image counts for: the key alone 3 bytes, with "n" and "s" 9.
    const size_t new_bytes[] = {3, 9, 0};
    const size_t old_bytes[] = {0, 3, 9};
    for (size_t i = 0; i < 3; ++i) {
      const json& change = records[i]["dynamodb"];
      EXPECT_EQ(records[i]["eventName"], events[i]);
      EXPECT_EQ(records[i]["eventSource"], "aws:dynamodb");
      EXPECT_EQ(change["Keys"], (json{{"id", S("a")}}));
      EXPECT_EQ(change["StreamViewType"], view);
      EXPECT_TRUE(change["ApproximateCreationDateTime"].is_number());
      EXPECT_EQ(change.contains("NewImage"), has_new && i != 2) << view << i;
      EXPECT_EQ(change.contains("OldImage"), has_old && i != 0) << view << i;
      EXPECT_EQ(change["SizeBytes"],
                3 + (has_new ? new_bytes[i] : 0) + (has_old ? old_bytes[i] : 0));
      EXPECT_FALSE(records[i].contains("userIdentity"));
    }
    if (has_new) {
      EXPECT_EQ(records[0]["dynamodb"]["NewImage"], (json{{"id", S("a")}}));
      EXPECT_EQ(records[1]["dynamodb"]["NewImage"]["n"], N("1"));
    }
  }
}

TEST_P(StreamContract, SequenceNumbersGrowByValue) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  for (int i = 0; i < 50; ++i) Put(table, {{"id", S("a")}, {"v", N(std::to_string(i))}});
  json records;
  const std::string arn = ArnOf(table);
  ShardWith(arn, 50, records);
  SequenceNumber previous;
  for (size_t i = 0; i < records.size(); ++i) {
    const SequenceNumber number(records[i]["dynamodb"]["SequenceNumber"].get<std::string>());
    EXPECT_GE(number.text().size(), 21U);
    EXPECT_LE(number.text().size(), 40U);
    EXPECT_LT(previous, number);
    EXPECT_EQ(records[i]["dynamodb"]["NewImage"]["v"], N(std::to_string(i)));
    previous = number;
  }
}

TEST_P(StreamContract, IteratorsStartWhereTheyShould) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  ChangeOneItem(table);
  json records;
  const std::string arn = ArnOf(table);
  const std::string shard = ShardWith(arn, 3, records);
  const std::string second = records[1]["dynamodb"]["SequenceNumber"];
  const std::string last = records[2]["dynamodb"]["SequenceNumber"];
  EXPECT_EQ(Read(IteratorRequest(arn, shard, "AT_SEQUENCE_NUMBER", second))["Records"].size(), 2U);
  EXPECT_EQ(Read(IteratorRequest(arn, shard, "AFTER_SEQUENCE_NUMBER", second))["Records"].size(),
            1U);
  const json tip = Read(IteratorRequest(arn, shard, "AFTER_SEQUENCE_NUMBER", last));
  EXPECT_TRUE(tip["Records"].empty());
  EXPECT_TRUE(tip.contains("NextShardIterator"));
  EXPECT_TRUE(Read(IteratorRequest(arn, shard, "LATEST"))["Records"].empty());
  for (const json& listed : Shards(arn)) {
    const std::string start = listed["SequenceNumberRange"]["StartingSequenceNumber"];
    if (listed["ShardId"] == shard) {
      EXPECT_EQ(Read(IteratorRequest(arn, shard, "AT_SEQUENCE_NUMBER", start))["Records"].size(),
                3U);
    }
  }
}

TEST_P(StreamContract, PagesFollowTheNextIterator) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  ChangeOneItem(table);
  json records;
  const std::string arn = ArnOf(table);
  const std::string shard = ShardWith(arn, 3, records);
  json page = Read(IteratorRequest(arn, shard, "TRIM_HORIZON"), 2);
  EXPECT_EQ(page["Records"].size(), 2U);
  const json again = page["NextShardIterator"];
  for (int i = 0; i < 2; ++i) {  // an iterator may be used again
    page = Ok("GetRecords", {{"ShardIterator", again}});
    ASSERT_EQ(page["Records"].size(), 1U);
    EXPECT_EQ(page["Records"][0], records[2]);
  }
}

TEST_P(StreamContract, NonsenseIsRefused) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  ChangeOneItem(table);
  json records;
  const std::string arn = ArnOf(table);
  const std::string shard = ShardWith(arn, 3, records);
  const std::string number = records[0]["dynamodb"]["SequenceNumber"];
  const auto refused = [&](const json& request) { return Refused("GetShardIterator", request); };
  EXPECT_EQ(refused(IteratorRequest(arn, shard, "TRIM_HORIZON", number)), kInvalid);
  EXPECT_EQ(refused(IteratorRequest(arn, shard, "AT_SEQUENCE_NUMBER")), kInvalid);
  EXPECT_EQ(refused(IteratorRequest(arn, shard, "AT_SEQUENCE_NUMBER", "abc")), kInvalid);
  EXPECT_EQ(refused(IteratorRequest(arn, "shardId-00000000000000000000-00000000", "LATEST")),
            kNotFound);
  const json iterator =
      Ok("GetShardIterator", IteratorRequest(arn, shard, "TRIM_HORIZON"))["ShardIterator"];
  for (const int limit : {0, -1, 1001}) {
    EXPECT_EQ(Refused("GetRecords", {{"ShardIterator", iterator}, {"Limit", limit}}), kInvalid);
  }
  EXPECT_EQ(Refused("GetRecords", {{"ShardIterator", "nonsense"}}), kInvalid);
  for (const int limit : {0, 101}) {
    EXPECT_EQ(Refused("DescribeStream", {{"StreamArn", arn}, {"Limit", limit}}), kInvalid);
  }
  const std::string none = arn.substr(0, arn.size() - 3) + "999";
  EXPECT_EQ(Refused("DescribeStream", {{"StreamArn", none}}), kNotFound);
  EXPECT_EQ(refused(IteratorRequest(none, shard, "TRIM_HORIZON")), kNotFound);
}

TEST_P(StreamContract, MalformedArnIsInvalid) {
  const std::string error =
      Refused("DescribeStream", {{"StreamArn", "not-an-arn-but-thirty-seven-characters-long"}});
  // DynamoDB Local looks for a stream of that name.
  EXPECT_EQ(error, is_local() ? kNotFound : kInvalid);
}

TEST_P(StreamContract, ChildFilterWantsATypeAndAWholeShardId) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  const std::string arn = ArnOf(table);
  const json shard = Describe(arn)["Shards"][0]["ShardId"];
  const auto request = [&](const json& filter) {
    return json{{"StreamArn", arn}, {"ShardFilter", filter}};
  };
  EXPECT_EQ(Refused("DescribeStream", request({{"Type", "X"}, {"ShardId", shard}})), kInvalid);
  EXPECT_EQ(Refused("DescribeStream", request({{"ShardId", shard}})), kInvalid);
  EXPECT_EQ(Refused("DescribeStream", request({{"Type", "CHILD_SHARDS"}, {"ShardId", "x"}})),
            kInvalid);
  const json found = Ok("DescribeStream", request({{"Type", "CHILD_SHARDS"}, {"ShardId", shard}}));
  EXPECT_TRUE(found["StreamDescription"]["Shards"].empty());
}

TEST_P(StreamContract, ShardsAreNamedByTheirTimeAndListedAfterAnyStart) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  const std::string arn = ArnOf(table);
  const json description = Describe(arn);
  EXPECT_EQ(description["StreamStatus"], "ENABLED");
  EXPECT_EQ(description["StreamViewType"], "NEW_IMAGE");
  EXPECT_EQ(description["TableName"], table);
  ASSERT_FALSE(description["Shards"].empty());
  for (const json& shard : description["Shards"]) {
    const std::string id = shard["ShardId"];
    EXPECT_TRUE(id.starts_with("shardId-000000")) << id;
    EXPECT_EQ(id.size(), 8U + 20U + 1U + 8U) << id;
    EXPECT_FALSE(shard["SequenceNumberRange"].contains("EndingSequenceNumber"));
    EXPECT_FALSE(shard.contains("ParentShardId"));
  }
  const json first = description["Shards"][0]["ShardId"];
  const json rest = Ok("DescribeStream", {{"StreamArn", arn}, {"ExclusiveStartShardId", first}});
  EXPECT_EQ(rest["StreamDescription"]["Shards"].size(), description["Shards"].size() - 1);
}

TEST_P(StreamContract, DisabledStreamEndsItsShardsAndStaysReadable) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  ChangeOneItem(table);
  json records;
  const std::string arn = ArnOf(table);
  const std::string shard = ShardWith(arn, 3, records);
  Ok("UpdateTable", {{"TableName", table}, {"StreamSpecification", {{"StreamEnabled", false}}}});
  EXPECT_EQ(Describe(arn)["StreamStatus"], "DISABLED");
  const json described = Ok("DescribeTable", {{"TableName", table}})["Table"];
  EXPECT_EQ(described["LatestStreamArn"], arn);  // though there is none any more
  EXPECT_FALSE(described.contains("StreamSpecification"));
  std::string ending;
  for (const json& listed : Shards(arn)) {
    ASSERT_TRUE(listed["SequenceNumberRange"].contains("EndingSequenceNumber"));
    if (listed["ShardId"] == shard) ending = listed["SequenceNumberRange"]["EndingSequenceNumber"];
  }
  // The end is a missing iterator, with the last records or on an empty page behind them.
  json page = Read(IteratorRequest(arn, shard, "TRIM_HORIZON"));
  EXPECT_EQ(page["Records"], records);
  if (page.contains("NextShardIterator")) {
    page = Ok("GetRecords", {{"ShardIterator", page["NextShardIterator"]}});
    EXPECT_TRUE(page["Records"].empty());
  }
  EXPECT_FALSE(page.contains("NextShardIterator"));
  page = Read(IteratorRequest(arn, shard, "AFTER_SEQUENCE_NUMBER", ending));
  EXPECT_TRUE(page["Records"].empty());
  EXPECT_FALSE(page.contains("NextShardIterator"));
}

TEST_P(StreamContract, StreamIsSwitchedOnceAndGetsANewArnEachTime) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  const std::string first = ArnOf(table);
  const auto update = [&](const json& specification) {
    return json{{"TableName", table}, {"StreamSpecification", specification}};
  };
  const json on = {{"StreamEnabled", true}, {"StreamViewType", "NEW_IMAGE"}};
  const json off = {{"StreamEnabled", false}};
  EXPECT_EQ(Refused("UpdateTable", update(on)), kInvalid);
  EXPECT_EQ(
      Refused("UpdateTable", update({{"StreamEnabled", false}, {"StreamViewType", "NEW_IMAGE"}})),
      kInvalid);
  Ok("UpdateTable", update(off));
  EXPECT_EQ(Refused("UpdateTable", update(off)), kInvalid);
  clock().SleepFor(std::chrono::milliseconds(2));  // labels are times in milliseconds
  Ok("UpdateTable", update(on));
  EXPECT_NE(ArnOf(table), first);
  const json listed = Ok("ListStreams", {{"TableName", table}});
  EXPECT_EQ(listed["Streams"].size(), 2U);
  Ok("DeleteTable", {{"TableName", table}});
  EXPECT_EQ(Describe(first)["StreamStatus"], "DISABLED");
}

}  // namespace
}  // namespace ddbsync::contract
