#include "tests/support/resource_policy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/fake_admin.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/manual_clock.h"
#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kArn = "arn:aws:dynamodb:us-east-1:000000000000:table/tbl";
constexpr const char* kKey = R"({"id":{"S":"a"}})";

std::string Denial(const json& actions, const json& condition = json()) {
  json statement = {
      {"Effect", "Deny"}, {"Principal", "*"}, {"Action", actions}, {"Resource", kArn}};
  if (!condition.is_null()) statement["Condition"] = condition;
  return json{{"Version", "2012-10-17"}, {"Statement", statement}}.dump();
}

std::string User(const std::string& name) {
  return "arn:aws:iam::000000000000:user/" + name;
}

TEST(ResourcePolicy, DeniesTheActionsItNames) {
  const auto some = ResourcePolicy::Parse(
      Denial({"dynamodb:PutItem", "DynamoDB:deleteitem", "dynamodb:Batch*"}), kArn);
  for (const char* action : {"PutItem", "DeleteItem", "BatchWriteItem"}) {
    EXPECT_TRUE(some.Denies(User("a"), action)) << action;
  }
  EXPECT_FALSE(some.Denies(User("a"), "UpdateItem"));
  EXPECT_TRUE(ResourcePolicy::Parse(Denial("dynamodb:*"), kArn).Denies(User("a"), "UpdateItem"));
}

TEST(ResourcePolicy, LeavesAloneWhomItExempts) {
  for (const char* test : {"ArnNotEquals", "ArnNotLike"}) {
    const json two = {{test, {{"aws:PrincipalArn", {User("a"), User("re*")}}}}};
    const auto policy = ResourcePolicy::Parse(Denial("dynamodb:*", two), kArn);
    EXPECT_FALSE(policy.Denies(User("a"), "PutItem"));
    EXPECT_FALSE(policy.Denies(User("reverse"), "PutItem"));
    EXPECT_TRUE(policy.Denies(User("ab"), "PutItem"));
    EXPECT_TRUE(policy.Denies("arn:aws:iam::000000000001:user/a", "PutItem"));
  }
  // A star does not reach beyond a colon.
  const json loose = {{"ArnNotLike", {{"aws:PrincipalArn", "arn:aws:iam::*/a"}}}};
  EXPECT_TRUE(
      ResourcePolicy::Parse(Denial("dynamodb:*", loose), kArn).Denies(User("a"), "PutItem"));
}

TEST(ResourcePolicy, AllowsNothingByAllowing) {
  const json allow = {{"Effect", "Allow"},
                      {"Principal", {{"AWS", User("a")}}},
                      {"Action", "dynamodb:GetItem"},
                      {"Resource", kArn}};
  const auto policy = ResourcePolicy::Parse(json{{"Statement", {allow}}}.dump(), kArn);
  EXPECT_FALSE(policy.Denies(User("b"), "GetItem"));
}

TEST(ResourcePolicy, WhatItDoesNotUnderstandIsRefused) {
  const json statement = json::parse(Denial("dynamodb:*"))["Statement"];
  for (const auto& [member, value] : std::vector<std::pair<const char*, json>>{
           {"Principal", {{"AWS", User("a")}}},
           {"NotAction", "dynamodb:GetItem"},
           {"Effect", "Maybe"},
           {"Action", "s3:PutObject"},
           {"Action", json::array()},
           {"Condition", {{"StringEquals", {{"aws:PrincipalArn", User("a")}}}}},
           {"Condition", {{"ArnNotEquals", {{"aws:SourceArn", User("a")}}}}}}) {
    json changed = statement;
    changed[member] = value;
    EXPECT_THROW(ResourcePolicy::Parse(json{{"Statement", changed}}.dump(), kArn), Refusal)
        << changed;
  }
}

/// A table "tbl" (key id: S) with an item, in a fake where policies and times to live need time.
class PolicyInTime : public ::testing::Test {
 protected:
  void SetUp() override {
    Ok("CreateTable",
       {{"TableName", "tbl"},
        {"AttributeDefinitions", json::array({{{"AttributeName", "id"}, {"AttributeType", "S"}}})},
        {"KeySchema", json::array({{{"AttributeName", "id"}, {"KeyType", "HASH"}}})},
        {"BillingMode", "PAY_PER_REQUEST"}});
    Ok("PutItem", {{"TableName", "tbl"}, {"Item", json::parse(kKey)}});
  }

  static Options Slow() {
    Options options;
    options.policy_delay = 5s;
    options.ttl_delay = 60s;
    options.streams.disable_delay = 3s;
    return options;
  }

  json Ok(const std::string& operation, const json& request) {
    const HttpReply reply = service_.Handle("DynamoDB_20120810." + operation, request.dump());
    EXPECT_EQ(reply.status, 200) << operation << " " << reply.body;
    return reply.body.empty() ? json() : json::parse(reply.body);
  }

  bool MayWrite(const std::string& key_id = "") {
    const json request = {{"TableName", "tbl"}, {"Item", json::parse(kKey)}};
    return service_.Handle("DynamoDB_20120810.PutItem", request.dump(), {}, key_id).status == 200;
  }

  void PutPolicy(const std::string& policy) {
    Ok("PutResourcePolicy", {{"ResourceArn", kArn}, {"Policy", policy}});
  }

  json Policies() {
    return json::parse(Administer(service_, nullptr, "policies", R"({"table":"tbl"})").body);
  }

  void TurnTtl(bool on) {
    Ok("UpdateTimeToLive",
       {{"TableName", "tbl"},
        {"TimeToLiveSpecification", {{"Enabled", on}, {"AttributeName", "ends"}}}});
  }

