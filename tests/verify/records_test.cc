#include "verify/records.h"

#include <gtest/gtest.h>

#include "tests/checkpoint/memory_store.h"
#include "tests/verify/old_sums.h"

namespace ddbsync::verify {
namespace {

class RecordsTest : public ::testing::Test {
 protected:
  State Load() {
    auto state = LoadRun(store_);
    EXPECT_TRUE(state) << ToString(state.error());
    return state ? *std::move(state) : State{};
  }
  void Commit(const checkpoint::Batch& batch) { ASSERT_TRUE(store_.Commit(batch)); }

  checkpoint::MemoryStore store_;
};

const RunRecord kRun{.source_identity = "one",
                     .target_identity = "other",
                     .form = Form::kQuiet,
                     .why = "as asked",
                     .phase = Phase::kDigesting,
                     .extras_only = true,
                     .sample_ppm = 10'000,
                     .seed = -7,
                     .source_segments = 64,
                     .target_segments = 65,
                     .buckets = 2048,
                     .source_items = 1,
                     .target_items = 2,
                     .began = WallTime(std::chrono::seconds(9)),
                     .generation = 3,
                     .completed = WallTime(std::chrono::seconds(10)),
                     .undecided = 4,
                     .repaired = 5};

TEST_F(RecordsTest, ARunIsReadAsItWasWritten) {
  checkpoint::Batch batch;
  PutRun(batch, kRun);
  PutSegment(batch, Table::kTarget, {.segment = 12, .cursor = "{}", .items = 3, .bytes = 4});
  PutSums(batch, Table::kSource, 1, std::string("\0\xff", 2));
  PutSuspect(batch, {.key = std::string("k\0", 2),
                     .key_json = "{\"id\":1}",
                     .since = WallTime(std::chrono::seconds(1))});
  PutDifference(batch, {.kind = DifferenceKind::kDifferent,
                        .key = "d",
                        .key_json = "{}",
                        .since = WallTime(std::chrono::seconds(2)),
                        .attributes = {"a", "b"}});
  Commit(batch);
  const State state = Load();
  EXPECT_EQ(state.run, kRun);
  ASSERT_EQ(state.walked[1].size(), 1U);
  EXPECT_EQ(state.walked[1][0],
            (WalkedSegment{.segment = 12, .cursor = "{}", .items = 3, .bytes = 4}));
  EXPECT_EQ(state.sums[0].at(1), std::string("\0\xff", 2));
  ASSERT_EQ(state.suspects.size(), 1U);
  EXPECT_EQ(state.suspects[0].key, std::string("k\0", 2));
  EXPECT_FALSE(state.suspects[0].look);
  ASSERT_EQ(state.differences.size(), 1U);
  EXPECT_EQ(state.differences[0].kind, DifferenceKind::kDifferent);
  EXPECT_EQ(state.differences[0].attributes, (std::vector<std::string>{"a", "b"}));
}

TEST_F(RecordsTest, SumsOfDigestsThatAreNoLongerMadeAreTold) {
  checkpoint::Batch batch;
  PutSums(batch, Table::kSource, 0, "x");
  Commit(batch);
  EXPECT_FALSE(Load().old_digests);
  checkpoint::Batch older;
  PutOldSums(older);
  Commit(older);
  EXPECT_TRUE(Load().old_digests);
  EXPECT_EQ(Load().sums[1].at(0), "y");
}

TEST_F(RecordsTest, ARunThatIsNotCompleteHasNoTimeOfIt) {
  checkpoint::Batch batch;
  RunRecord run = kRun;
  run.completed.reset();
  PutRun(batch, run);
  Commit(batch);
  EXPECT_FALSE(Load().run->completed);
}

TEST_F(RecordsTest, AKindThatDoesNotExistIsNotBelieved) {
  checkpoint::Batch batch;
  PutDifference(batch, {.kind = static_cast<DifferenceKind>(77), .key = "d", .key_json = "{}"});
  Commit(batch);
  EXPECT_EQ(Load().differences.at(0).kind, DifferenceKind::kMissing);
}

TEST_F(RecordsTest, DamageIsTold) {
  checkpoint::Batch batch;
  batch.Put("verification", "nonsense");
  Commit(batch);
  EXPECT_EQ(LoadRun(store_).error().code, ErrorCode::kCorrupt);
}

TEST_F(RecordsTest, AnUnknownRecordIsDamage) {
  checkpoint::Batch batch;
  batch.Put("strange/1", "x");
  Commit(batch);
  EXPECT_EQ(LoadRun(store_).error().code, ErrorCode::kCorrupt);
}

TEST_F(RecordsTest, EverythingCanBeDeleted) {
  checkpoint::Batch batch;
  PutRun(batch, kRun);
  PutSums(batch, Table::kSource, 0, "x");
  Commit(batch);
  checkpoint::Batch deletes;
  ASSERT_TRUE(DeleteAll(store_, deletes));
  Commit(deletes);
  const State state = Load();
  EXPECT_FALSE(state.run);
  EXPECT_TRUE(state.sums[0].empty());
}

}  // namespace
}  // namespace ddbsync::verify
