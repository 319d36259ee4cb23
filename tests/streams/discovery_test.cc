#include "streams/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "streams/limits.h"
#include "tests/streams/scripted_streams.h"
#include "tests/streams/shards.h"
#include "tests/streams/test_client.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::streams {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;
using testing::SizeIs;

const std::string kOperation = "DescribeStream";

/// A DescribeStream answer of open shards named "child" or "child<parent".
ScriptedStreams::Answer Page(const std::vector<std::string>& shards, const std::string& last = "",
                             const std::string& status = "ENABLED") {
  std::string body = R"({"StreamDescription":{"StreamStatus":")" + status + R"(","Shards":[)";
  for (size_t i = 0; i < shards.size(); ++i) {
    const size_t mark = shards[i].find('<');
    body += (i > 0 ? "," : "") + (R"({"ShardId":")" + shards[i].substr(0, mark) + "\"");
    if (mark != std::string::npos) {
      body += R"(,"ParentShardId":")" + shards[i].substr(mark + 1) + "\"";
    }
    body += R"(,"SequenceNumberRange":{"StartingSequenceNumber":"1"}})";
  }
  body += "]";
  if (!last.empty()) body += R"(,"LastEvaluatedShardId":")" + last + "\"";
  return ScriptedStreams::Ok(body + "}}");
}

class RecordingObserver final : public ListingObserver {
 public:
  void OnPage(const dynamodb::StreamPage& page) override {
    for (const auto& shard : page.shards) events += shard.id + " ";
  }
  void OnListingComplete(WallTime began, const std::string& status) override {
    events += "complete(" + status + ") ";
    began_at.push_back(began);
  }
  void OnListingTrouble(const Error& error, int failures) override {
    troubles.push_back(error.code);
    failures_seen = failures;
  }

  std::string events;
  std::vector<WallTime> began_at;
  std::vector<ErrorCode> troubles;
  int failures_seen = 0;
};

class DiscoveryTest : public testing::Test {
 protected:
  void Run(Duration duration = Duration::zero()) {
    const TimePoint end = clock_.Now() + duration;
    while (!done_ && due_ <= end) {
      clock_.AdvanceTo(due_);
      const Next next = discovery_.Step(clock_.Now());
      done_ = next.done();
      due_ = next.due();
    }
    clock_.AdvanceTo(end);
  }
  void LookForChildren(const std::string& shard) {
    discovery_.LookForChildren(shard);
    due_ = clock_.Now();  // the owner wakes the task
  }
  void WantListing(TimePoint due) {
    discovery_.ListAt(due);
    due_ = clock_.Now();
  }
  [[nodiscard]] const std::vector<std::string>& Calls() { return script_.Requests(kOperation); }
  [[nodiscard]] static auto StartsAt(const std::string& shard) {
    return HasSubstr(R"("ExclusiveStartShardId":")" + shard + "\"");
  }
  [[nodiscard]] static auto StartsAtTheFirst() { return Not(HasSubstr("ExclusiveStartShardId")); }

  fake::ManualClock clock_{kSomeDay};
  ScriptedStreams script_;
  TestClient client_{clock_, script_};
  RecordingObserver observer_;
  aws::RetryBudget budget_;
  Discovery discovery_{"arn", client_.streams, observer_, budget_};
  TimePoint due_ = TimePoint::min();
  bool done_ = false;
};

TEST_F(DiscoveryTest, AllPagesAreRead) {
  script_.Put(kOperation, Page({"s1", "s2"}, "s2"));
  script_.Put(kOperation, Page({"s3"}, "s3"));
  script_.Put(kOperation, Page({}));
  Run(seconds(1));
  EXPECT_EQ(observer_.events, "s1 s2 s3 complete(ENABLED) ");
  EXPECT_THAT(Calls(), ElementsAre(StartsAtTheFirst(), StartsAt("s2"), StartsAt("s3")));
  EXPECT_THAT(observer_.began_at, ElementsAre(kSomeDay));
}

