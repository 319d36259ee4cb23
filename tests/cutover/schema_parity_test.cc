#include "cutover/schema_parity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cutover/ready_facts.h"

namespace ddbsync::cutover {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Indexes(const std::string& member, const std::string& key,
                    const std::string& projection, const std::string& status = "") {
  return ",\"" + member + R"(":[{"IndexName":"by_owner","KeySchema":[{"AttributeName":")" + key +
         R"(","KeyType":"HASH"}],"Projection":{)" + projection + "}" + status + "}]";
}

constexpr const char* kGlobal = "GlobalSecondaryIndexes";
constexpr const char* kLocal = "LocalSecondaryIndexes";
constexpr const char* kAll = R"("ProjectionType":"ALL")";

std::vector<std::string> Faults(const std::string& source, const std::string& target) {
  return SchemaFaults(DescribeBare("a", source), DescribeBare("b", target));
}

TEST(SchemaParity, SameIndexesAreNoFault) {
  EXPECT_THAT(Faults("", ""), IsEmpty());
  for (const char* member : {kGlobal, kLocal}) {
    EXPECT_THAT(Faults(Indexes(member, "owner", kAll), Indexes(member, "owner", kAll)), IsEmpty());
  }
  EXPECT_THAT(Faults(Indexes(kGlobal, "owner", kAll, R"(,"IndexStatus":"UPDATING")"),
                     Indexes(kGlobal, "owner", kAll, R"(,"IndexStatus":"ACTIVE")")),
              IsEmpty());
}

TEST(SchemaParity, WhatTheTargetHasOnTopIsNoFault) {
  EXPECT_THAT(Faults("", Indexes(kGlobal, "owner", kAll)), IsEmpty());
}

TEST(SchemaParity, TheOrderOfProjectedAttributesIsOfNoMeaning) {
  const auto included = [](const char* names) {
    return Indexes(kGlobal, "owner",
                   std::string(R"("ProjectionType":"INCLUDE","NonKeyAttributes":)") + names);
  };
  EXPECT_THAT(Faults(included(R"(["x","y"])"), included(R"(["y","x"])")), IsEmpty());
  EXPECT_THAT(Faults(included(R"(["x","y"])"), included(R"(["x"])")),
              ElementsAre("index by_owner projects INCLUDE: x, y at the source, INCLUDE: x at the "
                          "target"));
}

TEST(SchemaParity, AMissingIndexIsAFault) {
  for (const char* member : {kGlobal, kLocal}) {
    EXPECT_THAT(Faults(Indexes(member, "owner", kAll), ""),
                ElementsAre("the target has no index by_owner"));
  }
  // A local index is no global one.
  EXPECT_THAT(Faults(Indexes(kGlobal, "owner", kAll), Indexes(kLocal, "owner", kAll)),
              ElementsAre("the target has no index by_owner"));
}

TEST(SchemaParity, AnotherKeyOrProjectionIsAFault) {
  EXPECT_THAT(Faults(Indexes(kGlobal, "owner", kAll), Indexes(kGlobal, "id", kAll)),
              ElementsAre("index by_owner has the key owner S HASH at the source, id S HASH at the "
                          "target"));
  EXPECT_THAT(Faults(Indexes(kGlobal, "owner", kAll),
                     Indexes(kGlobal, "owner", R"("ProjectionType":"KEYS_ONLY")")),
              ElementsAre("index by_owner projects ALL at the source, KEYS_ONLY at the target"));
}

TEST(SchemaParity, AnIndexThatIsBeingMadeIsAFault) {
  for (const char* status : {"CREATING", "UPDATING", "DELETING"}) {
    EXPECT_THAT(
        Faults(Indexes(kGlobal, "owner", kAll),
               Indexes(kGlobal, "owner", kAll, std::string(R"(,"IndexStatus":")") + status + "\"")),
        ElementsAre(std::string("the target's index by_owner is ") + status));
  }
}

TEST(SchemaParity, WhatCannotBeReadIsAFault) {
  auto target = DescribeBare("b");
  target.json = "";
  EXPECT_EQ(SchemaFaults(DescribeBare("a"), target).size(), 1U);
}

}  // namespace
}  // namespace ddbsync::cutover
