#include "verify/buckets.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "verify/limits.h"

namespace ddbsync::verify {
namespace {

using Addition = Buckets::Addition;

TEST(Buckets, DoNotDependOnTheOrderOfItems) {
  Buckets one(1024);
  Buckets other(1024);
  const Addition a{3, {~0ULL, 7}};
  const Addition b{3, {5, ~0ULL}};
  one.Add(std::vector{a, b});
  other.Add(std::vector{b});
  other.Add(std::vector{a});
  EXPECT_EQ(one.DifferingFrom(other), std::vector<bool>(1024));
}

TEST(Buckets, DifferWhereAnItemDiffersAndNowhereElse) {
  Buckets one(1024);
  Buckets other(1024);
  one.Add(std::vector<Addition>{{3, {1, 1}}, {9, {2, 2}}});
  other.Add(std::vector<Addition>{{3, {1, 1}}, {9, {2, 3}}});
  const std::vector<bool> differ = one.DifferingFrom(other);
  EXPECT_TRUE(differ[9]);
  EXPECT_EQ(std::ranges::count(differ, true), 1);
}

TEST(Buckets, CountItemsWhoseDigestsAddUpToNothing) {
  Buckets one(1024);
  const Buckets other(1024);
  one.Add(std::vector<Addition>{{0, {1, 0}}, {0, {~0ULL, ~0ULL}}});  // 1 and -1
  EXPECT_TRUE(one.DifferingFrom(other)[0]);
}

TEST(Buckets, CarryFromTheLowerHalf) {
  Buckets one(1024);
  Buckets other(1024);
  one.Add(std::vector<Addition>{{0, {~0ULL, 0}}, {0, {1, 0}}});
  other.Add(std::vector<Addition>{{0, {0, 1}}, {0, {0, 0}}});
  EXPECT_FALSE(one.DifferingFrom(other)[0]);
}

TEST(Buckets, OneDigestOfATableHoweverManyBuckets) {
  Buckets few(1024);
  Buckets many(4096);
  few.Add(std::vector<Addition>{{3, {~0ULL, 7}}, {3, {5, 1}}, {9, {1, 0}}});
  many.Add(std::vector<Addition>{{4095, {1, 0}}, {0, {5, 1}}, {77, {~0ULL, 7}}});
  EXPECT_EQ(ToString(few.Total()), "00000000000000090000000000000005");
  EXPECT_EQ(few.Total(), many.Total());
  many.Add(std::vector<Addition>{{0, {1, 0}}});
  EXPECT_NE(few.Total(), many.Total());
}

TEST(Buckets, AreRestoredFromTheirPieces) {
  const size_t count = 2 * limits::kBucketsPerRecord;
  Buckets one(count);
  one.Add(std::vector<Addition>{{1, {1, 2}}, {count - 1, {3, 4}}});
  Buckets other(count);
  ASSERT_EQ(one.pieces(), 2U);
  for (size_t piece = 0; piece < one.pieces(); ++piece) {
    ASSERT_TRUE(other.SetPiece(piece, one.Piece(piece)));
  }
  EXPECT_EQ(one.DifferingFrom(other), std::vector<bool>(count));
}

TEST(Buckets, TakeNoPieceOfAnotherSize) {
  Buckets small(1024);
  const Buckets large(2048);
  EXPECT_FALSE(small.SetPiece(0, large.Piece(0)));
  EXPECT_FALSE(small.SetPiece(1, ""));
}

TEST(Buckets, AreAsManyAsTheItemsNeedWithinBounds) {
  EXPECT_EQ(ChooseBuckets(-1), limits::kMinBuckets);
  EXPECT_EQ(ChooseBuckets(64 * 5000), 8192U);
  EXPECT_EQ(ChooseBuckets(int64_t{1} << 50), limits::kMaxBuckets);
}

TEST(Buckets, SpreadKeys) {
  std::vector<int> counts(16);
  for (int i = 0; i < 16'000; ++i) ++counts[Buckets::Of("key" + std::to_string(i), 16)];
  EXPECT_GT(*std::ranges::min_element(counts), 800);
}

}  // namespace
}  // namespace ddbsync::verify
