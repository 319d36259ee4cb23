#include "streams/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "streams/limits.h"
#include "tests/streams/shards.h"

namespace ddbsync::streams {
namespace {

using dynamodb::SequenceNumber;
using dynamodb::ShardDescription;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// A stream long after T0, so that everything in it is of concern unless a test says otherwise.
class LineageTest : public testing::Test {
 protected:
  explicit LineageTest(WallTime earliest = kSomeDay - hours(1000)) : lineage_(earliest) {}

  void List(const std::vector<ShardDescription>& shards, WallTime began = kSomeDay) {
    lineage_.Observe(shards);
    lineage_.CompleteListing(began);
  }

  std::vector<std::string> Ready() { return IdsOf(lineage_.TakeReady()); }
  std::vector<std::string> Lost() { return IdsOf(lineage_.TakeLost()); }

  template <class T>
  static std::vector<std::string> IdsOf(const std::vector<T>& shards) {
    std::vector<std::string> ids;
    for (const T& shard : shards) ids.push_back(shard.shard_id);
    return ids;
  }

  const std::string old_ = IdOf(kSomeDay - hours(8), "old");
  const std::string mid_ = IdOf(kSomeDay - hours(4), "mid");
  const std::string new_ = IdOf(kSomeDay - hours(1), "new");
  const std::string other_ = IdOf(kSomeDay - hours(1), "other");

