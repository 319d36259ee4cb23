#include "verify/differences.h"

#include <gtest/gtest.h>

#include "verify/limits.h"

namespace ddbsync::verify {
namespace {

WallTime At(int seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

TEST(Differences, AreCountedByKindAndListedByAge) {
  Differences differences;
  EXPECT_TRUE(differences.Add({.kind = DifferenceKind::kMissing, .key = "a", .since = At(10)}));
  EXPECT_TRUE(differences.Add({.kind = DifferenceKind::kExtra, .key = "b", .since = At(20)}));
  EXPECT_EQ(differences.counts(), (std::array<int64_t, 3>{1, 1, 0}));
  EXPECT_EQ(differences.oldest(), At(10));
  EXPECT_EQ(differences.List(10, At(15)).size(), 1U);
  EXPECT_EQ(differences.List(1, At(50)).size(), 1U);
  EXPECT_TRUE(differences.Remove("a"));
  EXPECT_FALSE(differences.Remove("a"));
  EXPECT_EQ(differences.counts(), (std::array<int64_t, 3>{0, 1, 0}));
}

TEST(Differences, FoundAgainKeepTheirAge) {
  Differences differences;
  differences.Add({.kind = DifferenceKind::kMissing, .key = "a", .since = At(10)});
  differences.Add({.kind = DifferenceKind::kDifferent, .key = "a", .since = At(30)});
  EXPECT_EQ(differences.counts(), (std::array<int64_t, 3>{0, 0, 1}));
  EXPECT_EQ(differences.oldest(), At(10));
}

TEST(Differences, BeyondTheirBoundAreCounted) {
  Differences differences;
  for (size_t i = 0; i < limits::kMostDifferences; ++i) {
    EXPECT_TRUE(differences.Add({.key = std::to_string(i)}));
  }
  EXPECT_FALSE(differences.Add({.key = "one more"}));
  EXPECT_EQ(differences.counts()[0], static_cast<int64_t>(limits::kMostDifferences) + 1);
  differences.ForgetNotKept();
  EXPECT_EQ(differences.counts()[0], static_cast<int64_t>(limits::kMostDifferences));
}

TEST(DifferingAttributes, AreNamed) {
  EXPECT_EQ(DifferingAttributes(R"({"id":{"S":"a"},"n":{"N":"1.0"},"x":{"S":"1"},"gone":{"S":""}})",
                                R"({"id":{"S":"a"},"n":{"N":"1"},"x":{"N":"1"},"new":{"S":""}})"),
            (std::vector<std::string>{"gone", "x", "new"}));
}

}  // namespace
}  // namespace ddbsync::verify
