#include <nlohmann/json.hpp>

#include "tests/contract/contract_fixture.h"

namespace ddbsync::contract {
namespace {

constexpr const char* kInvalid = "ValidationException";
constexpr const char* kNoSuchPolicy = "PolicyNotFoundException";

/// What a cut-over changes tables with.
class ControlContract : public ContractTest {
 protected:
  json Ttl(const std::string& table) {
    return Ok("DescribeTimeToLive", {{"TableName", table}})["TimeToLiveDescription"];
  }

  static json TtlRequest(const std::string& table, bool enabled, const std::string& attribute) {
    return {{"TableName", table},
            {"TimeToLiveSpecification", {{"Enabled", enabled}, {"AttributeName", attribute}}}};
  }

  static json StreamRequest(const std::string& table, bool enabled) {
    json specification = {{"StreamEnabled", enabled}};
    if (enabled) specification["StreamViewType"] = "NEW_IMAGE";
    return {{"TableName", table}, {"StreamSpecification", specification}};
  }

  json Described(const std::string& table) {
    return Ok("DescribeTable", {{"TableName", table}})["Table"];
  }

  /// All records of a stream whose shards have ended.
  std::vector<json> RecordsToTheEnd(const std::string& arn) {
    std::vector<json> records;
    const json stream = Ok("DescribeStream", {{"StreamArn", arn}})["StreamDescription"];
    for (const json& shard : stream["Shards"]) {
      json page = Ok("GetShardIterator", {{"StreamArn", arn},
                                          {"ShardId", shard["ShardId"]},
                                          {"ShardIteratorType", "TRIM_HORIZON"}});
      json next = page["ShardIterator"];
      for (int pages = 0; pages < 1000 && !next.is_null(); ++pages) {
        page = Ok("GetRecords", {{"ShardIterator", next}});
        records.insert(records.end(), page["Records"].begin(), page["Records"].end());
        next = page.value("NextShardIterator", json());
      }
      EXPECT_TRUE(next.is_null()) << "a shard of a stream that is off has no end";
    }
    return records;
  }
};
CONTRACT_SUITE(ControlContract);

TEST_P(ControlContract, TimeToLiveIsForgottenWhenItIsOff) {
  const std::string table = MakeTable({{"id", "S"}});
  EXPECT_EQ(Ttl(table), json({{"TimeToLiveStatus", "DISABLED"}}));
  const json on = TtlRequest(table, true, "ends");
  EXPECT_EQ(Ok("UpdateTimeToLive", on),
            json({{"TimeToLiveSpecification", on["TimeToLiveSpecification"]}}));
  EXPECT_EQ(Ttl(table), json({{"TimeToLiveStatus", "ENABLED"}, {"AttributeName", "ends"}}));
  if (!is_local()) clock().SleepFor(std::chrono::hours(1));
  Ok("UpdateTimeToLive", TtlRequest(table, false, "ends"));
  EXPECT_EQ(Ttl(table), json({{"TimeToLiveStatus", "DISABLED"}}));
}

TEST_P(ControlContract, TimeToLiveIsNotSetToWhatItIs) {
  const std::string table = MakeTable({{"id", "S"}});
  EXPECT_EQ(Refused("UpdateTimeToLive", TtlRequest(table, false, "ends")), kInvalid);
  Ok("UpdateTimeToLive", TtlRequest(table, true, "ends"));
  EXPECT_EQ(Refused("UpdateTimeToLive", TtlRequest(table, true, "ends")), kInvalid);
  EXPECT_EQ(Refused("UpdateTimeToLive", TtlRequest(table, true, "other")), kInvalid);
  EXPECT_EQ(Refused("UpdateTimeToLive", TtlRequest(table, false, "other")), kInvalid);
  EXPECT_EQ(Ttl(table)["AttributeName"], "ends");
}

TEST_P(ControlContract, TimeToLiveIsOfATableAndAnAttribute) {
  const std::string table = MakeTable({{"id", "S"}});
  const std::string none = NewName();
  EXPECT_EQ(Refused("DescribeTimeToLive", {{"TableName", none}}), "ResourceNotFoundException");
  EXPECT_EQ(Refused("UpdateTimeToLive", TtlRequest(none, true, "ends")),
            "ResourceNotFoundException");
  EXPECT_EQ(Refused("UpdateTimeToLive", TtlRequest(table, true, "")), kInvalid);
  EXPECT_EQ(Refused("UpdateTimeToLive",
                    {{"TableName", table}, {"TimeToLiveSpecification", {{"Enabled", true}}}}),
            kInvalid);
}

TEST_P(ControlContract, TimeToLiveIsNotChangedTwiceWithinTheHour) {
  if (is_local()) GTEST_SKIP() << "DynamoDB Local lets it be changed at any time";
  const std::string table = MakeTable({{"id", "S"}});
  Ok("UpdateTimeToLive", TtlRequest(table, true, "ends"));
  clock().SleepFor(std::chrono::minutes(59));
  const Answer soon = Call("UpdateTimeToLive", TtlRequest(table, false, "ends"));
  EXPECT_EQ(soon.error, kInvalid);
  EXPECT_NE(soon.body.find("modified multiple times within a fixed interval"), std::string::npos);
  clock().SleepFor(std::chrono::minutes(1));
  Ok("UpdateTimeToLive", TtlRequest(table, false, "ends"));
}

TEST_P(ControlContract, AStreamTurnedOffEndsAndTheNextIsAnother) {
  const std::string table = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  Put(table, {{"id", S("a")}});
  const std::string first = Described(table)["LatestStreamArn"];
  clock().SleepFor(std::chrono::milliseconds(5));  // labels are told apart by milliseconds
  Ok("UpdateTable", StreamRequest(table, false));
  EXPECT_FALSE(Described(table).contains("StreamSpecification"));
  EXPECT_EQ(Described(table)["LatestStreamArn"], first);
  Put(table, {{"id", S("b")}});
  Ok("UpdateTable", StreamRequest(table, true));
  const std::string second = Described(table)["LatestStreamArn"];
  EXPECT_NE(second, first);
  Put(table, {{"id", S("c")}});
  const std::vector<json> records = RecordsToTheEnd(first);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0]["dynamodb"]["Keys"], json({{"id", S("a")}}));
  EXPECT_EQ(Ok("DescribeStream", {{"StreamArn", first}})["StreamDescription"]["StreamStatus"],
            "DISABLED");
}

