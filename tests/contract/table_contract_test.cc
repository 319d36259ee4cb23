#include <nlohmann/json.hpp>

#include "tests/contract/contract_fixture.h"

namespace ddbsync::contract {
namespace {

class TableContract : public ContractTest {};
CONTRACT_SUITE(TableContract);

TEST_P(TableContract, NewTableIsDescribedWithItsKeysAndIdentity) {
  const std::string name = MakeTable({{"id", "S"}, {"at", "N"}});
  json table = Ok("DescribeTable", {{"TableName", name}})["Table"];
  EXPECT_EQ(table["TableStatus"], "ACTIVE");
  EXPECT_EQ(table["TableName"], name);
  EXPECT_EQ(table["KeySchema"], TableRequest(name, {{"id", "S"}, {"at", "N"}})["KeySchema"]);
  EXPECT_TRUE(table["CreationDateTime"].is_number());
  EXPECT_TRUE(table["TableArn"].get<std::string>().ends_with(":table/" + name));
  // DynamoDB Local has no table ids; AWS's are UUIDs.
  if (!is_local()) {
    EXPECT_EQ(table["TableId"].get<std::string>().size(), 36U);
  }
  EXPECT_EQ(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
  EXPECT_FALSE(table.contains("LatestStreamArn"));
  EXPECT_FALSE(table.contains("StreamSpecification"));
}

TEST_P(TableContract, TableMadeAgainHasAnotherIdentity) {
  const std::string name = MakeTable({{"id", "S"}});
  json before = Ok("DescribeTable", {{"TableName", name}})["Table"];
  Ok("DeleteTable", {{"TableName", name}});
  EXPECT_EQ(Refused("DescribeTable", {{"TableName", name}}), "ResourceNotFoundException");
  clock().SleepFor(std::chrono::milliseconds(2));
  Ok("CreateTable", TableRequest(name, {{"id", "S"}}));
  json after = Ok("DescribeTable", {{"TableName", name}})["Table"];
  EXPECT_NE(before["CreationDateTime"], after["CreationDateTime"]);
  if (!is_local()) {
    EXPECT_NE(before["TableId"], after["TableId"]);
  }
}

TEST_P(TableContract, TableThatExistsIsNotMadeAgain) {
  const std::string name = MakeTable({{"id", "S"}});
  EXPECT_EQ(Refused("CreateTable", TableRequest(name, {{"id", "S"}})), "ResourceInUseException");
}

TEST_P(TableContract, MissingTableIsNotFoundByAnyOperation) {
  const json key = {{"id", S("a")}};
  const std::string none = NewName();
  for (const auto& [operation, request] : std::vector<std::pair<std::string, json>>{
           {"DescribeTable", {{"TableName", none}}},
           {"DeleteTable", {{"TableName", none}}},
           {"Scan", {{"TableName", none}}},
           {"PutItem", {{"TableName", none}, {"Item", key}}},
           {"GetItem", {{"TableName", none}, {"Key", key}}},
           {"BatchWriteItem", {{"RequestItems", {{none, {{{"PutRequest", {{"Item", key}}}}}}}}}}}) {
    EXPECT_EQ(Refused(operation, request), "ResourceNotFoundException") << operation;
  }
}

TEST_P(TableContract, DefinitionsMustMatchTheKeysExactly) {
  json unused = TableRequest(NewName(), {{"id", "S"}});
  unused["AttributeDefinitions"].push_back({{"AttributeName", "q"}, {"AttributeType", "S"}});
  EXPECT_EQ(Refused("CreateTable", unused), "ValidationException");

  json undefined = TableRequest(NewName(), {{"id", "S"}});
  undefined["AttributeDefinitions"][0]["AttributeName"] = "other";
  EXPECT_EQ(Refused("CreateTable", undefined), "ValidationException");

  json none = TableRequest(NewName(), {{"id", "S"}});
  none.erase("AttributeDefinitions");
  EXPECT_EQ(Refused("CreateTable", none), "ValidationException");
}

TEST_P(TableContract, ProvisionedTableNeedsItsThroughput) {
  json request = TableRequest(NewName(), {{"id", "S"}});
  request.erase("BillingMode");
  EXPECT_EQ(Refused("CreateTable", request), "ValidationException");
}

TEST_P(TableContract, OnDemandTableTakesNoThroughput) {
  if (is_local()) GTEST_SKIP() << "DynamoDB Local accepts it; AWS refuses (API reference)";
  json request = TableRequest(NewName(), {{"id", "S"}});
  request["ProvisionedThroughput"] = {{"ReadCapacityUnits", 1}, {"WriteCapacityUnits", 1}};
  EXPECT_EQ(Refused("CreateTable", request), "ValidationException");
}

TEST_P(TableContract, TableNamesHaveThreeCharactersAtLeast) {
  EXPECT_EQ(Refused("CreateTable", TableRequest("ab", {{"id", "S"}})), "ValidationException");
}

TEST_P(TableContract, IndexKeysBindTheTypesOfItems) {
  json request = TableRequest(NewName(), {{"id", "S"}});
  request["AttributeDefinitions"].push_back({{"AttributeName", "g"}, {"AttributeType", "S"}});
  request["GlobalSecondaryIndexes"] = {
      {{"IndexName", "by-g"},
       {"KeySchema", {{{"AttributeName", "g"}, {"KeyType", "HASH"}}}},
       {"Projection", {{"ProjectionType", "ALL"}}}}};
  Ok("CreateTable", request);
  const json name = request["TableName"];
  Ok("PutItem", {{"TableName", name}, {"Item", {{"id", S("a")}, {"g", S("x")}}}});
  Ok("PutItem", {{"TableName", name}, {"Item", {{"id", S("b")}}}});
  EXPECT_EQ(Refused("PutItem", {{"TableName", name}, {"Item", {{"id", S("c")}, {"g", N("1")}}}}),
            "ValidationException");
  EXPECT_EQ(Refused("PutItem", {{"TableName", name}, {"Item", {{"id", S("c")}, {"g", S("")}}}}),
            "ValidationException");
  Ok("DeleteTable", {{"TableName", name}});
}

TEST_P(TableContract, ListNamesTheTable) {
  const std::string name = MakeTable({{"id", "S"}});
  std::vector<std::string> names;
  json request = json::object();
  while (true) {
    const json page = Ok("ListTables", request);
    for (const json& found : page["TableNames"]) names.push_back(found);
    if (!page.contains("LastEvaluatedTableName")) break;
    request["ExclusiveStartTableName"] = page["LastEvaluatedTableName"];
  }
  EXPECT_NE(std::find(names.begin(), names.end(), name), names.end());
}

TEST_P(TableContract, UnknownOperationIsNamedSo) {
  EXPECT_EQ(Refused("NoSuchOperation", json::object()), "UnknownOperationException");
}

TEST_P(TableContract, BrokenJsonIsASerializationError) {
  const Answer answer = CallText("PutItem", R"({"TableName":)");
  // DynamoDB Local answers its own InternalFailure; AWS's is from its error reference.
  EXPECT_EQ(answer.error, is_local() ? "InternalFailure" : "SerializationException");
}

}  // namespace
}  // namespace ddbsync::contract