  Lineage lineage_;
};

TEST_F(LineageTest, ChildShardWaitsForItsParent) {
  List({ClosedShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  EXPECT_THAT(Ready(), IsEmpty());
  lineage_.Finish(old_, kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(mid_));
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST_F(LineageTest, FamilyNamesThoseThatNeedAttentionFirstAndNoMoreThanAskedFor) {
  List({ClosedShard(old_), ClosedShard(mid_, old_), OpenShard(new_, mid_), OpenShard(other_)});
  Ready();
  lineage_.Finish(old_, kSomeDay);
  Ready();
  const auto [shards, left_out] = lineage_.Family(3);
  ASSERT_THAT(IdsOf(shards), ElementsAre(new_, other_, mid_));
  EXPECT_EQ(left_out, 1);
  EXPECT_EQ(shards[0].phase, ShardPhase::kWaiting);
  EXPECT_EQ(shards[0].parent_id, mid_);
  EXPECT_EQ(shards[1].phase, ShardPhase::kReading);
  EXPECT_EQ(lineage_.Family(100).left_out, 0);
  EXPECT_EQ(lineage_.Family(100).shards.back().phase, ShardPhase::kFinished);
}

TEST_F(LineageTest, NothingStartsBeforeTheFirstWholeListing) {
  lineage_.Observe(std::vector{ClosedShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(Ready(), IsEmpty());
  lineage_.CompleteListing(kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(old_));
}

TEST_F(LineageTest, AParentListedOpenBesideItsChildIsReadToItsEndFirst) {
  List({OpenShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  List({OpenShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(Ready(), IsEmpty());
  lineage_.Finish(old_, kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(mid_));
}

TEST_F(LineageTest, ChildrenOfASplitStartTogetherAndLateOnesByThemselves) {
  List({ClosedShard(old_), OpenShard(new_, old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  lineage_.Finish(old_, kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(new_));
  lineage_.Observe(std::vector{OpenShard(other_, old_)});
  EXPECT_THAT(Ready(), ElementsAre(other_));
}

TEST_F(LineageTest, PagesMayComeInAnyOrderAndAgain) {
  const std::vector<std::vector<ShardDescription>> pages = {
      {OpenShard(new_, mid_)}, {ClosedShard(old_)}, {ClosedShard(mid_, old_)}};
  for (const auto& page : pages) lineage_.Observe(page);
  lineage_.Observe(pages[0]);
  lineage_.CompleteListing(kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(old_));
  for (const auto& page : pages) lineage_.Observe(page);
  EXPECT_THAT(Ready(), IsEmpty());
  lineage_.Finish(old_, kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(mid_));
}

TEST_F(LineageTest, MoreThanAThousandShardsOnManyPagesAllStart) {
  constexpr int kShards = 2500;
  for (int i = 0; i < kShards; ++i) {
    lineage_.Observe(std::vector{OpenShard(IdOf(kSomeDay, std::to_string(i)))});
  }
  lineage_.CompleteListing(kSomeDay);
  EXPECT_EQ(Ready().size(), kShards);
  EXPECT_EQ(lineage_.Count().reading, kShards);
}

TEST_F(LineageTest, ARestartGoesOnWhereEachShardWas) {
  lineage_.Restore({.shard_id = old_, .finished = true, .finished_at = kSomeDay - hours(4)});
  lineage_.Restore({.shard_id = mid_, .parent_id = old_, .position = SequenceNumber("7")});
  const std::vector<ReadyShard> resumed = lineage_.TakeReady();
  ASSERT_EQ(resumed.size(), 1u);  // without waiting for the listing
  EXPECT_EQ(resumed[0].shard_id, mid_);
  EXPECT_EQ(resumed[0].parent_id, old_);
  EXPECT_EQ(resumed[0].position, SequenceNumber("7"));
  List({ClosedShard(old_), ClosedShard(mid_, old_), OpenShard(new_, mid_)});
  EXPECT_THAT(Ready(), IsEmpty());
  lineage_.Finish(mid_, kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(new_));
}

TEST_F(LineageTest, AGrandchildOfAFinishedShardStillWaitsForItsParentAfterARestart) {
  lineage_.Restore({.shard_id = old_, .finished = true, .finished_at = kSomeDay - hours(4)});
  List({ClosedShard(old_), ClosedShard(mid_, old_), OpenShard(new_, mid_)});
  EXPECT_THAT(Ready(), ElementsAre(mid_));
}

TEST_F(LineageTest, AShardBegunWithoutAPositionStartsAtTheHorizonAgain) {
  lineage_.Restore({.shard_id = mid_, .parent_id = old_});
  List({OpenShard(mid_, old_)});
  const std::vector<ReadyShard> resumed = lineage_.TakeReady();
  ASSERT_EQ(resumed.size(), 1u);
  EXPECT_TRUE(resumed[0].position.empty());
  EXPECT_THAT(Lost(), IsEmpty());
}

TEST_F(LineageTest, AShardBegunAndGoneIsLostAndHoldsBackItsChildrenUntilThatIsDealtWith) {
  lineage_.Restore({.shard_id = old_, .position = SequenceNumber("7")});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  List({OpenShard(mid_, old_)});
  EXPECT_THAT(Lost(), IsEmpty()) << "one listing may be behind";
  List({OpenShard(mid_, old_)});
  EXPECT_THAT(Lost(), ElementsAre(old_));
  List({OpenShard(mid_, old_)});
  EXPECT_THAT(Lost(), IsEmpty());
  EXPECT_THAT(Ready(), IsEmpty());
  lineage_.Finish(old_, kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(mid_));
}

TEST_F(LineageTest, AKnownShardThatLeavesBeforeItsTurnIsLost) {
  List({ClosedShard(old_), ClosedShard(mid_, old_), OpenShard(new_, mid_)});
  for (int i = 0; i < 2; ++i) List({ClosedShard(old_), OpenShard(new_, mid_)});
  EXPECT_THAT(Lost(), ElementsAre(mid_));
}

TEST_F(LineageTest, AShardMissedOnceAndListedAgainIsNotLost) {
  List({OpenShard(old_)});
  List({});
  List({OpenShard(old_)});
  List({});
  EXPECT_THAT(Lost(), IsEmpty());
}

TEST_F(LineageTest, APartialListingLosesNothing) {
  List({OpenShard(old_), OpenShard(new_)});
  for (int i = 0; i < 10; ++i) lineage_.Observe(std::vector{OpenShard(new_)});
  lineage_.CompleteListing(kSomeDay);
  EXPECT_THAT(Lost(), IsEmpty());
}

TEST_F(LineageTest, AnUnknownParentBlocksUntilTwoListingsMissedItAndItIsOldEnough) {
  const std::string parent = IdOf(kSomeDay - hours(23), "parent");
  const std::vector listing = {OpenShard(new_, parent)};
  List(listing, kSomeDay);
  List(listing, kSomeDay + hours(1));
  EXPECT_THAT(Ready(), IsEmpty()) << "it may still be listed late";
  List(listing, kSomeDay + hours(1) + seconds(1));
  EXPECT_THAT(Ready(), ElementsAre(new_));
}

TEST_F(LineageTest, AnUnknownOldParentIsNotHeldToBeGoneAfterOneListing) {
  const std::string parent = IdOf(kSomeDay - hours(30), "parent");
  List({OpenShard(new_, parent)});
  EXPECT_THAT(Ready(), IsEmpty());
  List({ClosedShard(parent), OpenShard(new_, parent)});
  EXPECT_THAT(Ready(), ElementsAre(parent)) << "listed late, and first in line";
}

TEST_F(LineageTest, AnUnknownParentThatEndedSinceTheStartIsNamedAsLost) {
  const std::string parent = IdOf(kSomeDay - hours(30), "parent");
  for (int i = 0; i < 2; ++i) List({OpenShard(new_, parent)});
  EXPECT_THAT(Lost(), ElementsAre(parent));
  EXPECT_THAT(Ready(), ElementsAre(new_));
}

TEST_F(LineageTest, AParentHeldToBeTrimmedThatTurnsUpAgainIsNamedAndNotReadBesideItsChild) {
  for (int i = 0; i < 2; ++i) List({OpenShard("child", "parent")});
  EXPECT_THAT(Ready(), ElementsAre("child")) << "ids without a time: two listings decide";
  EXPECT_THAT(Lost(), IsEmpty());
  List({ClosedShard("parent"), OpenShard("child", "parent")});
  EXPECT_THAT(Lost(), ElementsAre("parent"));
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST_F(LineageTest, AnUnlistedParentOfABegunShardDoesNotBlock) {
  lineage_.Restore({.shard_id = mid_, .parent_id = old_, .position = SequenceNumber("7")});
  EXPECT_THAT(Ready(), ElementsAre(mid_));
  for (int i = 0; i < 3; ++i) List({OpenShard(mid_, old_)}, kSomeDay + hours(24));
  EXPECT_THAT(Lost(), IsEmpty());
}

TEST_F(LineageTest, AListedParentOfABegunShardIsNotReadAgain) {
  lineage_.Restore({.shard_id = new_, .parent_id = mid_, .position = SequenceNumber("7")});
  List({ClosedShard(old_), ClosedShard(mid_, old_), OpenShard(new_, mid_)});
  EXPECT_THAT(Ready(), ElementsAre(new_));
  EXPECT_THAT(lineage_.TakeFinishedUnread(), UnorderedElementsAre(mid_, old_));
  EXPECT_THAT(Lost(), IsEmpty());
}

TEST_F(LineageTest, ABegunChildWaitsForAParentThatIsBegunToo) {
  lineage_.Restore({.shard_id = mid_, .parent_id = old_, .position = SequenceNumber("7")});
  lineage_.Restore({.shard_id = old_, .position = SequenceNumber("5")});
  EXPECT_THAT(Ready(), ElementsAre(old_));
}

TEST_F(LineageTest, ABegunShardIsReadToItsEndWhateverItsChildrenSay) {
  lineage_.Restore({.shard_id = old_});
  lineage_.Restore({.shard_id = mid_, .parent_id = old_, .position = SequenceNumber("7")});
  List({ClosedShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  EXPECT_THAT(lineage_.TakeFinishedUnread(), IsEmpty());
}

TEST_F(LineageTest, AShardThatBecomesReadyOnlyAfterItsRecordsWereTrimmedIsNamedAsLost) {
  lineage_.Restore({.shard_id = old_, .finished = true, .finished_at = kSomeDay - hours(4)});
  const std::vector listing = {ClosedShard(mid_, old_), OpenShard(new_, mid_)};
  List(listing, kSomeDay + hours(21));
  EXPECT_THAT(Lost(), ElementsAre(mid_)) << "created 25 h before the listing";
  EXPECT_THAT(Ready(), ElementsAre(mid_)) << "what is left can be read";
}

TEST_F(LineageTest, AnIdleShardThatIsOpenForDaysIsNotLostByARestart) {
  lineage_.Restore({.shard_id = old_});
  List({OpenShard(old_)}, kSomeDay + hours(100));
  EXPECT_THAT(Lost(), IsEmpty());
  EXPECT_THAT(Ready(), ElementsAre(old_));
}

/// A copy of whose stream only the last two hours before kSomeDay are of concern.
class LineageAtStartTest : public LineageTest {
 protected:
  LineageAtStartTest() : LineageTest(kSomeDay - hours(2)) {}
};

TEST_F(LineageAtStartTest, AShardWhoseChildIsOlderThanTheStartIsFinishedUnread) {
  List({ClosedShard(old_), ClosedShard(mid_, old_), OpenShard(new_, mid_)});
  EXPECT_THAT(lineage_.TakeFinishedUnread(), ElementsAre(old_));
  EXPECT_THAT(lineage_.TakeFinishedUnread(), IsEmpty());
  EXPECT_THAT(Ready(), ElementsAre(mid_)) << "it was open at the start";
  EXPECT_TRUE(lineage_.EndedBeforeEarliest(old_));
  EXPECT_FALSE(lineage_.EndedBeforeEarliest(mid_));
}

TEST_F(LineageAtStartTest, AShardListedOpenIsReadEvenIfItsChildIsOld) {
  List({OpenShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  EXPECT_THAT(lineage_.TakeFinishedUnread(), IsEmpty());
}

TEST_F(LineageAtStartTest, AShardThatIsBeingReadIsNotFinishedByALateOldChild) {
  List({ClosedShard(old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  List({ClosedShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(lineage_.TakeFinishedUnread(), IsEmpty());
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST_F(LineageAtStartTest, AnUnlistedParentThatEndedBeforeTheStartBlocksForOneListingOnly) {
  const std::string parent = IdOf(kSomeDay - hours(9), "parent");
  lineage_.Observe(std::vector{OpenShard(old_, parent)});
  EXPECT_THAT(Ready(), IsEmpty());
  lineage_.CompleteListing(kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(old_));
  EXPECT_THAT(Lost(), IsEmpty());
}

TEST_F(LineageAtStartTest, AShardOfNoConcernThatLeavesIsNotLost) {
  List({OpenShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  for (int i = 0; i < 2; ++i) List({OpenShard(mid_, old_)});
  EXPECT_THAT(Lost(), IsEmpty());
  EXPECT_THAT(Ready(), ElementsAre(mid_));
}

TEST_F(LineageAtStartTest, ABeginningTrimmedBeforeTheStartIsNotLost) {
  const std::string long_ago = IdOf(kSomeDay - hours(30), "long ago");
  List({ClosedShard(long_ago)});
  EXPECT_THAT(Lost(), IsEmpty());
  EXPECT_THAT(Ready(), ElementsAre(long_ago));
}

TEST_F(LineageTest, AFinishedShardWithoutAKnownChildHasUnknownChildren) {
  List({OpenShard(old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  EXPECT_FALSE(lineage_.HasUnknownChildren(old_)) << "not finished";
  EXPECT_FALSE(lineage_.HasUnknownChildren("never heard of"));
  lineage_.Finish(old_, kSomeDay);
  EXPECT_TRUE(lineage_.HasUnknownChildren(old_));
  lineage_.Observe(std::vector{OpenShard(mid_, old_)});
  EXPECT_FALSE(lineage_.HasUnknownChildren(old_));
}

TEST_F(LineageTest, TheClosedLeavesOfADisabledStreamAreReadAndKept) {
  const std::vector leaves = {ClosedShard(mid_), ClosedShard(new_)};
  List(leaves);
  EXPECT_THAT(Ready(), ElementsAre(mid_, new_));
  lineage_.Finish(mid_, kSomeDay);
  lineage_.Finish(new_, kSomeDay);
  for (int i = 0; i < 5; ++i) List(leaves, kSomeDay + i * hours(1));
  EXPECT_THAT(Ready(), IsEmpty());
  EXPECT_THAT(Lost(), IsEmpty());
  EXPECT_EQ(lineage_.Count().finished, 2);
}

TEST_F(LineageTest, AFinishedMarkerIsKeptFor48HoursAndWhileTheShardIsListed) {
  List({ClosedShard(old_), OpenShard(mid_, old_)});
  EXPECT_THAT(Ready(), ElementsAre(old_));
  lineage_.Finish(old_, kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre(mid_));
  EXPECT_THAT(lineage_.TakeForgettable(kSomeDay + hours(100)), IsEmpty()) << "still listed";
  List({OpenShard(mid_, old_)});
  EXPECT_THAT(lineage_.TakeForgettable(kSomeDay + hours(47)), IsEmpty());
  EXPECT_THAT(lineage_.TakeForgettable(kSomeDay + hours(48)), ElementsAre(old_));
  EXPECT_THAT(lineage_.TakeForgettable(kSomeDay + hours(48)), IsEmpty());
  List({OpenShard(mid_, old_)}, kSomeDay + hours(49));
  EXPECT_THAT(Lost(), IsEmpty());
  EXPECT_EQ(lineage_.Count().reading, 1);
  EXPECT_EQ(lineage_.Count().finished, 0);
}

TEST_F(LineageTest, AMarkerGoesOnlyWhenItsKnownChildIsBegun) {
  lineage_.Restore({.shard_id = old_, .finished = true, .finished_at = kSomeDay - hours(60)});
  lineage_.Restore({.shard_id = other_, .finished = true, .finished_at = kSomeDay - hours(60)});
  EXPECT_THAT(lineage_.TakeForgettable(kSomeDay), IsEmpty()) << "nothing listed yet";
  lineage_.Observe(std::vector{OpenShard(mid_, "parent"), OpenShard("child", old_)});
  lineage_.CompleteListing(kSomeDay);
  EXPECT_THAT(Ready(), ElementsAre("child"));
  EXPECT_THAT(lineage_.TakeForgettable(kSomeDay), UnorderedElementsAre(old_, other_));
}

TEST_F(LineageTest, AForgottenFamilyLeavesNothingBehind) {
  lineage_.Restore(
      {.shard_id = mid_, .parent_id = old_, .finished = true, .finished_at = kSomeDay - hours(60)});
  List({});
  EXPECT_THAT(lineage_.TakeForgettable(kSomeDay), ElementsAre(mid_));
  for (int i = 0; i < 3; ++i) List({}, kSomeDay + hours(50));
  EXPECT_THAT(Lost(), IsEmpty());
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST(CreatedFromId, ReadsTheTimeInAnAwsShardId) {
  EXPECT_EQ(CreatedFromId("shardId-00000001767225600000-0a1b2c3d"), kSomeDay);
}

TEST(CreatedFromId, IsNothingForAnyOtherForm) {
  for (const char* id : {"", "shardId-", "shardId-00000001767225600000", "H176722560:abc",
                         "shardId-0000000176722560000x-0a1b", "shardId-1767225600000-0a1b",
                         "shardId-0000000-767225600000-0a1b", "shardId-99999999999999999999-0a1b",
                         "shardId--0000001767225600000-0a1b"}) {
    EXPECT_EQ(CreatedFromId(id), std::nullopt) << id;
  }
}

}  // namespace
}  // namespace ddbsync::streams