TEST_P(ControlContract, AStreamIsNotTurnedOffTwice) {
  const std::string table = MakeTable({{"id", "S"}});
  const Answer never = Call("UpdateTable", StreamRequest(table, false));
  EXPECT_EQ(never.error, kInvalid);
  EXPECT_NE(never.body.find("Table has no stream to disable"), std::string::npos) << never.body;
  Ok("UpdateTable", StreamRequest(table, true));
  Ok("UpdateTable", StreamRequest(table, false));
  EXPECT_EQ(Refused("UpdateTable", StreamRequest(table, false)), kInvalid);
}

TEST_P(ControlContract, ADeleteHappensOnlyWhereItsConditionHolds) {
  const std::string table = MakeTable({{"id", "S"}});
  const json key = {{"id", S("a")}};
  Put(table, {{"id", S("a")}, {"v", N("1")}});
  const auto request = [&](const std::string& condition, const json& names) {
    json asked = {{"TableName", table}, {"Key", key}, {"ConditionExpression", condition}};
    if (!names.empty()) asked["ExpressionAttributeNames"] = names;
    return asked;
  };
  const json id = {{"#key", "id"}};
  constexpr const char* kFailed = "ConditionalCheckFailedException";
  constexpr const char* kNever = "attribute_exists(#key) AND attribute_not_exists(#key)";
  EXPECT_EQ(Refused("DeleteItem", request(kNever, id)), kFailed);
  EXPECT_EQ(Refused("DeleteItem", request("attribute_not_exists(v)", {})), kFailed);
  EXPECT_EQ(Refused("DeleteItem", request("attribute_exists(#none)", {})), kInvalid);
  EXPECT_EQ(Refused("DeleteItem", request("attribute_exists(id)", id)), kInvalid);
  EXPECT_EQ(Get(table, key)["v"], N("1"));
  Ok("DeleteItem", request("attribute_exists(#key) AND attribute_exists(v)", id));
  EXPECT_TRUE(Get(table, key).is_null());
  EXPECT_EQ(Refused("DeleteItem", request(kNever, id)), kFailed);
  Ok("DeleteItem", request("attribute_not_exists(#key)", id));
}

