#include "cutover/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "aws/client.h"
#include "aws/server_clock.h"
#include "cutover/limits.h"
#include "cutover/permissions.h"
#include "dynamodb/streams_client.h"
#include "tests/cutover/ready_facts.h"
#include "tests/dynamodb/canned_service.h"
#include "tests/support/client_parts.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::cutover {
namespace {

using nlohmann::json;
using Answer = Permission::Answer;
using dynamodb::TtlStatus;
using testing::HasSubstr;

/// Two tables, "orders" with a stream and TTL, "orders-b" empty, and all that a run of any options
/// asks for.
class Facts : public testing::Test {
 protected:
  Facts() {
    Create("orders", true);
    Create("orders-b", false);
    Call("UpdateTimeToLive",
         {{"TableName", "orders"},
          {"TimeToLiveSpecification", {{"AttributeName", "ends"}, {"Enabled", true}}}});
    facts_.options.freeze = FreezeBy::kPolicy;
    facts_.options.reverse = true;
  }

  void Create(const std::string& name, bool stream) {
    json request = {{"TableName", name},
                    {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
                    {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
                    {"BillingMode", "PAY_PER_REQUEST"}};
    if (stream) request["StreamSpecification"] = kStreamOn;
    Call("CreateTable", request);
  }

  json Call(const std::string& operation, const json& request) {
    const auto reply = service_.Handle("DynamoDB_20120810." + operation, request.dump());
    EXPECT_EQ(reply.status, 200) << operation << " " << reply.body;
    return reply.body.empty() ? json() : json::parse(reply.body);
  }

  void Look() {
    LookAtTables(source_, target_, clock_, facts_);
    if (!facts_.source || !facts_.target) return;
    facts_.record.source_identity = facts_.source->Identity();
    facts_.record.target_identity = facts_.target->Identity();
  }

  std::map<std::string, Permission> Probe() {
    std::map<std::string, Permission> found;
    for (const Permission& permission : ProbePermissions(source_, target_, facts_, clock_)) {
      found[permission.action] = permission;
    }
    return found;
  }

  /// All that a probe could have changed.
  json Everything() {
    json all = {{"items", service_.Items("orders").size() + service_.Items("orders-b").size()},
                {"policy", service_.Policies("orders")}};
    for (const char* table : {"orders", "orders-b"}) {
      all["tables"].push_back(Call("DescribeTable", {{"TableName", table}}));
      all["ttl"].push_back(Call("DescribeTimeToLive", {{"TableName", table}}));
    }
    size_t records = 0;
    for (const auto& shard : service_.Shards("orders")) records += shard.records;
    all["records"] = records;
    return all;
  }

  inline static const json kStreamOn = {{"StreamEnabled", true},
                                        {"StreamViewType", "NEW_AND_OLD_IMAGES"}};
  fake::ManualClock clock_;
  fake::FakeDynamoDb service_{clock_, {}};
  fake::FixedKeys keys_;
  fake::NoObserver observer_;
  fake::FakeTransport transport_{service_, clock_};
  aws::ServerClock server_clock_{clock_};
  aws::Client aws_{{.url = "http://127.0.0.1:1/", .region = "us-east-1"},
                   keys_,
                   transport_,
                   server_clock_,
                   clock_,
                   observer_};
  dynamodb::Client tables_{aws_};
  dynamodb::StreamsClient streams_{aws_};
  replicator::Side source_{
      .label = "source a", .table = "orders", .tables = &tables_, .streams = &streams_};
  replicator::Side target_{
      .label = "target b", .table = "orders-b", .tables = &tables_, .streams = &streams_};
  GateFacts facts_;
};

TEST_F(Facts, SayWhatTheTablesAre) {
  Look();
  ASSERT_TRUE(facts_.source && facts_.target);
  EXPECT_EQ(facts_.source->name, "orders");
  EXPECT_TRUE(facts_.source->stream_view);
  EXPECT_EQ(facts_.target->name, "orders-b");
  EXPECT_FALSE(facts_.target->stream_view);
  EXPECT_EQ(facts_.source_ttl, (dynamodb::TimeToLive{TtlStatus::kEnabled, "ends"}));
  EXPECT_EQ(facts_.target_ttl, dynamodb::TimeToLive());
  EXPECT_EQ(facts_.source_policy, std::nullopt);
}

TEST_F(Facts, APolicyIsLookedAtOnlyWhereOneIsToBePut) {
  facts_.options.freeze = FreezeBy::kManual;
  Look();
  EXPECT_EQ(facts_.source_policy.error(), NotLookedAt().error());
  EXPECT_EQ(service_.Counts()["GetResourcePolicy"], 0U);
}

TEST_F(Facts, WhatCannotBeFoundOutSaysWhy) {
  service_.faults().Deny("DescribeTimeToLive");
  service_.faults().Deny("GetResourcePolicy");
  target_.table = "nowhere";
  Look();
  EXPECT_EQ(facts_.source_ttl.error().code, ErrorCode::kDenied);
  EXPECT_EQ(facts_.source_policy.error().code, ErrorCode::kDenied);
  EXPECT_EQ(facts_.target.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(AllHold(Judge(facts_)));
}

TEST(FactsOfAServer, WithoutTimeToLiveAreThatThereIsNone) {
  dynamodb::CannedService service;
  dynamodb::Client tables(service.client());
  const replicator::Side side{.label = "a", .table = "a", .tables = &tables};
  for (int described = 0; described < 2; ++described) {
    service.Refuse(400, "x#ResourceNotFoundException", "no such table");
  }
  service.Refuse(400, "x#UnknownOperationException", "");
  service.Refuse(400, "x#AccessDeniedException", "");
  fake::ManualClock clock;
  GateFacts facts;
  LookAtTables(side, side, clock, facts);
  EXPECT_EQ(facts.source_ttl, dynamodb::TimeToLive());
  EXPECT_EQ(facts.target_ttl.error().code, ErrorCode::kDenied);
}

/// Somebody waits for the answer.
TEST_F(Facts, ALookEndsThoughTheServiceDoesNotAnswer) {
  service_.faults().SetRates(fake::OperationClass::kControl, {{fake::FaultKind::kTimeout, 1}});
  const TimePoint begun = clock_.Now();
  LookAtTables(source_, target_, clock_, facts_);
  EXPECT_FALSE(facts_.source || facts_.target || facts_.source_ttl || facts_.target_ttl);
  EXPECT_THAT(facts_.target_ttl.error().message, HasSubstr("took too long"));
  // A call that had begun is waited for, with its repetitions.
  EXPECT_LT(clock_.Now() - begun, limits::kLookPatience + std::chrono::minutes(3));
}

TEST_F(Facts, KeysThatMayDoAllAreProvenToWithoutHarm) {
  Look();
  const json before = Everything();
  const auto found = Probe();
  EXPECT_EQ(found.size(), 11U);
  for (const auto& [action, permission] : found) {
    EXPECT_EQ(permission.answer, Answer::kProven) << action << ": " << permission.reason;
  }
  EXPECT_EQ(Everything(), before);
}

TEST_F(Facts, ATargetWithAStreamIsProbedByReadingIt) {
  Call("UpdateTable", {{"TableName", "orders-b"}, {"StreamSpecification", kStreamOn}});
  Look();
  const json before = Everything();
  const auto found = Probe();
  EXPECT_EQ(found.count("dynamodb:UpdateTable on orders-b"), 0U);
  EXPECT_EQ(found.at("dynamodb:GetRecords on the stream of orders-b").answer, Answer::kProven);
  EXPECT_EQ(Everything(), before);
  service_.faults().Deny("GetRecords");
  EXPECT_EQ(Probe().at("dynamodb:GetRecords on the stream of orders-b").answer, Answer::kDenied);
}

/// What is there is put again, expecting what is not: a server that heeds no revisions would change
/// nothing either.
TEST_F(Facts, ATableWithAPolicyKeepsIt) {
  Look();
  const json policy = {{"Version", "2012-10-17"},
                       {"Statement",
                        {{{"Effect", "Allow"},
                          {"Principal", "*"},
                          {"Action", "dynamodb:GetItem"},
                          {"Resource", facts_.source->arn}}}}};
  Call("PutResourcePolicy", {{"ResourceArn", facts_.source->arn}, {"Policy", policy.dump()}});
  Look();
  ASSERT_TRUE(facts_.source_policy && *facts_.source_policy);
  const json before = Everything();
  const auto found = Probe();
  EXPECT_EQ(found.at("dynamodb:PutResourcePolicy on orders").answer, Answer::kProven);
  EXPECT_EQ(found.at("dynamodb:DeleteResourcePolicy on orders").answer, Answer::kProven);
  EXPECT_EQ(Everything(), before);
}

TEST_F(Facts, WhatKeysMayNotDoIsNamed) {
  Look();
  const std::map<std::string, std::set<std::string>> actions = {
      {"UpdateTimeToLive",
       {"dynamodb:UpdateTimeToLive on orders", "dynamodb:UpdateTimeToLive on orders-b"}},
      {"UpdateTable", {"dynamodb:UpdateTable on orders", "dynamodb:UpdateTable on orders-b"}},
      // Without the right to put, nobody knows whether to delete is harmless.
      {"PutResourcePolicy",
       {"dynamodb:PutResourcePolicy on orders", "dynamodb:DeleteResourcePolicy on orders"}},
      {"DeleteResourcePolicy", {"dynamodb:DeleteResourcePolicy on orders"}},
      {"DeleteItem", {"dynamodb:DeleteItem on orders"}},
      {"DescribeStream", {"dynamodb:DescribeStream on the stream of orders-b"}},
      {"GetShardIterator", {"dynamodb:GetShardIterator on the stream of orders-b"}},
      {"BatchGetItem", {"dynamodb:BatchGetItem on orders-b"}},
      {"GetItem", {"dynamodb:BatchWriteItem on orders"}},
      {"BatchWriteItem", {"dynamodb:BatchWriteItem on orders"}},
  };
  for (const auto& [denied, expected] : actions) {
    SCOPED_TRACE(denied);
    service_.faults().Deny(denied);
    std::set<std::string> unproven;
    for (const auto& [action, permission] : Probe()) {
      if (permission.answer == Answer::kProven) continue;
      unproven.insert(action);
      EXPECT_FALSE(permission.reason.empty());
    }
    EXPECT_EQ(unproven, expected);
    service_.faults().Allow(denied);
  }
}

/// Somebody turned the stream off since the look.
TEST_F(Facts, WhatWasToBeRefusedAndWasNotProvesNothing) {
  Look();
  Call("UpdateTable",
       {{"TableName", "orders"}, {"StreamSpecification", {{"StreamEnabled", false}}}});
  const Permission found = Probe().at("dynamodb:UpdateTable on orders");
  EXPECT_EQ(found.answer, Answer::kUnknown);
  EXPECT_THAT(found.reason, HasSubstr("was carried out"));
}

TEST_F(Facts, OnlyWhatTheOptionsNeedIsAskedFor) {
  facts_.options = {};
  Call("UpdateTimeToLive",
       {{"TableName", "orders-b"},
        {"TimeToLiveSpecification", {{"AttributeName", "ends"}, {"Enabled", true}}}});
  Look();
  facts_.source_ttl = dynamodb::TimeToLive{};
  const auto before = service_.Counts();
  const auto found = Probe();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.begin()->first, "dynamodb:UpdateTable on orders");
  auto after = before;
  ++after["UpdateTable"];
  EXPECT_EQ(service_.Counts(), after);
}

TEST_F(Facts, TablesOfAnotherCopyAreLeftAlone) {
  Look();
  facts_.record.target_identity = "another";
  const auto before = service_.Counts();
  for (const auto& [action, permission] : Probe()) {
    EXPECT_EQ(permission.answer, Answer::kUnknown) << action;
  }
  EXPECT_EQ(service_.Counts(), before);
}

TEST_F(Facts, ALiveItemIsNeverDeletedByAProbe) {
  Look();
  // Somebody has the probe's key after all.
  Call("PutItem",
       {{"TableName", "orders"},
        {"Item", {{"id", {{"S", "ddbsync.probe.5b0e6fd1-93c8-4a7f-8d0e-1f6f3a2c7b94"}}}}}});
  EXPECT_EQ(Probe().at("dynamodb:BatchWriteItem on orders").answer, Answer::kUnknown);
  EXPECT_EQ(service_.CountItems("orders"), 1U);
}

TEST_F(Facts, CollectedAndProvenTheyOpenTheirGates) {
  Look();
  GateFacts facts = ReadyFacts();
  facts.options = facts_.options;
  facts.options.exempt = {"arn:aws:iam::000000000000:role/back"};
  facts.source = facts_.source;
  facts.target = facts_.target;
  facts.source_ttl = facts_.source_ttl;
  facts.target_ttl = facts_.target_ttl;
  facts.source_policy = facts_.source_policy;
  facts.record.source_identity = facts_.source->Identity();
  facts.record.target_identity = facts_.target->Identity();
  facts.record.stream_arn = facts_.source->latest_stream_arn;
  facts.record.start_time = facts.copied_by.emplace(clock_.WallNow());
  facts.permissions = ProbePermissions(source_, target_, facts, clock_);
  for (const Gate& gate : Judge(facts)) {
    EXPECT_TRUE(gate.ok) << gate.name << ": " << gate.observed;
  }
}

}  // namespace
}  // namespace ddbsync::cutover
