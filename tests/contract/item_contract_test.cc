#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/contract/contract_fixture.h"

namespace ddbsync::contract {
namespace {

class ItemContract : public ContractTest {};
CONTRACT_SUITE(ItemContract);

constexpr const char* kInvalid = "ValidationException";

TEST_P(ItemContract, EveryTypeComesBackAsItWasPut) {
  const std::string table = MakeTable({{"id", "S"}});
  const json item = {{"id", S("a")},
                     {"number", N("-12345678901234567890.123456789012345678")},
                     {"empty", S("")},
                     {"text", S(std::string("\0\n\"\\/\xc3\xa9\xf0\x9f\x98\x80", 11))},
                     {"binary", {{"B", "AAH/"}}},
                     {"no bytes", {{"B", ""}}},
                     {"yes", {{"BOOL", true}}},
                     {"no", {{"BOOL", false}}},
                     {"null", {{"NULL", true}}},
                     {"list", {{"L", {S("x"), {{"L", json::array()}}, {{"M", json::object()}}}}}},
                     {"map", {{"M", {{"k", {{"M", {{"deep", N("1")}}}}}}}}},
                     {"one", {{"SS", {"x"}}}}};
  Put(table, item);
  EXPECT_EQ(Get(table, {{"id", S("a")}}), item);
}

TEST_P(ItemContract, SetsComeBackWithTheSameMembers) {
  const std::string table = MakeTable({{"id", "S"}});
  Put(table, {{"id", S("a")},
              {"ss", {{"SS", {"b", "a", ""}}}},
              {"ns", {{"NS", {"2", "1.50", "-1"}}}},
              {"bs", {{"BS", {"Ag==", "AQ=="}}}}});
  json item = Get(table, {{"id", S("a")}});
  const auto members = [&](const char* name, const char* type) {
    std::vector<std::string> found = item[name][type];
    std::sort(found.begin(), found.end());
    return found;
  };
  EXPECT_EQ(members("ss", "SS"), (std::vector<std::string>{"", "a", "b"}));
  EXPECT_EQ(members("ns", "NS"), (std::vector<std::string>{"-1", "1.5", "2"}));
  EXPECT_EQ(members("bs", "BS"), (std::vector<std::string>{"AQ==", "Ag=="}));
}

TEST_P(ItemContract, NumbersComeBackCanonical) {
  const std::string table = MakeTable({{"id", "S"}});
  const std::string zeros(125, '0');
  for (const auto& [sent, kept] : std::vector<std::pair<std::string, std::string>>{
           {"1", "1"},
           {"+1", "1"},
           {"-1", "-1"},
           {"01", "1"},
           {"1.0", "1"},
           {"1.50", "1.5"},
           {".5", "0.5"},
           {"-.5", "-0.5"},
           {"1.", "1"},
           {"1e2", "100"},
           {"1E+2", "100"},
           {"1e-2", "0.01"},
           {"123.456e5", "12345600"},
           {"0", "0"},
           {"-0", "0"},
           {"0.0", "0"},
           {"-12.3400", "-12.34"},
           {"1e125", "1" + zeros},
           {"-1e125", "-1" + zeros},
           {"1e-130", "0." + std::string(129, '0') + "1"},
           {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
           {"9.9999999999999999999999999999999999999E+125",
            std::string(38, '9') + std::string(88, '0')}}) {
    Put(table, {{"id", S("a")}, {"v", N(sent)}});
    EXPECT_EQ(Get(table, {{"id", S("a")}})["v"], N(kept)) << sent;
  }
}

TEST_P(ItemContract, NumbersOutsideTheRulesAreRefused) {
  const std::string table = MakeTable({{"id", "S"}});
  for (const char* number :
       {"", "abc", " 1", "1 ", ".", "1e", "e1", "--1", "0x10", "NaN", "Infinity", "1e126", "-1e126",
        "1e-131", "123456789012345678901234567890123456789", "1,5"}) {
    EXPECT_EQ(
        Refused("PutItem", {{"TableName", table}, {"Item", {{"id", S("a")}, {"v", N(number)}}}}),
        kInvalid)
        << number;
  }
}

TEST_P(ItemContract, ValuesOutsideTheRulesAreRefused) {
  const std::string table = MakeTable({{"id", "S"}});
  for (const json& value :
       {json{{"NS", json::array()}}, json{{"SS", json::array()}}, json{{"BS", json::array()}},
        json{{"SS", {"a", "a"}}}, json{{"NS", {"1", "1.0"}}}, json{{"BS", {"AAE=", "AAE="}}},
        json{{"NULL", false}}, json{{"S", "a"}, {"N", "1"}}, json::object(), json{{"X", "a"}},
        json{{"S", nullptr}}, json{{"M", {{"", S("a")}}}}}) {
    EXPECT_EQ(Refused("PutItem", {{"TableName", table}, {"Item", {{"id", S("a")}, {"v", value}}}}),
              kInvalid)
        << value;
  }
}

TEST_P(ItemContract, ValuesOfTheWrongJsonTypeAreSerializationErrors) {
  if (is_local()) GTEST_SKIP() << "DynamoDB Local takes numbers for strings, or answers 500";
  const std::string table = MakeTable({{"id", "S"}});
  for (const json& value :
       {json{{"N", 123}}, json{{"S", 123}}, json{{"B", "a"}}, json{{"BOOL", "x"}}, json{{"L", "x"}},
        json{{"M", json::array()}}, json{{"SS", "x"}}, json("x")}) {
    EXPECT_EQ(Refused("PutItem", {{"TableName", table}, {"Item", {{"id", S("a")}, {"v", value}}}}),
              "SerializationException")
        << value;
  }
}

/// `levels` lists around a value.
json Nested(int levels, json value) {
  for (int i = 0; i < levels; ++i) value = {{"L", json::array({value})}};
  return value;
}

TEST_P(ItemContract, NestingEndsAtThirtyTwoLevels) {
  const std::string table = MakeTable({{"id", "S"}});
  Put(table, {{"id", S("a")}, {"v", Nested(31, S("x"))}});
  Put(table, {{"id", S("a")}, {"v", Nested(30, {{"L", json::array()}})}});
  for (const json& value : {Nested(32, S("x")), Nested(31, {{"L", json::array()}})}) {
    EXPECT_EQ(Refused("PutItem", {{"TableName", table}, {"Item", {{"id", S("a")}, {"v", value}}}}),
              kInvalid);
  }
}

TEST_P(ItemContract, KeysMustBeThereAndOfTheirType) {
  const std::string table = MakeTable({{"id", "S"}, {"at", "N"}});
  for (const json& item :
       {json{{"x", S("a")}}, json{{"id", S("a")}}, json{{"id", N("1")}, {"at", N("1")}},
        json{{"id", S("")}, {"at", N("1")}}, json{{"id", S("a")}, {"at", S("1")}},
        json{{"id", S(std::string(2049, 'k'))}, {"at", N("1")}}}) {
    EXPECT_EQ(Refused("PutItem", {{"TableName", table}, {"Item", item}}), kInvalid) << item;
  }
  for (const json& key : {json{{"id", S("a")}}, json{{"id", S("a")}, {"at", S("1")}},
                          json{{"id", S("a")}, {"at", N("1")}, {"x", S("1")}}, json::object()}) {
    EXPECT_EQ(Refused("GetItem", {{"TableName", table}, {"Key", key}}), kInvalid) << key;
    EXPECT_EQ(Refused("DeleteItem", {{"TableName", table}, {"Key", key}}), kInvalid) << key;
  }
  Put(table, {{"id", S(std::string(2048, 'k'))}, {"at", N("1")}});
}

TEST_P(ItemContract, SortKeysHaveAtMost1024Bytes) {
  const std::string table = MakeTable({{"id", "S"}, {"at", "S"}});
  Put(table, {{"id", S("a")}, {"at", S(std::string(1024, 'k'))}});
  EXPECT_EQ(Refused("PutItem", {{"TableName", table},
                                {"Item", {{"id", S("a")}, {"at", S(std::string(1025, 'k'))}}}}),
            kInvalid);
}

TEST_P(ItemContract, NumberKeysAreTheSameByValue) {
  const std::string table = MakeTable({{"id", "N"}});
  Put(table, {{"id", N("1000")}, {"v", S("first")}});
  Put(table, {{"id", N("1e3")}, {"v", S("second")}});
  EXPECT_EQ(Get(table, {{"id", N("1000.0")}})["v"], S("second"));
  Ok("DeleteItem", {{"TableName", table}, {"Key", {{"id", N("+1000")}}}});
  EXPECT_TRUE(Get(table, {{"id", N("1000")}}).is_null());
}

/// The size of {"id":"a","v":VALUE} beside its padding, in bytes as the developer guide counts.
struct Sized {
  json value;
  size_t bytes;
};

TEST_P(ItemContract, SizeIsCountedAsDynamoDbDoes) {
  constexpr size_t kLimit = 409600;
  const std::string table = MakeTable({{"id", "S"}});
  const std::string digits = "12345678901234567890123456789012345678";
  for (const auto& [value, bytes] :
       std::vector<Sized>{{S(""), 0},
                          {S("\xc3\xa9\xf0\x9f\x98\x80"), 6},
                          {{{"B", "AAAA"}}, 3},
                          {{{"BOOL", true}}, 1},
                          {{{"NULL", true}}, 1},
                          {{{"L", json::array()}}, 3},
                          {{{"L", {S("a"), S("b")}}}, 7},
                          {{{"M", {{"k", S("a")}, {"kk", {{"NULL", true}}}}}}, 10},
                          {{{"SS", {"a", "bb"}}}, 3},
                          {{{"NS", {"1", "22"}}}, 4},
                          {{{"BS", {"AAAA", "AAA="}}}, 5},
                          {N("0"), 1},
                          {N("1"), 2},
                          {N("-1"), 3},
                          {N("123"), 3},
                          {N("-12345"), 5},
                          {N("1e125"), 2},
                          {N("0.012"), 3},
                          {N("123.25"), 4},
                          {N(digits), 20},
                          {N("-" + digits), 21}}) {
    // "id" and "a", "v", and the name of the padding.
    const size_t padding = kLimit - bytes - 3 - 1 - 1;
    const auto item = [&](size_t length) {
      return json{{"TableName", table},
                  {"Item", {{"id", S("a")}, {"v", value}, {"p", S(std::string(length, 'p'))}}}};
    };
    EXPECT_EQ(Call("PutItem", item(padding)).status, 200) << value;
    EXPECT_EQ(Refused("PutItem", item(padding + 1)), kInvalid) << value;
  }
}

TEST_P(ItemContract, OldItemIsReturnedWhenAskedFor) {
  const std::string table = MakeTable({{"id", "S"}});
  const json item = {{"id", S("a")}, {"v", N("1")}};
  Put(table, item);
  const json key = {{"id", S("a")}};
  EXPECT_EQ(Ok("DeleteItem",
               {{"TableName", table}, {"Key", key}, {"ReturnValues", "ALL_OLD"}})["Attributes"],
            item);
  EXPECT_FALSE(Ok("DeleteItem", {{"TableName", table}, {"Key", key}, {"ReturnValues", "ALL_OLD"}})
                   .contains("Attributes"));
}

TEST_P(ItemContract, UpdateSetsAndRemovesWholeAttributes) {
  const std::string table = MakeTable({{"id", "S"}});
  const json update = {{"TableName", table},
                       {"Key", {{"id", S("u")}}},
                       {"UpdateExpression", "SET #a = :x, b = :x REMOVE c"},
                       {"ExpressionAttributeNames", {{"#a", "name"}}},
                       {"ExpressionAttributeValues", {{":x", N("1")}}}};
  Ok("UpdateItem", update);
  const json kept = {{"id", S("u")}, {"name", N("1")}, {"b", N("1")}};
  EXPECT_EQ(Get(table, {{"id", S("u")}}), kept);
  json of_key = update;
  of_key["UpdateExpression"] = "SET id = :x";
  of_key.erase("ExpressionAttributeNames");
  EXPECT_EQ(Refused("UpdateItem", of_key), kInvalid);
}

TEST_P(ItemContract, CapacityIsReportedWhenAskedFor) {
  const std::string table = MakeTable({{"id", "S"}});
  const auto units = [&](const char* operation, json request) {
    request["TableName"] = table;
    request["ReturnConsumedCapacity"] = "TOTAL";
    return Ok(operation, request)["ConsumedCapacity"].value("CapacityUnits", -1.0);
  };
  const json key = {{"id", S("a")}};
  EXPECT_EQ(units("PutItem", {{"Item", {{"id", S("a")}, {"v", S(std::string(1500, 'x'))}}}}), 2);
  EXPECT_EQ(units("GetItem", {{"Key", key}, {"ConsistentRead", true}}), 1);
  EXPECT_EQ(units("GetItem", {{"Key", key}}), 0.5);
  EXPECT_EQ(units("Scan", {{"ConsistentRead", true}}), 1);
  EXPECT_EQ(units("PutItem", {{"Item", key}}), 2);  // the larger of old and new
  EXPECT_EQ(units("DeleteItem", {{"Key", {{"id", S("none")}}}}), 1);
}

}  // namespace
}  // namespace ddbsync::contract