TEST_P(ControlContract, TagsAreTakenAwayByTheirKeys) {
  if (is_local()) GTEST_SKIP() << "DynamoDB Local has no tags";
  const std::string arn = Described(MakeTable({{"id", "S"}}))["TableArn"];
  const json tags = {{{"Key", "a"}, {"Value", "1"}}, {{"Key", "b"}, {"Value", ""}}};
  EXPECT_EQ(Call("TagResource", {{"ResourceArn", arn}, {"Tags", tags}}).body, "");
  EXPECT_EQ(Call("UntagResource", {{"ResourceArn", arn}, {"TagKeys", {"a", "none"}}}).body, "");
  EXPECT_EQ(Ok("ListTagsOfResource", {{"ResourceArn", arn}})["Tags"],
            json({{{"Key", "b"}, {"Value", ""}}}));
}

/// Policies of resources, which DynamoDB Local does not have: as AWS documents and was seen to
/// answer.
class PolicyContract : public ControlContract {
 protected:
  void SetUp() override {
    ControlContract::SetUp();
    if (IsSkipped()) return;
    if (is_local()) GTEST_SKIP() << "DynamoDB Local has no resource-based policies";
    table_ = MakeTable({{"id", "S"}});
    arn_ = Described(table_)["TableArn"];
  }

  json Policy(const json& actions) const {
    return {{"Version", "2012-10-17"},
            {"Statement",
             {{{"Effect", "Deny"}, {"Principal", "*"}, {"Action", actions}, {"Resource", arn_}}}}};
  }

  json PutRequest(const json& policy, const std::string& expected = "") const {
    json request = {{"ResourceArn", arn_}, {"Policy", policy.dump()}};
    if (!expected.empty()) request["ExpectedRevisionId"] = expected;
    return request;
  }

  json ByArn(const std::string& expected = "") const {
    json request = {{"ResourceArn", arn_}};
    if (!expected.empty()) request["ExpectedRevisionId"] = expected;
    return request;
  }

  std::string table_;
  std::string arn_;
};
CONTRACT_SUITE(PolicyContract);

TEST_P(PolicyContract, APolicyIsReadBackInAFormOfTheServices) {
  EXPECT_EQ(Refused("GetResourcePolicy", ByArn()), kNoSuchPolicy);
  const std::string revision =
      Ok("PutResourcePolicy", PutRequest(Policy({"dynamodb:PutItem"})))["RevisionId"];
  const json found = Ok("GetResourcePolicy", ByArn());
  EXPECT_EQ(found["RevisionId"], revision);
  EXPECT_EQ(json::parse(found["Policy"].get<std::string>()), Policy("dynamodb:PutItem"));
  // Said otherwise, it is the same, and may come again at once.
  EXPECT_EQ(Ok("PutResourcePolicy", PutRequest(Policy("dynamodb:PutItem")))["RevisionId"],
            revision);
}

