#include <nlohmann/json.hpp>
#include <set>

#include "tests/contract/contract_fixture.h"

namespace ddbsync::contract {
namespace {

class ScanContract : public ContractTest {
 protected:
  /// All items of a segment, page by page.
  std::vector<json> ScanAll(json request, int* pages = nullptr) {
    std::vector<json> items;
    request["ConsistentRead"] = true;
    while (true) {
      const json page = Ok("Scan", request);
      EXPECT_EQ(page["Count"], page["Items"].size());
      EXPECT_EQ(page["ScannedCount"], page["Items"].size());
      items.insert(items.end(), page["Items"].begin(), page["Items"].end());
      if (pages != nullptr) ++*pages;
      if (!page.contains("LastEvaluatedKey")) return items;
      request["ExclusiveStartKey"] = page["LastEvaluatedKey"];
    }
  }

  void Fill(const std::string& table, int count) {
    for (int i = 0; i < count; ++i) Put(table, {{"id", S("item" + std::to_string(i))}});
  }
};
CONTRACT_SUITE(ScanContract);

constexpr const char* kInvalid = "ValidationException";

TEST_P(ScanContract, SegmentsShareTheTableBetweenThem) {
  const std::string table = MakeTable({{"id", "S"}});
  Fill(table, 60);
  std::set<std::string> seen;
  size_t total = 0;
  int with_items = 0;
  for (int segment = 0; segment < 4; ++segment) {
    const auto items =
        ScanAll({{"TableName", table}, {"Segment", segment}, {"TotalSegments", 4}, {"Limit", 7}});
    for (const json& item : items) seen.insert(item["id"]["S"]);
    total += items.size();
    with_items += items.empty() ? 0 : 1;
  }
  EXPECT_EQ(total, 60U);
  EXPECT_EQ(seen.size(), 60U);
  EXPECT_EQ(with_items, 4);
}

TEST_P(ScanContract, PartitionKeyLiesInOneSegment) {
  const std::string table = MakeTable({{"id", "S"}, {"at", "N"}});
  for (int i = 0; i < 20; ++i) Put(table, {{"id", S("one")}, {"at", N(std::to_string(i))}});
  int with_items = 0;
  for (int segment = 0; segment < 8; ++segment) {
    const auto items = ScanAll({{"TableName", table}, {"Segment", segment}, {"TotalSegments", 8}});
    with_items += items.empty() ? 0 : 1;
  }
  EXPECT_EQ(with_items, 1);
}

TEST_P(ScanContract, PageOfLimitItemsHasALastKeyEvenAtTheEnd) {
  const std::string table = MakeTable({{"id", "S"}});
  Fill(table, 3);
  const json page = Ok("Scan", {{"TableName", table}, {"Limit", 3}});
  EXPECT_EQ(page["Count"], 3);
  ASSERT_TRUE(page.contains("LastEvaluatedKey"));
  const json next =
      Ok("Scan",
         {{"TableName", table}, {"Limit", 3}, {"ExclusiveStartKey", page["LastEvaluatedKey"]}});
  EXPECT_EQ(next["Count"], 0);
  EXPECT_FALSE(next.contains("LastEvaluatedKey"));
}

TEST_P(ScanContract, PagesEndAtAMegabyte) {
  const std::string table = MakeTable({{"id", "S"}, {"at", "N"}});
  for (int i = 0; i < 9; ++i) {
    Put(table, {{"id", S("a")}, {"at", N(std::to_string(i))}, {"v", S(std::string(300000, 'x'))}});
  }
  int pages = 0;
  EXPECT_EQ(ScanAll({{"TableName", table}}, &pages).size(), 9U);
  EXPECT_EQ(pages, 3);  // four, four, one: the item that crosses the limit is the page's last
}

TEST_P(ScanContract, ItemsOfAPartitionComeInTheOrderOfTheirSortKeys) {
  const auto order = [&](const char* type, const std::vector<std::string>& shuffled) {
    const std::string table = MakeTable({{"id", "S"}, {"at", type}});
    for (const std::string& value : shuffled) {
      Put(table, {{"id", S("one")}, {"at", {{type, value}}}});
    }
    std::vector<std::string> found;
    for (const json& item : ScanAll({{"TableName", table}, {"Limit", 2}})) {
      found.push_back(item["at"][type]);
    }
    return found;
  };
  EXPECT_EQ(order("S", {"b", "\xf0\x9f\x98\x80", "aa", "\xef\xbf\xbf", "a", "B", "\xc3\xa9"}),
            (std::vector<std::string>{"B", "a", "aa", "b", "\xc3\xa9", "\xef\xbf\xbf",
                                      "\xf0\x9f\x98\x80"}));
  EXPECT_EQ(order("N", {"10", "-1", "2", "-10", "0", "-1.5", "1.5", "0.001", "15", "-15", "100"}),
            (std::vector<std::string>{"-15", "-10", "-1.5", "-1", "0", "0.001", "1.5", "2", "10",
                                      "15", "100"}));
  EXPECT_EQ(order("B", {"gA==", "YQ==", "AA==", "/w==", "YWE=", "fw=="}),
            (std::vector<std::string>{"AA==", "YQ==", "YWE=", "fw==", "gA==", "/w=="}));
}

TEST_P(ScanContract, StartKeyMustLieInTheSegment) {
  const std::string table = MakeTable({{"id", "S"}});
  Fill(table, 40);
  const auto items = ScanAll({{"TableName", table}, {"Segment", 3}, {"TotalSegments", 4}});
  ASSERT_FALSE(items.empty());
  EXPECT_EQ(Refused("Scan", {{"TableName", table},
                             {"Segment", 0},
                             {"TotalSegments", 4},
                             {"ExclusiveStartKey", {{"id", items[0]["id"]}}}}),
            kInvalid);
}

TEST_P(ScanContract, StartKeyNeedsNoItem) {
  const std::string table = MakeTable({{"id", "S"}});
  Fill(table, 10);
  const json page = Ok("Scan", {{"TableName", table}, {"Limit", 5}});
  Ok("DeleteItem", {{"TableName", table}, {"Key", page["LastEvaluatedKey"]}});
  const json next =
      Ok("Scan", {{"TableName", table}, {"ExclusiveStartKey", page["LastEvaluatedKey"]}});
  EXPECT_EQ(next["Count"], 5);
}

TEST_P(ScanContract, NonsenseIsRefused) {
  const std::string table = MakeTable({{"id", "S"}});
  for (json request :
       {json{{"Segment", 0}}, json{{"TotalSegments", 2}},
        json{{"Segment", 2}, {"TotalSegments", 2}}, json{{"Segment", -1}, {"TotalSegments", 2}},
        json{{"Segment", 0}, {"TotalSegments", 0}},
        json{{"Segment", 0}, {"TotalSegments", 1000001}}, json{{"Limit", 0}}, json{{"Limit", -1}},
        json{{"ExclusiveStartKey", {{"id", N("1")}}}},
        json{{"ExclusiveStartKey", json::object()}}}) {
    request["TableName"] = table;
    EXPECT_EQ(Refused("Scan", request), kInvalid) << request;
  }
}

}  // namespace
}  // namespace ddbsync::contract
