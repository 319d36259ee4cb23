#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cutover/gates.h"
#include "tests/cutover/ready_facts.h"

namespace ddbsync::cutover {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Calls, ASealedRunByPolicy) {
  GateFacts facts = ReadyFacts();
  EXPECT_THAT(
      Calls(facts),
      ElementsAre(
          "DescribeTable, DescribeTimeToLive orders: noted, to be taken back to",
          "UpdateTimeToLive orders: off (ends)",
          "DescribeTimeToLive orders until DISABLED, up to an hour; applications write on",
          "DeleteItem orders on a condition that no item meets: allowed, as yet",
          "GetResourcePolicy orders: noted, to be taken back to",
          "PutResourcePolicy orders: deny writes to all, expecting NO_POLICY",
          "DeleteItem orders on a condition that no item meets, until the policy denies it for a "
          "while",
          "UpdateTable orders: StreamEnabled=false", "DescribeTable orders until ACTIVE",
          "UpdateTable orders: StreamEnabled=true, NEW_AND_OLD_IMAGES",
          "DescribeTable orders, DescribeStream of its new stream until ENABLED",
          "DescribeStream, GetShardIterator, GetRecords of the old stream of orders: every shard "
          "to its end",
          "BatchWriteItem orders-b: what they tell",
          "DeleteItem orders on a condition that no item meets: still denied",
          "DescribeStream, GetShardIterator, GetRecords of the new stream of orders: nothing may "
          "be in it",
          "no call: the commit is a record of the checkpoint, synced",
          "TagResource orders-b: "
          "ddbsync:cutover=arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
          "UntagResource orders: ddbsync:cutover, if it was made live by a cut-over",
          "UpdateTimeToLive orders-b: on (ends)"));
}

TEST(Calls, AQuiescedRunByHandWithoutTtl) {
  GateFacts facts = ReadyFacts();
  facts.options.freeze = FreezeBy::kManual;
  facts.options.drain = DrainBy::kQuiesce;
  facts.options.stop_before_commit = true;
  facts.source_ttl = dynamodb::TimeToLive{};
  EXPECT_THAT(
      Calls(facts),
      ElementsAre("DescribeTable, DescribeTimeToLive orders: noted, to be taken back to",
                  "no call: you stop the writers of orders and confirm",
                  "DescribeStream, GetShardIterator, GetRecords of the stream of orders until the "
                  "watermark has passed the freeze: no proof",
                  "BatchWriteItem orders-b: what they tell",
                  "Scan orders, Scan orders-b; BatchGetItem orders and orders-b where they differ",
                  "no call: waits for `ddbsync cutover commit`",
                  "no call: the commit is a record of the checkpoint, synced",
                  "TagResource orders-b: "
                  "ddbsync:cutover=arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
                  "UntagResource orders: ddbsync:cutover, if it was made live by a cut-over"));
}

TEST(Calls, TheWayBackNeedsAStreamOfTheTarget) {
  GateFacts facts = ReadyFacts();
  EXPECT_THAT(Calls(facts), Not(Contains(StartsWith("UpdateTable orders-b"))));
  EXPECT_THAT(Calls(facts), Not(Contains(HasSubstr("way back"))));
  facts.options.reverse = true;
  EXPECT_THAT(Calls(facts), Contains("UpdateTable orders-b: StreamEnabled=true, "
                                     "NEW_AND_OLD_IMAGES"));
  facts.options.freeze = FreezeBy::kPolicy;
  EXPECT_EQ(Calls(facts).back(),
            "DescribeStream, GetShardIterator, GetRecords of the stream of orders-b, "
            "BatchWriteItem orders: the way back, with keys of --exempt, by `ddbsync reverse`");
  facts.options.freeze = FreezeBy::kHook;
  EXPECT_THAT(Calls(facts).back(),
              HasSubstr("the way back, by the same process if it runs no other job"));
  facts.target->stream_view = dynamodb::StreamView::kNewImage;
  EXPECT_THAT(Calls(facts), Not(Contains(StartsWith("UpdateTable orders-b"))));
  EXPECT_THAT(Calls(facts), Contains(HasSubstr("the way back begins there")));
}

TEST(Calls, AHookTakesThePlaceOfThePolicy) {
  GateFacts facts = ReadyFacts();
  facts.options.freeze = FreezeBy::kHook;
  EXPECT_THAT(Calls(facts), Contains("your hook, to stop the writers of orders"));
  EXPECT_THAT(Calls(facts), Not(Contains(HasSubstr("ResourcePolicy"))));
  EXPECT_THAT(Calls(facts), Not(Contains(HasSubstr("DeleteItem"))));
}

TEST(Calls, APolicyThatIsThereIsReplacedByItsRevision) {
  GateFacts facts = ReadyFacts();
  facts.options.exempt = {"arn:aws:iam::1:role/x"};
  facts.source_policy = dynamodb::ResourcePolicy{"{}", "17"};
  EXPECT_THAT(Calls(facts), Contains("PutResourcePolicy orders: deny writes to all but "
                                     "arn:aws:iam::1:role/x, expecting revision 17"));
}

TEST(Calls, WhatIsUnknownIsSaid) {
  GateFacts facts = ReadyFacts();
  facts.source = facts.target = NotLookedAt();
  facts.source_ttl = NotLookedAt();
  EXPECT_THAT(Calls(facts), Contains("UpdateTimeToLive orders: off, if it is on (unknown)"));
  EXPECT_THAT(Calls(facts), Contains("UpdateTable orders: StreamEnabled=true, the view that it "
                                     "had"));
  facts.record = {};
  EXPECT_THAT(Calls(facts), Contains("UpdateTable the source: StreamEnabled=false"));
}

}  // namespace
}  // namespace ddbsync::cutover