TEST_F(DiscoveryTest, AtMostTenCallsASecond) {
  for (int i = 0; i < 100; ++i) script_.Put(kOperation, Page({}, "s" + std::to_string(i)));
  Run(seconds(5));
  EXPECT_THAT(Calls().size(), AllOf(Ge(50u), Le(51u)));
}

TEST_F(DiscoveryTest, TheWholeStreamIsListedEveryHalfMinute) {
  script_.SetDefault(kOperation, Page({"s1"}));
  Run(minutes(10));
  EXPECT_THAT(Calls(), AllOf(SizeIs(21), Each(StartsAtTheFirst())));
}

TEST_F(DiscoveryTest, AStreamThatIsBeingEnabledIsListedAgainSoon) {
  script_.Put(kOperation, Page({}, "", "ENABLING"));
  script_.Put(kOperation, Page({}, "", "ENABLED"));
  script_.SetDefault(kOperation, Page({"s1"}));
  Run(seconds(2));
  EXPECT_EQ(observer_.events, "complete(ENABLING) complete(ENABLED) s1 complete(ENABLED) ");
}

TEST_F(DiscoveryTest, ADisabledStreamIsListedAtTheSlowPaceAndItsChildrenAreNotLookedFor) {
  script_.SetDefault(kOperation, Page({"s1"}, "", "DISABLED"));
  Run();
  LookForChildren("s1");
  Run(minutes(10));
  EXPECT_THAT(Calls(), SizeIs(21));
  script_.SetDefault(kOperation, Page({}, "", "DISABLED"));
  Run(minutes(10));
  EXPECT_THAT(Calls(), SizeIs(41));
}

TEST_F(DiscoveryTest, ChildrenAreLookedForAtOnceBehindTheLastShardKnown) {
  script_.Put(kOperation, Page({"s1", "s2"}));
  Run(seconds(5));
  script_.Put(kOperation, Page({"s3<s1"}));
  LookForChildren("s1");
  Run(seconds(20));
  EXPECT_THAT(Calls(), ElementsAre(StartsAtTheFirst(), StartsAt("s2")));
  EXPECT_EQ(observer_.events, "s1 s2 complete(ENABLED) s3 ") << "a look is no whole listing";
}

TEST_F(DiscoveryTest, MissingChildrenAreLookedForAgainEverSlowerFromTheirParentOn) {
  script_.SetDefault(kOperation, Page({"s1", "s2"}));
  Run(seconds(5));
  LookForChildren("s1");
  Run(seconds(20));
  EXPECT_THAT(Calls(), ElementsAre(StartsAtTheFirst(), StartsAt("s2"), StartsAt("s1"),
                                   StartsAt("s1"), StartsAt("s1")))
      << "after 0, 2, 4 and 8 s";
}

TEST_F(DiscoveryTest, ShardsThatEndTogetherAreLookedForTogether) {
  script_.SetDefault(kOperation, Page({"s1", "s2"}));
  Run(seconds(5));
  script_.Put(kOperation, Page({"s3<s1"}));
  script_.Put(kOperation, Page({"s4<s2"}));
  LookForChildren("s1");
  LookForChildren("s2");
  Run(milliseconds(500));
  EXPECT_THAT(Calls(), SizeIs(2));
  Run(seconds(20));
  EXPECT_THAT(Calls(), ElementsAre(StartsAtTheFirst(), StartsAt("s2"), StartsAt("s3")));
}

TEST_F(DiscoveryTest, ManyShardsEndingOneByOneDoNotCostALookEach) {
  script_.SetDefault(kOperation, Page({"s1"}));
  Run(seconds(5));
  for (int i = 0; i < 100; ++i) {
    LookForChildren("e" + std::to_string(i));
    Run(milliseconds(10));
  }
  EXPECT_LE(Calls().size(), 4u);
}