  ManualClock clock_;
  FakeDynamoDb service_{clock_, Slow()};
};

TEST_F(PolicyInTime, TakesEffectAndLosesItSomeTimeLater) {
  PutPolicy(Denial("dynamodb:PutItem"));
  EXPECT_EQ(Policies()["in_effect"], "");
  EXPECT_NE(Policies()["put"], "");
  clock_.Advance(4999ms);
  EXPECT_TRUE(MayWrite());
  clock_.Advance(1ms);
  EXPECT_FALSE(MayWrite());
  EXPECT_EQ(Policies()["in_effect"], Policies()["put"]);
  clock_.Advance(10s);
  Ok("DeleteResourcePolicy", {{"ResourceArn", kArn}});
  EXPECT_EQ(Policies()["put"], "");
  clock_.Advance(4999ms);
  EXPECT_FALSE(MayWrite());
  clock_.Advance(1ms);
  EXPECT_TRUE(MayWrite());
}

TEST_F(PolicyInTime, TellsSendersByTheirKeys) {
  PutPolicy(Denial("dynamodb:PutItem", {{"ArnNotEquals", {{"aws:PrincipalArn", User("k1")}}}}));
  clock_.Advance(5s);
  EXPECT_TRUE(MayWrite("k1"));
  EXPECT_FALSE(MayWrite("k2"));
  EXPECT_FALSE(MayWrite());
}

TEST_F(PolicyInTime, TellsSendersByTheKeyTheySignWith) {
  PutPolicy(Denial("dynamodb:PutItem", {{"ArnNotEquals", {{"aws:PrincipalArn", User("k1")}}}}));
  clock_.Advance(5s);
  FakeTransport transport(service_, clock_);
  const std::string body = json{{"TableName", "tbl"}, {"Item", json::parse(kKey)}}.dump();
  const auto send = [&](const std::string& key_id) {
    const auto answer = transport.Send(
        {"http://fake/",
         {{"X-Amz-Target", "DynamoDB_20120810.PutItem"},
          {"Authorization", "AWS4-HMAC-SHA256 Credential=" + key_id + "/20260101/us-east-1"}},
         body,
         std::chrono::seconds(30)});
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(send("k1"), 200);
  EXPECT_EQ(send("k2"), 400);
}

TEST_F(PolicyInTime, WhoWasLetInBeforeStillWritesAfter) {
  PutPolicy(Denial("dynamodb:*", {{"ArnNotEquals", {{"aws:PrincipalArn", User("anonymous")}}}}));
  const json late = {{"TableName", "tbl"}, {"Item", {{"id", {{"S", "late"}}}}}};
  const auto submit = [&] {
    service_.Abandon(
        service_.Submit(clock_.Now() + 10s, "DynamoDB_20120810.PutItem", late.dump(), {}, "k1"));
    clock_.Advance(10s);
    return service_.CountItems("tbl");
  };
  EXPECT_EQ(submit(), 2U);
  Ok("DeleteItem", {{"TableName", "tbl"}, {"Key", late["Item"]}});
  EXPECT_EQ(submit(), 1U);
}

TEST_F(PolicyInTime, TimeToLiveDeletesWhileItIsOnWhateverPoliciesSay) {
  PutPolicy(Denial("dynamodb:DeleteItem"));
  clock_.Advance(5s);
  EXPECT_FALSE(service_.DeleteByTtl("tbl", kKey));
  TurnTtl(true);
  EXPECT_FALSE(service_.DeleteByTtl("tbl", kKey));
  clock_.Advance(1h);
  EXPECT_TRUE(service_.DeleteByTtl("tbl", kKey));
  EXPECT_TRUE(MayWrite());
  TurnTtl(false);
  EXPECT_TRUE(service_.DeleteByTtl("tbl", kKey));  // until it is off
  EXPECT_TRUE(MayWrite());
  clock_.Advance(60s);
  EXPECT_FALSE(service_.DeleteByTtl("tbl", kKey));
}

TEST_F(PolicyInTime, TimeToLiveIsOnItsWayFirst) {
  const auto status = [&] {
    return Ok("DescribeTimeToLive", {{"TableName", "tbl"}})["TimeToLiveDescription"].dump();
  };
  TurnTtl(true);
  EXPECT_EQ(status(), R"({"AttributeName":"ends","TimeToLiveStatus":"ENABLING"})");
  clock_.Advance(60s);
  EXPECT_EQ(status(), R"({"AttributeName":"ends","TimeToLiveStatus":"ENABLED"})");
  clock_.Advance(1h);
  TurnTtl(false);
  EXPECT_EQ(status(), R"({"AttributeName":"ends","TimeToLiveStatus":"DISABLING"})");
  clock_.Advance(60s);
  EXPECT_EQ(status(), R"({"TimeToLiveStatus":"DISABLED"})");
}

TEST_F(PolicyInTime, ATableWhoseStreamIsBeingTurnedOffIsUpdating) {
  const auto turn = [&](bool on) {
    json specification = {{"StreamEnabled", on}};
    if (on) specification["StreamViewType"] = "NEW_IMAGE";
    const json request = {{"TableName", "tbl"}, {"StreamSpecification", specification}};
    return service_.Handle("DynamoDB_20120810.UpdateTable", request.dump()).status;
  };
  EXPECT_EQ(turn(true), 200);
  EXPECT_EQ(turn(false), 200);
  EXPECT_EQ(Ok("DescribeTable", {{"TableName", "tbl"}})["Table"]["TableStatus"], "UPDATING");
  EXPECT_EQ(turn(true), 400);
  clock_.Advance(3s);
  EXPECT_EQ(turn(true), 200);
}

}  // namespace
}  // namespace ddbsync::fake
