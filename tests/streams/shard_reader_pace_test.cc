// When a shard reader polls, and when an empty page is the tip.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "streams/limits.h"
#include "tests/streams/shard_reader_fixture.h"

namespace ddbsync::streams {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::Not;

TEST_F(ShardReaderTest, APageIsFollowedAtOnceWhileBehind) {
  for (int i = 1; i <= 20; ++i) script_.Put("GetRecords", Page({i}, "next", kSomeDay - hours(3)));
  Start();
  Run();
  EXPECT_EQ(counters_.polls_records, 20);
}

TEST_F(ShardReaderTest, AFullPageIsFollowedAtOnce) {
  std::vector<int64_t> many;
  for (int64_t i = 1; i <= limits::kRecordsPerPage; ++i) many.push_back(i);
  script_.Put("GetRecords", Page(many, "next"));
  script_.Put("GetRecords", Page({5000}, "next"));
  Start();
  Run();
  EXPECT_EQ(counters_.polls_records, 2);
}

TEST_F(ShardReaderTest, AnActiveShardIsPolledAtTheIntervalAndAnIdleOneSlower) {
  script_.Put("GetRecords", Page({1}, "next"));
  Start();
  Run(limits::kActiveFor);
  const size_t active = Polls().size();
  EXPECT_GE(active, 40u);
  EXPECT_LE(active, 52u);  // 10 s / (250 ms less a fifth)
  Run(seconds(60));
  EXPECT_THAT(Polls().size() - active, AllOf(Ge(28u), Le(62u)));
}

TEST_F(ShardReaderTest, OneEmptyPageAfterASeekIsNotTheTip) {
  Start("41");
  Run(limits::kEmptyTimeAtTip - seconds(1));
  EXPECT_GE(Polls().size(), static_cast<size_t>(limits::kEmptyPagesAtTip));
  EXPECT_THAT(sink_.tips, IsEmpty());
  Run(seconds(2));
  ASSERT_THAT(sink_.tips, Not(IsEmpty()));
  EXPECT_GE(sink_.tips.front(), kSomeDay + limits::kEmptyTimeAtTip - kPollInterval);
  EXPECT_LE(sink_.tips.back(), clock_.WallNow());
}

TEST_F(ShardReaderTest, AnEmptyPageAfterAFreshRecordIsTheTip) {
  script_.Put("GetRecords", Page({1}, "next", kSomeDay));
  Start("0");
  Run(seconds(1));
  EXPECT_THAT(sink_.tips, Not(IsEmpty()));
}

TEST_F(ShardReaderTest, TwoEmptyPagesProveNoMoreThanTheEarlier) {
  // The later may have stopped before a record that was written between the two.
  script_.Put("GetRecords", Page({1}, "next", kSomeDay));
  Start("0");
  while (counters_.polls_empty < 1) Run(milliseconds(1));
  const WallTime first = clock_.WallNow();
  EXPECT_THAT(sink_.tips, IsEmpty());
  while (sink_.tips.empty()) Run(milliseconds(1));
  EXPECT_GT(clock_.WallNow() - first, kPollInterval / 2);
  EXPECT_LE(sink_.tips.front(), first);
  EXPECT_GT(sink_.tips.front(), first - milliseconds(5));
}

TEST_F(ShardReaderTest, AnEmptyPageAfterAnOldRecordIsNot) {
  script_.Put("GetRecords", Page({1}, "next", kSomeDay - seconds(30)));
  Start("0");
  Run(seconds(9));
  EXPECT_THAT(sink_.tips, IsEmpty());
  Run(seconds(2));
  EXPECT_THAT(sink_.tips, Not(IsEmpty()));
}

TEST_F(ShardReaderTest, AfterAnOutageAnEmptyPageIsNotTheTip) {
  script_.Put("GetRecords", Page({1}, "next", kSomeDay));
  Start("0");
  Run(seconds(1));
  ASSERT_THAT(sink_.tips, Not(IsEmpty()));
  script_.SetDefault("GetRecords", ScriptedStreams::Refuse("InternalServerError"));
  Run(seconds(120));
  sink_.tips.clear();
  script_.SetDefault("GetRecords", Page({}, "same"));
  // Failures of two minutes may leave a pause of up to 20 s before the first empty page.
  while (counters_.polls_empty == 0 || sink_.tips.empty()) {
    Run(milliseconds(100));
    ASSERT_LT(clock_.WallNow(), kSomeDay + minutes(5));
  }
  EXPECT_GE(counters_.polls_empty, limits::kEmptyPagesAtTip);
}

}  // namespace
}  // namespace ddbsync::streams
