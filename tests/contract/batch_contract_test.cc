#include <nlohmann/json.hpp>

#include "tests/contract/contract_fixture.h"

namespace ddbsync::contract {
namespace {

class BatchContract : public ContractTest {};
CONTRACT_SUITE(BatchContract);

constexpr const char* kInvalid = "ValidationException";

json PutOp(const json& item) {
  return {{"PutRequest", {{"Item", item}}}};
}

json DeleteOp(const json& key) {
  return {{"DeleteRequest", {{"Key", key}}}};
}

json Batch(const std::string& table, const json& ops) {
  return {{"RequestItems", {{table, ops}}}};
}

json Reads(const std::string& table, const json& keys) {
  return {{"RequestItems", {{table, {{"Keys", keys}, {"ConsistentRead", true}}}}}};
}

TEST_P(BatchContract, PutsAndDeletesAreCarriedOut) {
  const std::string table = MakeTable({{"id", "S"}});
  Put(table, {{"id", S("old")}});
  const json answer = Ok("BatchWriteItem", Batch(table, {PutOp({{"id", S("new")}, {"v", N("1")}}),
                                                         DeleteOp({{"id", S("old")}}),
                                                         DeleteOp({{"id", S("never")}})}));
  EXPECT_EQ(answer["UnprocessedItems"], json::object());
  EXPECT_EQ(Get(table, {{"id", S("new")}})["v"], N("1"));
  EXPECT_TRUE(Get(table, {{"id", S("old")}}).is_null());
}

TEST_P(BatchContract, SameKeyTwiceIsRefusedByValue) {
  const std::string table = MakeTable({{"id", "N"}});
  EXPECT_EQ(Refused("BatchWriteItem",
                    Batch(table, {PutOp({{"id", N("1000")}}), DeleteOp({{"id", N("1e3")}})})),
            kInvalid);
  EXPECT_EQ(
      Refused("BatchWriteItem", Batch(table, {PutOp({{"id", N("1")}}), PutOp({{"id", N("1")}})})),
      kInvalid);
}

TEST_P(BatchContract, TwentyFiveIsTheMost) {
  const std::string table = MakeTable({{"id", "S"}});
  json ops = json::array();
  for (int i = 0; i < 25; ++i) ops.push_back(PutOp({{"id", S(std::to_string(i))}}));
  Ok("BatchWriteItem", Batch(table, ops));
  ops.push_back(PutOp({{"id", S("25")}}));
  EXPECT_EQ(Refused("BatchWriteItem", Batch(table, ops)), kInvalid);
}

TEST_P(BatchContract, OneBadItemRefusesTheWholeBatch) {
  const std::string table = MakeTable({{"id", "S"}});
  for (const json& bad : {json{{"id", N("1")}}, json{{"id", S("")}}, json{{"x", S("1")}},
                          json{{"id", S("b")}, {"v", {{"SS", json::array()}}}},
                          json{{"id", S("b")}, {"v", S(std::string(409600, 'x'))}}}) {
    EXPECT_EQ(Refused("BatchWriteItem", Batch(table, {PutOp({{"id", S("good")}}), PutOp(bad)})),
              kInvalid);
    EXPECT_TRUE(Get(table, {{"id", S("good")}}).is_null());
  }
}

TEST_P(BatchContract, EmptyBatchesAndOpsAreRefused) {
  const std::string table = MakeTable({{"id", "S"}});
  EXPECT_EQ(Refused("BatchWriteItem", {{"RequestItems", json::object()}}), kInvalid);
  EXPECT_EQ(Refused("BatchWriteItem", json::object()), kInvalid);
  EXPECT_EQ(Refused("BatchWriteItem", Batch(table, json::array())), kInvalid);
  EXPECT_EQ(Refused("BatchWriteItem", Batch(table, json::array({json::object()}))), kInvalid);
}

TEST_P(BatchContract, ReadsReturnWhatThereIs) {
  const std::string table = MakeTable({{"id", "S"}});
  Put(table, {{"id", S("a")}});
  Put(table, {{"id", S("b")}});
  const json answer = Ok("BatchGetItem", Reads(table, {{{"id", S("a")}}, {{"id", S("none")}}}));
  EXPECT_EQ(answer["Responses"][table], json::array({{{"id", S("a")}}}));
  EXPECT_EQ(answer["UnprocessedKeys"], json::object());
}

TEST_P(BatchContract, ReadsTakeDistinctKeysAtMostAHundred) {
  const std::string table = MakeTable({{"id", "S"}});
  EXPECT_EQ(Refused("BatchGetItem", Reads(table, {{{"id", S("a")}}, {{"id", S("a")}}})), kInvalid);
  EXPECT_EQ(Refused("BatchGetItem", Reads(table, json::array())), kInvalid);
  EXPECT_EQ(Refused("BatchGetItem", Reads(table, json::array({{{"id", N("1")}}}))), kInvalid);
  json keys = json::array();
  for (int i = 0; i < 101; ++i) keys.push_back({{"id", S(std::to_string(i))}});
  EXPECT_EQ(Refused("BatchGetItem", Reads(table, keys)), kInvalid);
}

TEST_P(BatchContract, ReadsTellKeysApartBySpelling) {
  const std::string table = MakeTable({{"id", "N"}});
  Ok("BatchGetItem", Reads(table, {{{"id", N("1000")}}, {{"id", N("1e3")}}}));
}

}  // namespace
}  // namespace ddbsync::contract
