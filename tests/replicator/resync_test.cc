#include "replicator/resync.h"

#include <gtest/gtest.h>

#include <string>

#include "base/log.h"
#include "replicator/most_extra.h"

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;
using checkpoint::ResyncRecord;

class ResyncTest : public testing::Test {
 protected:
  ResyncTest() {
    SetLogSink([](std::string_view) {});
  }
  ~ResyncTest() override { SetLogSink(nullptr); }

  Resync Make(const std::optional<ResyncRecord>& record, MostExtra most = {},
              std::set<std::string> gaps = {"shard"}) {
    return Resync(record, std::move(gaps), most, ledger_, server_clock_);
  }
  static ResyncRecord Begun(int64_t removed = 0) {
    return {.number = 1,
            .cause = "gap",
            .reason = "trimmed",
            .step = "copying",
            .removed_rows = removed};
  }
  /// The keys of what was staged since the last call.
  size_t Staged() { return ledger_.Take().batch.size(); }

  SystemClock clock_;
  aws::ServerClock server_clock_{clock_};
  checkpoint::Ledger ledger_;
};

TEST_F(ResyncTest, OfASmallTableTheBoundIsANumberOfRows) {
  EXPECT_EQ(MostExtra{}.Of(10), limits::kLeastMostExtra);
  EXPECT_EQ(MostExtra{}.Of(0), limits::kLeastMostExtra);
  EXPECT_EQ(MostExtra{}.Of(1'000'000), 10'000);
  EXPECT_EQ(MostExtra{.share = 0.05}.Of(1000), 50);
  EXPECT_EQ(MostExtra{.share = 1}.Of(1000), 1000);
  EXPECT_EQ(MostExtra{.rows = 0}.Of(1000), 0);
  EXPECT_EQ(MostExtra{.rows = 7}.Of(1'000'000), 7);
}

TEST_F(ResyncTest, IsConsistentOnceTheWatermarkHasPassedTheEndOfTheCopy) {
  Resync resync = Make(Begun());
  resync.Look(false, server_clock_.Now() + 1h);
  EXPECT_FALSE(resync.consistent());
  resync.Look(true, std::nullopt);
  EXPECT_FALSE(resync.consistent());
  resync.Look(true, server_clock_.Now() - 1h);
  EXPECT_FALSE(resync.consistent());
  resync.Look(true, server_clock_.Now() + 1h);
  EXPECT_TRUE(resync.consistent());
}

TEST_F(ResyncTest, RemovesAsManyAsTheBoundAllowsAndNoMore) {
  Resync resync = Make(Begun(), {.rows = 3});
  EXPECT_FALSE(resync.TakeRemoval()) << "not counted yet";
  resync.BeginCounting();
  resync.NoteCount(100, 3, "");
  EXPECT_EQ(resync.step(), ResyncStep::kRemoving);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(resync.TakeRemoval());
  EXPECT_TRUE(resync.RemovalsExhausted());
  EXPECT_FALSE(resync.TakeRemoval());
  // One more came meanwhile.
  resync.BeginCounting();
  resync.NoteCount(98, 1, "{}");
  EXPECT_EQ(resync.step(), ResyncStep::kHeld);
  EXPECT_EQ(resync.record()->target_rows, 101);
}

TEST_F(ResyncTest, WhatIsHeldStaysHeldUntilTheBoundIsRaisedFarEnough) {
  ResyncRecord held = Begun(4);
  held.step = "held";
  held.target_rows = 100;
  held.extra_rows = 20;
  EXPECT_EQ(Make(held).step(), ResyncStep::kHeld);
  EXPECT_EQ(Make(held, {.rows = 23}).step(), ResyncStep::kHeld);
  EXPECT_EQ(Make(held, {.rows = 24}).step(), ResyncStep::kCounting);
  EXPECT_NE(Make(held).Reason().find("--most-extra 24"), std::string::npos) << Make(held).Reason();
}

TEST_F(ResyncTest, TheLossesAreTakenOffTheRecordWithItsCompletion) {
  Resync resync = Make(Begun(), {}, {"", "shard"});
  EXPECT_EQ(resync.gaps(), 2);
  resync.Complete();
  EXPECT_EQ(resync.gaps(), 0);
  EXPECT_FALSE(resync.under_way());
  EXPECT_EQ(Staged(), 3U) << "the record and both losses, in one batch";
}

TEST_F(ResyncTest, AFurtherLossOvertakesIt) {
  Resync resync = Make(Begun());
  resync.BeginCounting();
  resync.RecordGap("other", "trimmed too");
  EXPECT_FALSE(resync.under_way());
  Staged();
  resync.NoteCount(100, 1, "");
  resync.Complete();
  EXPECT_FALSE(resync.TakeRemoval());
  EXPECT_EQ(Staged(), 0U);
  EXPECT_EQ(resync.gaps(), 2);
  // The next one has what was removed behind it, too.
  ResyncRecord last = *resync.record();
  last.removed_rows = 5;
  const ResyncRecord next = NewResync(last, "gap", "", WallTime{});
  EXPECT_EQ(next.number, 2);
  EXPECT_EQ(next.removed_rows, 5);
}

TEST_F(ResyncTest, AGapStandsUnlessAResyncIsUnderWay) {
  checkpoint::State state;
  state.resync = Begun();
  EXPECT_FALSE(GapStands(state));
  state.gaps = {{.shard_id = "shard", .reason = "trimmed"}};
  EXPECT_FALSE(GapStands(state));
  state.resync->again = true;
  EXPECT_TRUE(GapStands(state));
  state.resync.reset();
  EXPECT_TRUE(GapStands(state));
}

}  // namespace
}  // namespace ddbsync::replicator
