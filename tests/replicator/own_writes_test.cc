#include "replicator/own_writes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;
using dynamodb::RecordView;
using dynamodb::StreamEvent;
using dynamodb::WriteOp;
using Verdict = OwnWrites::Verdict;

const WallTime kBegan{1'000'000s};
constexpr auto kLanding = 20s;

WriteOp PutOf(std::string_view key, std::string_view item) {
  return {WriteOp::Kind::kPut, item, key};
}
WriteOp DeleteOf(std::string_view key) {
  return {WriteOp::Kind::kDelete, "{}", key};
}
RecordView Written(std::string_view key, std::string_view image, WallTime created) {
  RecordView record;
  record.event = StreamEvent::kModify;
  record.key = key;
  record.new_image = image;
  record.created = created;
  return record;
}
RecordView Removed(std::string_view key, WallTime created) {
  RecordView record = Written(key, "", created);
  record.event = StreamEvent::kRemove;
  return record;
}
void Remember(OwnWrites& writes, const WriteOp& op, WallTime now) {
  writes.Remember({&op, 1}, now);
}

TEST(OwnWrites, WhatWasSentIsKnownAgainHoweverOftenItLands) {
  OwnWrites writes({.since = kBegan, .landing = kLanding});
  Remember(writes, PutOf("k", R"({"id":{"S":"k"},"n":{"N":"1.50"}})"), kBegan + 1s);
  for (const auto after : {2s, 3s, 60s}) {
    // As another server spells it.
    EXPECT_EQ(writes.Judge(Written("k", R"({"n":{"N":"1.5"},"id":{"S":"k"}})", kBegan + after)),
              Verdict::kOurs);
  }
}

TEST(OwnWrites, AnotherItemAnotherKeyAndAnotherKindAreForeign) {
  OwnWrites writes({.since = kBegan, .landing = kLanding});
  Remember(writes, PutOf("k", R"({"id":{"S":"k"}})"), kBegan + 1s);
  const WallTime later = kBegan + 2s;
  EXPECT_EQ(writes.Judge(Written("k", R"({"id":{"S":"k"},"x":{"S":""}})", later)),
            Verdict::kForeign);
  EXPECT_EQ(writes.Judge(Written("l", R"({"id":{"S":"k"}})", later)), Verdict::kForeign);
  EXPECT_EQ(writes.Judge(Removed("k", later)), Verdict::kForeign);
  Remember(writes, DeleteOf("k"), later);
  EXPECT_EQ(writes.Judge(Removed("k", later + 1s)), Verdict::kOurs);
}

TEST(OwnWrites, TimeToLiveIsNeverOurs) {
  OwnWrites writes({.since = kBegan, .landing = kLanding});
  Remember(writes, DeleteOf("k"), kBegan + 1s);
  RecordView expired = Removed("k", kBegan + 2s);
  expired.expired_by_ttl = true;
  EXPECT_EQ(writes.Judge(expired), Verdict::kForeign);
}

TEST(OwnWrites, WhatMayBeOfAnEarlierProcessIsNotJudged) {
  OwnWrites writes({.since = kBegan, .landing = kLanding});
  EXPECT_EQ(writes.Judge(Removed("k", kBegan)), Verdict::kBefore);
  EXPECT_EQ(writes.Judge(Removed("k", kBegan + 1s)), Verdict::kForeign);
}

TEST(OwnWrites, WithoutImagesItIsTheKeyAndTheKindThatCount) {
  OwnWrites writes({.images = false, .since = kBegan, .landing = kLanding});
  Remember(writes, PutOf("k", R"({"id":{"S":"k"}})"), kBegan + 1s);
  EXPECT_EQ(writes.Judge(Written("k", "", kBegan + 2s)), Verdict::kOurs);
  EXPECT_EQ(writes.Judge(Written("l", "", kBegan + 2s)), Verdict::kForeign);
  EXPECT_EQ(writes.Judge(Removed("k", kBegan + 2s)), Verdict::kForeign);
}

TEST(OwnWrites, AnItemThatHasNoDigestIsKnownByItsKeyAndOneOfOthersIsNotJudged) {
  OwnWrites writes({.since = kBegan, .landing = kLanding});
  const char* const unknown_type = R"({"id":{"QQ":"k"}})";
  Remember(writes, PutOf("k", unknown_type), kBegan + 1s);
  EXPECT_EQ(writes.Judge(Written("k", unknown_type, kBegan + 2s)), Verdict::kOurs);
  EXPECT_EQ(writes.Judge(Written("l", unknown_type, kBegan + 2s)), Verdict::kUnknown);
}

TEST(OwnWrites, TheOldestGoFirstAndWhatMayBeOfThemIsNotJudged) {
  constexpr int kInAll = 4 * 8;
  OwnWrites writes({.since = kBegan, .landing = kLanding, .generations = 4, .per_generation = 8});
  const auto key = [](int i) { return "key" + std::to_string(i); };
  // One a minute: three more than there is room for, so that the oldest eight are forgotten.
  for (int i = 0; i < kInAll + 3; ++i) {
    Remember(writes, DeleteOf(key(i)), kBegan + 1min * (i + 1));
  }
  const WallTime forgotten = kBegan + 8min;
  for (int i = 0; i < kInAll + 3; ++i) {
    const auto verdict = writes.Judge(Removed(key(i), kBegan + 1min * (i + 1) + 1s));
    EXPECT_EQ(verdict, i < 8 ? Verdict::kUnknown : Verdict::kOurs) << i;
  }
  EXPECT_EQ(writes.Judge(Removed("theirs", forgotten + kLanding)), Verdict::kUnknown);
  EXPECT_EQ(writes.Judge(Removed("theirs", forgotten + kLanding + 1s)), Verdict::kForeign);
}

TEST(OwnWrites, AKeyThatIsWrittenAgainAndAgainTakesNoRoom) {
  OwnWrites writes({.since = kBegan, .landing = kLanding, .generations = 2, .per_generation = 8});
  Remember(writes, DeleteOf("first"), kBegan + 1s);
  const std::vector<WriteOp> batch(25, DeleteOf("again"));
  for (int i = 0; i < 100; ++i) writes.Remember(batch, kBegan + 1s * i);
  EXPECT_EQ(writes.Judge(Removed("first", kBegan + 2s)), Verdict::kOurs);
}

TEST(OwnWrites, MoreOpsThanABatchHoldsAreAllRemembered) {
  OwnWrites writes({.since = kBegan, .landing = kLanding});
  std::vector<std::string> keys;
  for (int i = 0; i < 60; ++i) keys.push_back("key" + std::to_string(i));
  std::vector<WriteOp> ops;
  for (const auto& key : keys) ops.push_back(DeleteOf(key));
  writes.Remember(ops, kBegan);
  for (const auto& key : keys) {
    EXPECT_EQ(writes.Judge(Removed(key, kBegan + 1s)), Verdict::kOurs) << key;
  }
}

}  // namespace
}  // namespace ddbsync::replicator
