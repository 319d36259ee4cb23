#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "streams/limits.h"
#include "tests/streams/shard_reader_fixture.h"

namespace ddbsync::streams {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;
using testing::SizeIs;

TEST_F(ShardReaderTest, WithoutAPositionItStartsAtTheHorizon) {
  Start();
  Run();
  ASSERT_THAT(Seeks(), SizeIs(1));
  EXPECT_THAT(Seeks()[0], HasSubstr("TRIM_HORIZON"));
}

TEST_F(ShardReaderTest, WithAPositionItStartsAfterIt) {
  Start("41");
  Run();
  ASSERT_THAT(Seeks(), SizeIs(1));
  EXPECT_THAT(Seeks()[0], AllOf(HasSubstr("AFTER_SEQUENCE_NUMBER"), HasSubstr("\"41\"")));
}

TEST_F(ShardReaderTest, FromLatestOnlyItsFirstIteratorPassesOverWhatIsThere) {
  script_.Put("GetRecords", ScriptedStreams::Refuse("ExpiredIteratorException"));
  script_.Put("GetRecords", Page({7}, "next"));
  script_.Put("GetRecords", ScriptedStreams::Refuse("ExpiredIteratorException"));
  Start("", /*from_latest=*/true);
  Run(seconds(10));
  ASSERT_THAT(Seeks(), SizeIs(3));
  EXPECT_THAT(Seeks()[0], AllOf(HasSubstr("LATEST"), Not(HasSubstr("SequenceNumber"))));
  EXPECT_THAT(Seeks()[1], HasSubstr("TRIM_HORIZON"));
  EXPECT_THAT(Seeks()[2], AllOf(HasSubstr("AFTER_SEQUENCE_NUMBER"), HasSubstr("\"7\"")));
}

TEST_F(ShardReaderTest, DoesNothingBeforeItHasAWaker) {
  reader_ = std::make_shared<ShardReader>(
      ShardReader::Options{
          .stream_arn = "arn", .shard_id = "s", .position = {}, .poll_interval = kPollInterval},
      schema_, client_.streams, sink_, credit_, budget_, counters_);
  EXPECT_EQ(reader_->Step(clock_.Now()).due(), TimePoint::max());
  EXPECT_THAT(Seeks(), IsEmpty());
}

TEST_F(ShardReaderTest, OneStepIsOneCall) {
  Start();
  for (size_t steps = 1; steps < 20; ++steps) {
    (void)reader_->Step(clock_.Now());
    EXPECT_LE(Seeks().size() + Polls().size(), steps);
    clock_.Advance(kPollInterval);
  }
}

TEST_F(ShardReaderTest, TheNextPageComesOnlyWhenTheLastIsApplied) {
  script_.Put("GetRecords", Page({1, 2}, "second"));
  script_.Put("GetRecords", Page({3}, "third"));
  sink_.hold = true;
  Start();
  Run(seconds(30));
  EXPECT_EQ(sink_.events, "apply(1,2) ");
  EXPECT_THAT(Polls(), SizeIs(1));
  sink_.FinishApplying();
  Run();
  EXPECT_EQ(sink_.events, "apply(1,2) apply(3) ");
}

TEST_F(ShardReaderTest, RecordsOfTheLastPageAreAppliedBeforeTheEnd) {
  script_.Put("GetRecords", Page({1}, "second"));
  script_.Put("GetRecords", Page({2, 3}, ""));
  script_.Put("GetRecords", Page({}, ""));
  sink_.hold = true;
  Start();
  Run();
  sink_.FinishApplying();
  Run(seconds(30));
  EXPECT_EQ(sink_.events, "apply(1) apply(2,3) ");
  EXPECT_THAT(Polls(), SizeIs(2));
  sink_.FinishApplying();
  Run(seconds(1));
  EXPECT_EQ(sink_.events, "apply(1) apply(2,3) end ");
  EXPECT_TRUE(done_);
}

TEST_F(ShardReaderTest, AnEmptyClosedShardEnds) {
  script_.SetDefault("GetRecords", Page({}, ""));
  Start();
  Run(seconds(1));
  EXPECT_EQ(sink_.events, "end ");
  EXPECT_THAT(Polls(), SizeIs(2));
  EXPECT_THAT(sink_.tips, IsEmpty());
}

TEST_F(ShardReaderTest, AnIteratorMissingOnceOnAnOpenShardIsNotItsEnd) {
  script_.Put("GetRecords", Page({1}, ""));
  script_.Put("GetRecords", Page({2}, "third"));
  script_.Put("GetRecords", Page({}, ""));
  script_.Put("GetRecords", Page({3}, ""));
  script_.Put("GetRecords", Page({}, "open"));
  Start();
  Run(seconds(3));
  EXPECT_EQ(sink_.events, "apply(1) apply(2) apply(3) ");
  EXPECT_THAT(Seeks()[1], AllOf(HasSubstr("AFTER_SEQUENCE_NUMBER"), HasSubstr("\"1\"")));
  EXPECT_THAT(Seeks()[2], HasSubstr("\"2\""));
  EXPECT_THAT(Seeks()[3], HasSubstr("\"3\""));
  EXPECT_FALSE(done_);
}

TEST_F(ShardReaderTest, AnEmptyPageWithAnIteratorIsNotTheEnd) {
  for (int i = 0; i < 50; ++i) script_.Put("GetRecords", Page({}, "next"));
  script_.Put("GetRecords", Page({7}, "later"));
  Start();
  Run(seconds(60));
  EXPECT_EQ(sink_.events, "apply(7) ");
}

TEST_F(ShardReaderTest, AnExpiredIteratorIsReplacedByOneAfterTheLastRecordRead) {
  script_.Put("GetRecords", Page({1, 2}, "old"));
  script_.Put("GetRecords", ScriptedStreams::Refuse("ExpiredIteratorException"));
  script_.Put("GetRecords", Page({3}, "next"));
  Start();
  Run(seconds(1));
  EXPECT_EQ(sink_.events, "apply(1,2) apply(3) ");
  ASSERT_THAT(Seeks(), SizeIs(2));
  EXPECT_THAT(Seeks()[1], AllOf(HasSubstr("AFTER_SEQUENCE_NUMBER"), HasSubstr("\"2\"")));
  EXPECT_THAT(sink_.troubles, IsEmpty());
}

TEST_F(ShardReaderTest, AnIteratorThatExpiresBeforeAnyRecordIsReplacedByTheStart) {
  script_.Put("GetRecords", Page({}, "old"));
  script_.Put("GetRecords", ScriptedStreams::Refuse("ExpiredIteratorException"));
  Start();
  Run(seconds(1));
  ASSERT_THAT(Seeks(), SizeIs(2));
  EXPECT_THAT(Seeks()[1], HasSubstr("TRIM_HORIZON"));
}

TEST_F(ShardReaderTest, IteratorsThatExpireAtOnceAreTroubleAndDoNotSpin) {
  script_.SetDefault("GetRecords", ScriptedStreams::Refuse("ExpiredIteratorException"));
  Start();
  Run(seconds(60));
  EXPECT_THAT(sink_.troubles, Not(IsEmpty()));
  EXPECT_LT(Polls().size(), 100u);
}

TEST_F(ShardReaderTest, TrimmedDataIsALossAndStopsTheReaderOnce) {
  script_.Put("GetRecords", Page({1}, "next"));
  script_.SetDefault("GetRecords", ScriptedStreams::Refuse("TrimmedDataAccessException"));
  Start();
  Run(seconds(100));
  EXPECT_EQ(sink_.events, "apply(1) loss(trimmed) ");
  const size_t polls = Polls().size();
  reader_->Resume();
  Run(seconds(100));
  EXPECT_EQ(sink_.events, "apply(1) loss(trimmed) ");
  EXPECT_EQ(Polls().size(), polls);
  EXPECT_FALSE(done_);
}

TEST_F(ShardReaderTest, APositionOlderThanTheStreamIsALoss) {
  script_.SetDefault("GetShardIterator", ScriptedStreams::Refuse("TrimmedDataAccessException"));
  Start("41");
  Run(seconds(100));
  EXPECT_EQ(sink_.events, "loss(trimmed) ");
}

TEST_F(ShardReaderTest, AShardThatIsGoneIsALoss) {
  script_.SetDefault("GetShardIterator", ScriptedStreams::Refuse("ResourceNotFoundException"));
  Start("41");
  Run(seconds(100));
  EXPECT_EQ(sink_.events, "loss(not_found) ");
  EXPECT_THAT(Seeks(), SizeIs(limits::kLossAnswers));
}

TEST_F(ShardReaderTest, ALossIsBelievedOnlyWhenTheServerInsists) {
  script_.Put("GetRecords", ScriptedStreams::Refuse("TrimmedDataAccessException"));
  script_.Put("GetRecords", ScriptedStreams::Refuse("ResourceNotFoundException"));
  script_.Put("GetRecords", Page({1}, "next"));
  Start();
  Run(seconds(2));
  EXPECT_EQ(sink_.events, "apply(1) ");
  EXPECT_THAT(sink_.troubles, ElementsAre(ErrorCode::kTrimmed, ErrorCode::kNotFound));
}

TEST_F(ShardReaderTest, LossesBetweenPagesDoNotAddUp) {
  for (int64_t i = 1; i <= 5; ++i) {
    script_.Put("GetRecords", ScriptedStreams::Refuse("TrimmedDataAccessException"));
    script_.Put("GetRecords", Page({i}, "next"));
  }
  Start();
  Run(seconds(30));
  EXPECT_EQ(sink_.events, "apply(1) apply(2) apply(3) apply(4) apply(5) ");
}

TEST_F(ShardReaderTest, AfterALossItReadsOnFromTheHorizonWhenToldTo) {
  for (int i = 0; i < limits::kLossAnswers; ++i) {
    script_.Put("GetShardIterator", ScriptedStreams::Refuse("TrimmedDataAccessException"));
  }
  script_.Put("GetRecords", Page({50}, "next"));
  Start("41");
  Run(seconds(100));
  reader_->RestartFromHorizon();
  Run(seconds(1));
  EXPECT_EQ(sink_.events, "loss(trimmed) apply(50) ");
  EXPECT_THAT(Seeks().back(), HasSubstr("TRIM_HORIZON"));
}

TEST_F(ShardReaderTest, RestartFromHorizonMeansNothingWithoutALoss) {
  script_.Put("GetRecords", Page({1}, "next"));
  Start();
  Run();
  reader_->RestartFromHorizon();
  Run(seconds(5));
  EXPECT_THAT(Seeks(), SizeIs(1));
}

TEST_F(ShardReaderTest, ThrottlesAreTroubleAndTheSameIteratorIsTriedAgain) {
  script_.Put("GetRecords", Page({1}, "keep"));
  for (int i = 0; i < 5; ++i) {
    script_.Put("GetRecords", ScriptedStreams::Refuse("LimitExceededException"));
  }
  script_.Put("GetRecords", Page({2}, "next"));
  Start();
  Run(seconds(120));
  EXPECT_EQ(sink_.events, "apply(1) apply(2) ");
  EXPECT_THAT(Seeks(), SizeIs(1));
  EXPECT_THAT(Polls()[6], HasSubstr("keep"));
  EXPECT_THAT(sink_.troubles, AllOf(SizeIs(5), Each(ErrorCode::kThrottled)));
  EXPECT_EQ(sink_.failures_seen, 5);
  EXPECT_EQ(counters_.polls_failed, 5);
  EXPECT_EQ(counters_.polls_throttled, 5);
}

TEST_F(ShardReaderTest, DeniedAccessIsTriedAgainAfterTheLongestPause) {
  script_.SetDefault("GetRecords", ScriptedStreams::Refuse("AccessDeniedException"));
  Start();
  Run(seconds(100));
  EXPECT_THAT(sink_.troubles, AllOf(SizeIs(Le(7)), Each(ErrorCode::kDenied)));
  script_.SetDefault("GetRecords", Page({1}, "next"));
  Run(limits::kDeniedPause);
  EXPECT_THAT(sink_.events, HasSubstr("apply(1)"));
}

TEST_F(ShardReaderTest, AnIteratorThatTheServerCannotTakeIsReplaced) {
  script_.Put("GetRecords", Page({1}, "odd"));
  script_.Put("GetRecords", ScriptedStreams::Refuse("ValidationException"));
  script_.Put("GetRecords", Page({2}, "next"));
  Start();
  Run(seconds(30));
  EXPECT_EQ(sink_.events, "apply(1) apply(2) ");
  EXPECT_THAT(Seeks(), SizeIs(2));
  EXPECT_THAT(sink_.troubles, ElementsAre(ErrorCode::kInvalid));
}

TEST_F(ShardReaderTest, AnIteratorThatIsRefusedForAWhileIsAskedForAgain) {
  const std::vector<std::pair<const char*, ErrorCode>> refusals = {
      {"LimitExceededException", ErrorCode::kThrottled},
      {"ReplicatedWriteConflictException", ErrorCode::kRetry},
      {"AccessDeniedException", ErrorCode::kDenied},
      {"ValidationException", ErrorCode::kInvalid}};
  std::vector<ErrorCode> expected;
  for (const auto& [name, code] : refusals) {
    script_.Put("GetShardIterator", ScriptedStreams::Refuse(name));
    expected.push_back(code);
  }
  script_.Put("GetRecords", Page({42}, "next"));
  Start("41");
  Run(seconds(120));
  EXPECT_EQ(sink_.events, "apply(42) ");
  EXPECT_EQ(sink_.troubles, expected);
  EXPECT_FALSE(done_);
  ASSERT_THAT(Seeks(), SizeIs(5));
  EXPECT_THAT(Seeks(), Each(HasSubstr("\"41\"")));
}

TEST_F(ShardReaderTest, AnAnswerThatIsNoPageIsTroubleAndSkipsNothing) {
  script_.Put("GetRecords", ScriptedStreams::Ok("{\"Records\":[{\"nonsense\""));
  script_.Put("GetRecords", Page({1}, "next"));
  Start();
  Run(seconds(30));
  EXPECT_EQ(sink_.events, "apply(1) ");
  EXPECT_THAT(sink_.troubles, SizeIs(1));
}

TEST_F(ShardReaderTest, RecordsReadBeforeAreDropped) {
  script_.Put("GetRecords", Page({8, 9, 10}, "next"));
  script_.Put("GetRecords", Page({9, 10}, "next"));  // 9 > 10 as text
  script_.Put("GetRecords", Page({10, 11}, "next"));
  Start();
  Run(seconds(2));
  EXPECT_EQ(sink_.events, "apply(8,9,10) apply(10,11) ");
  EXPECT_EQ(counters_.polls_repeated, 1);
}

TEST_F(ShardReaderTest, APageKeepsItsCreditAsLongAsItLives) {
  script_.Put("GetRecords", Page({1, 2, 3}, "next"));
  sink_.hold = true;
  Start();
  Run();
  ASSERT_NE(sink_.held_page, nullptr);
  EXPECT_EQ(credit_.used(), sink_.held_page->bytes());
  sink_.held_page.reset();
  EXPECT_EQ(credit_.used(), 0u);
}

TEST_F(ShardReaderTest, WithoutCreditItAsksForNothingAndGoesOnWhenSomeComesBack) {
  auto all = credit_.TryTake(ByteCredit::User::kTail, size_t{16} << 20, Waker());
  ASSERT_TRUE(all);
  Start();
  Run(seconds(100));
  EXPECT_THAT(Polls(), IsEmpty());
  all.reset();
  Run();
  EXPECT_THAT(Polls(), SizeIs(1));
  EXPECT_EQ(credit_.used(), 0u);
}

TEST_F(ShardReaderTest, PausedItFinishesThePageInHandAndNothingElse) {
  script_.Put("GetRecords", Page({1}, ""));
  script_.SetDefault("GetRecords", Page({}, ""));
  sink_.hold = true;
  Start();
  Run();
  reader_->Pause();
  sink_.FinishApplying();
  Run(seconds(100));
  EXPECT_EQ(sink_.events, "apply(1) ");
  EXPECT_THAT(Polls(), SizeIs(1));
  reader_->Resume();
  Run(seconds(1));
  EXPECT_EQ(sink_.events, "apply(1) end ");
}

TEST_F(ShardReaderTest, StoppedItIsDoneOnlyWhenThePageInHandIsApplied) {
  script_.Put("GetRecords", Page({1}, ""));
  sink_.hold = true;
  Start();
  Run();
  reader_->Stop();
  Run(seconds(10));
  EXPECT_FALSE(done_);
  sink_.FinishApplying();
  Run();
  EXPECT_TRUE(done_);
  EXPECT_EQ(sink_.events, "apply(1) ") << "stopped is not ended";
}

TEST_F(ShardReaderTest, StoppedWhilePausedOrLostItIsDone) {
  script_.SetDefault("GetShardIterator", ScriptedStreams::Refuse("TrimmedDataAccessException"));
  Start("41");
  Run(seconds(10));
  reader_->Pause();
  reader_->Stop();
  Run();
  EXPECT_TRUE(done_);
}

TEST_F(ShardReaderTest, APageAppliedAfterTheReaderIsGoneHarmsNothing) {
  script_.Put("GetRecords", Page({1}, "next"));
  sink_.hold = true;
  Start();
  Run();
  reader_.reset();
  sink_.FinishApplying();
  EXPECT_EQ(credit_.used(), 0u);
}

}  // namespace
}  // namespace ddbsync::streams
