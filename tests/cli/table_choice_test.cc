#include "cli/table_choice.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "aws/server_clock.h"
#include "tests/support/client_parts.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::cli {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A source with tables of its own.
class TableChoiceTest : public ::testing::Test {
 protected:
  TableChoiceTest() { choice_.source.label = "source old"; }

  json Call(std::string_view operation, const json& request) {
    const fake::HttpReply reply =
        service_.Handle(fmt::format("DynamoDB_20120810.{}", operation), request.dump());
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.body.empty() ? json() : json::parse(reply.body);
  }

  std::string MakeTable(const std::string& name) {
    const json made =
        Call("CreateTable",
             {{"TableName", name},
              {"BillingMode", "PAY_PER_REQUEST"},
              {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
              {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}}});
    return made["TableDescription"]["TableArn"];
  }

  void Tag(const std::string& arn, const std::string& key, const std::string& value) {
    Call("TagResource", {{"ResourceArn", arn}, {"Tags", {{{"Key", key}, {"Value", value}}}}});
  }

  Result<std::vector<std::string>> Find() { return FindTables(choice_, tables_, clock_); }

  std::string Fault() {
    const auto found = Find();
    return found ? "" : ToString(found.error());
  }

  fake::ManualClock clock_;
  fake::FakeDynamoDb service_{clock_, {}};
  fake::FakeTransport transport_{service_, clock_};
  fake::FixedKeys keys_;
  fake::NoObserver observer_;
  aws::ServerClock server_clock_{clock_};
  aws::Client aws_{
      {"http://fake/", "us-east-1"}, keys_, transport_, server_clock_, clock_, observer_};
  dynamodb::Client tables_{aws_};
  TableChoice choice_;
};

TEST_F(TableChoiceTest, FindsThoseThatBeginSoOnEveryPage) {
  // The service names a hundred at a time.
  for (int i = 0; i < 120; ++i) MakeTable(fmt::format("DEV-{:03}", i));
  for (int i = 0; i < 120; ++i) MakeTable(fmt::format("OTHER-{:03}", i));
  MakeTable("dev-small");
  MakeTable("XDEV-1");
  choice_.src_prefix = "DEV-";
  const auto found = Find();
  ASSERT_TRUE(found) << ToString(found.error());
  EXPECT_THAT(*found, SizeIs(120));
  EXPECT_EQ(found->front(), "DEV-000");
  EXPECT_EQ(found->back(), "DEV-119");
  choice_.src_prefix = "";
  EXPECT_THAT(*Find(), SizeIs(242));
}

TEST_F(TableChoiceTest, ATagIsFoundOnEveryPageAndOnlyWithItsValue) {
  const std::string orders = MakeTable("DEV-orders");
  Tag(MakeTable("DEV-users"), "team", "shop2");
  Tag(MakeTable("PROD-orders"), "team", "shop");
  MakeTable("DEV-plain");
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "team-x"}) Tag(orders, key, "1");
  Tag(orders, "team", "shop");
  choice_.tag = {"team", "shop"};
  EXPECT_THAT(*Find(), ElementsAre("DEV-orders", "PROD-orders"));
  choice_.src_prefix = "DEV-";
  EXPECT_THAT(*Find(), ElementsAre("DEV-orders"));
  EXPECT_EQ(choice_.Description(), "begins with `DEV-` and has the tag team=shop");
}

TEST_F(TableChoiceTest, AsksForTagsNoFasterThanAwsAnswers) {
  for (int i = 0; i < 30; ++i) Tag(MakeTable(fmt::format("t-{:02}", i)), "env", "prod");
  choice_.tag = {"env", "prod"};
  const TimePoint began = clock_.Now();
  EXPECT_THAT(*Find(), SizeIs(30));
  EXPECT_GE(clock_.Now() - began, std::chrono::milliseconds(2900));
}

TEST_F(TableChoiceTest, WhatIsNotThereIsSaidWithWhereAndWhatWasLookedFor) {
  choice_.source.url = "http://fake/";
  EXPECT_THAT(Fault(), HasSubstr("source old: no table at http://fake/ is there"));
  MakeTable("PROD-orders");
  choice_.src_prefix = "DEV-";
  EXPECT_THAT(Fault(), HasSubstr("no table at http://fake/ begins with `DEV-`"));
  EXPECT_EQ(Find().error().code, ErrorCode::kNotFound);
  choice_.src_prefix = "";
  choice_.tag = {"env", "prod"};
  EXPECT_THAT(Fault(), HasSubstr("no table at http://fake/ has the tag env=prod"));
}

TEST_F(TableChoiceTest, IsPatientWithAServerThatFailsForAWhile) {
  Tag(MakeTable("orders"), "env", "prod");
  choice_.tag = {"env", "prod"};
  for (const char* operation : {"ListTables", "DescribeTable", "ListTagsOfResource"}) {
    service_.faults().Enqueue(
        operation, {{.kind = fake::FaultKind::kThrottle}, {.kind = fake::FaultKind::kErrorBefore}});
  }
  EXPECT_THAT(*Find(), ElementsAre("orders"));
}

/// Answers each operation with one text.
struct Answering final : aws::Transport {
  Result<aws::HttpResponse> Send(const aws::HttpRequest& request) override {
    std::string target;
    for (const auto& [name, value] : request.headers) {
      if (name == "X-Amz-Target") target = value;
    }
    aws::HttpResponse response;
    response.status = 200;
    response.body = answers.at(target.substr(target.find('.') + 1));
    return response;
  }
  std::map<std::string, std::string> answers;
};

class OddServerTest : public TableChoiceTest {
 protected:
  Answering answering_;
  aws::Client odd_aws_{
      {"http://odd/", "us-east-1"}, keys_, answering_, server_clock_, clock_, observer_};
  dynamodb::Client odd_{odd_aws_};
};

TEST_F(OddServerTest, PagesThatLeadBackAreAnErrorAndNoEnd) {
  answering_.answers["ListTables"] = R"({"TableNames":["a-1"],"LastEvaluatedTableName":"a-1"})";
  choice_.src_prefix = "a-";
  const auto found = FindTables(choice_, odd_, clock_);
  ASSERT_FALSE(found);
  EXPECT_THAT(ToString(found.error()), HasSubstr("its pages lead back to `a-1`"));
}

TEST_F(OddServerTest, AnAnswerThatIsNoneIsAnError) {
  for (const char* answer : {"[]", "{}", R"({"TableNames":"a"})", R"({"TableNames":[1]})", "<p>"}) {
    answering_.answers["ListTables"] = answer;
    EXPECT_FALSE(FindTables(choice_, odd_, clock_)) << answer;
  }
}

TEST(TableChoice, CopiesKeepTheirNamesUnlessAPrefixIsSaid) {
  TableChoice choice;
  choice.src_prefix = "DEV-";
  EXPECT_EQ(choice.TargetName("DEV-orders"), "DEV-orders");
  choice.dst_prefix = "PROD-";
  EXPECT_EQ(choice.TargetName("DEV-orders"), "PROD-orders");
  EXPECT_EQ(choice.TargetName("DEV-DEV-orders"), "PROD-DEV-orders");
  choice.dst_prefix = "";
  EXPECT_EQ(choice.TargetName("DEV-orders"), "orders");
  choice.src_prefix = "";
  choice.dst_prefix = "copy-";
  EXPECT_EQ(choice.TargetName("orders"), "copy-orders");
}

}  // namespace
}  // namespace ddbsync::cli