TEST_P(PolicyContract, AnExpectedRevisionIsKept) {
  const json first = Policy("dynamodb:PutItem");
  EXPECT_EQ(Refused("PutResourcePolicy", PutRequest(first, "17")), kNoSuchPolicy);
  const std::string revision =
      Ok("PutResourcePolicy", PutRequest(first, "NO_POLICY"))["RevisionId"];
  clock().SleepFor(std::chrono::seconds(15));
  const json second = Policy("dynamodb:DeleteItem");
  EXPECT_EQ(Refused("PutResourcePolicy", PutRequest(second, "NO_POLICY")), kNoSuchPolicy);
  const std::string next = Ok("PutResourcePolicy", PutRequest(second, revision))["RevisionId"];
  EXPECT_NE(next, revision);
  clock().SleepFor(std::chrono::seconds(15));
  EXPECT_EQ(Refused("DeleteResourcePolicy", ByArn(revision)), kNoSuchPolicy);
  EXPECT_EQ(Ok("DeleteResourcePolicy", ByArn(next))["RevisionId"], next);
  EXPECT_EQ(Refused("DeleteResourcePolicy", ByArn(next)), kNoSuchPolicy);
  Ok("DeleteResourcePolicy", ByArn());
}

TEST_P(PolicyContract, APolicyIsNotChangedTwiceWithinFifteenSeconds) {
  Ok("PutResourcePolicy", PutRequest(Policy("dynamodb:PutItem")));
  clock().SleepFor(std::chrono::seconds(14));
  EXPECT_EQ(Refused("PutResourcePolicy", PutRequest(Policy("dynamodb:DeleteItem"))),
            "ThrottlingException");
  clock().SleepFor(std::chrono::seconds(1));
  Ok("PutResourcePolicy", PutRequest(Policy("dynamodb:DeleteItem")));
}

TEST_P(PolicyContract, WritesThatAPolicyDeniesAreRefused) {
  const json key = {{"id", S("a")}};
  Put(table_, key);
  const std::vector<std::pair<std::string, json>> writes = {
      {"PutItem", {{"TableName", table_}, {"Item", key}}},
      {"DeleteItem", {{"TableName", table_}, {"Key", key}}},
      {"UpdateItem",
       {{"TableName", table_},
        {"Key", key},
        {"UpdateExpression", "SET v = :v"},
        {"ExpressionAttributeValues", {{":v", N("1")}}}}},
      {"BatchWriteItem", {{"RequestItems", {{table_, {{{"DeleteRequest", {{"Key", key}}}}}}}}}}};
  for (const auto& [denied, denied_request] : writes) {
    Ok("PutResourcePolicy", PutRequest(Policy("dynamodb:" + denied)));
    for (const auto& [operation, request] : writes) {
      const Answer answer = Call(operation, request);
      EXPECT_EQ(answer.error, operation == denied ? "AccessDeniedException" : "");
      const bool told =
          answer.body.find("with an explicit deny in a resource-based policy") != std::string::npos;
      EXPECT_EQ(told, operation == denied) << answer.body;
    }
    clock().SleepFor(std::chrono::seconds(15));
  }
  EXPECT_FALSE(Get(table_, key).is_null());  // reads are none of its business
}

TEST_P(PolicyContract, WhatIsNoPolicyOfTheTableIsRefused) {
  EXPECT_EQ(Refused("PutResourcePolicy", PutRequest("text")), kInvalid);
  EXPECT_EQ(Refused("PutResourcePolicy", PutRequest(json::object())), kInvalid);
  json other = Policy("dynamodb:PutItem");
  other["Statement"][0]["Resource"] = arn_ + "x";
  EXPECT_EQ(Refused("PutResourcePolicy", PutRequest(other)), kInvalid);
  json long_one = Policy("dynamodb:PutItem");
  long_one["Statement"][0]["Sid"] = std::string(20 * 1024, 'x');
  EXPECT_EQ(Refused("PutResourcePolicy", PutRequest(long_one)), kInvalid);
  // Nobody could ever change it again.
  EXPECT_EQ(Refused("PutResourcePolicy", PutRequest(Policy("dynamodb:*"))), kInvalid);
  EXPECT_EQ(Refused("GetResourcePolicy", {{"ResourceArn", table_}}), kInvalid);
  EXPECT_EQ(Refused("GetResourcePolicy", {{"ResourceArn", arn_ + "x"}}),
            "ResourceNotFoundException");
  EXPECT_EQ(Refused("GetResourcePolicy", ByArn()), kNoSuchPolicy);
}

}  // namespace
}  // namespace ddbsync::contract