TEST_F(DiscoveryTest, AWholeListingIsMadeWhenItIsWantedAndNotRightBehindAnother) {
  script_.SetDefault(kOperation, Page({"s1"}));
  Run(seconds(1));
  const TimePoint now = clock_.Now();
  WantListing(now + seconds(12));
  WantListing(now + seconds(10));
  Run(seconds(9));
  EXPECT_THAT(Calls(), SizeIs(1));
  Run(seconds(2));
  EXPECT_THAT(Calls(), SizeIs(2)) << "the earlier wish";
  WantListing(clock_.Now());
  Run(seconds(2));
  EXPECT_THAT(Calls(), SizeIs(2)) << "a listing was made two seconds ago";
  Run(seconds(4));
  EXPECT_THAT(Calls(), SizeIs(3));
}

class RefusedStartTest : public DiscoveryTest, public testing::WithParamInterface<const char*> {};

TEST_P(RefusedStartTest, AServerThatRefusesAnUnknownStartIsAskedForEverything) {
  script_.Put(kOperation, Page({"s1"}));
  script_.Put(kOperation, ScriptedStreams::Refuse(GetParam()));
  script_.Put(kOperation, Page({"s1", "s2<s1"}));
  Run(seconds(1));
  LookForChildren("s1");
  Run(seconds(30));
  EXPECT_THAT(Calls(), ElementsAre(StartsAtTheFirst(), StartsAt("s1"), StartsAtTheFirst()));
  EXPECT_EQ(observer_.events, "s1 complete(ENABLED) s1 s2 complete(ENABLED) ");
  EXPECT_THAT(observer_.troubles, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Refusals, RefusedStartTest,
                         testing::Values("ValidationException", "ResourceNotFoundException"));

TEST_F(DiscoveryTest, AListingRefusedHalfwayStartsAnewAndIsNotTakenForALostStream) {
  script_.Put(kOperation, Page({"s1"}, "s1"));
  script_.Put(kOperation, ScriptedStreams::Refuse("ResourceNotFoundException"));
  script_.Put(kOperation, Page({"s1"}));
  Run(seconds(30));
  EXPECT_EQ(observer_.events, "s1 s1 complete(ENABLED) ");
  EXPECT_THAT(observer_.troubles, ElementsAre(ErrorCode::kRetry));
}

TEST_F(DiscoveryTest, AStreamThatDoesNotExistIsToldAtOnceAndAskedForAgain) {
  script_.SetDefault(kOperation, ScriptedStreams::Refuse("ResourceNotFoundException"));
  Run();
  EXPECT_THAT(observer_.troubles, ElementsAre(ErrorCode::kNotFound));
  Run(minutes(10));
  EXPECT_GT(observer_.failures_seen, 10);
  EXPECT_EQ(observer_.events, "");
}

TEST_F(DiscoveryTest, AFailedPageIsAskedForAgainAndTheListingGoesOn) {
  script_.Put(kOperation, Page({"s1"}, "s1"));
  script_.Put(kOperation, ScriptedStreams::Refuse("ThrottlingException"));
  script_.Put(kOperation, {500, "{}"});
  script_.Put(kOperation, Page({"s2"}));
  Run(seconds(29));
  EXPECT_EQ(observer_.events, "s1 s2 complete(ENABLED) ");
  EXPECT_THAT(observer_.troubles, ElementsAre(ErrorCode::kThrottled, ErrorCode::kRetry));
}

TEST_F(DiscoveryTest, AListingThatRunsInACircleIsTroubleAndNeverComplete) {
  script_.SetDefault(kOperation, Page({"s1"}, "s1"));
  Run(minutes(5));
  EXPECT_THAT(observer_.troubles, AllOf(SizeIs(Ge(10u)), Each(ErrorCode::kCorrupt)));
  EXPECT_THAT(observer_.events, Not(HasSubstr("complete")));
  EXPECT_LT(Calls().size(), 300u);
}

TEST_F(DiscoveryTest, StopEndsIt) {
  script_.SetDefault(kOperation, Page({"s1"}, ""));
  Run();
  discovery_.Stop();
  due_ = clock_.Now();
  Run();
  EXPECT_TRUE(done_);
}

}  // namespace
}  // namespace ddbsync::streams
