#include "replicator/fence.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

namespace ddbsync::replicator {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{std::chrono::hours(1)};

class FenceTest : public ::testing::Test {
 protected:
  static Fence::Verdict Admit(Fence& fence, std::string_view key, const FencedRead& read) {
    std::array candidates{Fence::Candidate{key, read.counter()}};
    fence.Admit(candidates);
    return candidates[0].verdict;
  }
  static bool Touch(Fence& fence, std::string_view key, const Waker& waker = {},
                    TimePoint now = kNow) {
    return fence.Touch({&key, 1}, now, waker);
  }
  static void Release(Fence& fence, std::string_view key) { fence.Release({&key, 1}); }

  Fence fence_{{.max_bytes = 1 << 20, .eventual_margin = Duration::zero()}};
};

TEST_F(FenceTest, AdmitsAKeyThatNobodyTouched) {
  const FencedRead read = fence_.BeginRead();
  EXPECT_EQ(Admit(fence_, "a", read), Fence::Verdict::kAdmitted);
}

TEST_F(FenceTest, DropsAKeyThatWasTouchedSinceTheReadBegan) {
  const FencedRead read = fence_.BeginRead();
  EXPECT_TRUE(Touch(fence_, "a"));
  EXPECT_EQ(Admit(fence_, "a", read), Fence::Verdict::kTouched);
  EXPECT_EQ(Admit(fence_, "b", read), Fence::Verdict::kAdmitted);
}

TEST_F(FenceTest, AdmitsAKeyThatWasTouchedBeforeTheReadBegan) {
  const FencedRead older = fence_.BeginRead();
  EXPECT_TRUE(Touch(fence_, "a"));
  const FencedRead read = fence_.BeginRead();
  EXPECT_EQ(Admit(fence_, "a", read), Fence::Verdict::kAdmitted);
}

TEST_F(FenceTest, KnowsWhetherAKeyMayHaveBeenTouched) {
  const FencedRead older = fence_.BeginRead();
  EXPECT_TRUE(Touch(fence_, "a"));
  const FencedRead read = fence_.BeginRead();
  EXPECT_FALSE(fence_.MayHaveBeenTouched("a", read));
  EXPECT_TRUE(fence_.MayHaveBeenTouched("a", older));
  EXPECT_EQ(fence_.AdmitRepair("b", read.counter(), kNow), Fence::Verdict::kAdmitted);
  EXPECT_TRUE(fence_.MayHaveBeenTouched("b", read));
  Release(fence_, "b");
  EXPECT_TRUE(fence_.MayHaveBeenTouched("b", read));
}

TEST_F(FenceTest, WhatItForgotMayHaveBeenTouched) {
  Fence fence({.max_bytes = 1000, .eventual_margin = Duration::zero()});
  const FencedRead read = fence.BeginRead();
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(Touch(fence, "key" + std::to_string(i)));
  }
  EXPECT_TRUE(fence.MayHaveBeenTouched("another", read));
}

TEST_F(FenceTest, ChecksAgainAtEachAttempt) {
  const FencedRead read = fence_.BeginRead();
  ASSERT_EQ(Admit(fence_, "a", read), Fence::Verdict::kAdmitted);
  Release(fence_, "a");
  EXPECT_TRUE(Touch(fence_, "a"));
  EXPECT_EQ(Admit(fence_, "a", read), Fence::Verdict::kTouched);
}

TEST_F(FenceTest, TailWaitsForAFencedWriteOnTheWireAndIsWokenByItsAnswer) {
  const FencedRead read = fence_.BeginRead();
  ASSERT_EQ(Admit(fence_, "a", read), Fence::Verdict::kAdmitted);
  int wakes = 0;
  const Waker waker([&] { ++wakes; });
  EXPECT_FALSE(Touch(fence_, "a", waker));
  EXPECT_EQ(wakes, 0);
  Release(fence_, "a");
  EXPECT_EQ(wakes, 1);
  EXPECT_TRUE(Touch(fence_, "a", waker));
}

TEST_F(FenceTest, TailThatWaitsHasAlreadyTouchedTheKey) {
  const FencedRead read = fence_.BeginRead();
  ASSERT_EQ(Admit(fence_, "a", read), Fence::Verdict::kAdmitted);
  EXPECT_FALSE(Touch(fence_, "a"));
  Release(fence_, "a");
  EXPECT_EQ(Admit(fence_, "a", read), Fence::Verdict::kTouched);
}

TEST_F(FenceTest, TwoFencedWritesOfAKeyDoNotOverlap) {
  const FencedRead first = fence_.BeginRead();
  const FencedRead second = fence_.BeginRead();
  ASSERT_EQ(Admit(fence_, "a", first), Fence::Verdict::kAdmitted);
  EXPECT_EQ(Admit(fence_, "a", second), Fence::Verdict::kBusy);
  Release(fence_, "a");
  EXPECT_EQ(Admit(fence_, "a", second), Fence::Verdict::kAdmitted);
}

TEST_F(FenceTest, ARepairSupersedesOlderReads) {
  const FencedRead old_page = fence_.BeginRead();
  const FencedRead repair = fence_.BeginRead();
  ASSERT_EQ(fence_.AdmitRepair("a", repair.counter(), kNow), Fence::Verdict::kAdmitted);
  Release(fence_, "a");
  EXPECT_EQ(Admit(fence_, "a", old_page), Fence::Verdict::kTouched);
}

TEST_F(FenceTest, RemembersNothingWhileNothingIsRead) {
  EXPECT_TRUE(Touch(fence_, "a"));
  EXPECT_EQ(fence_.touched_bytes(), 0u);
}

TEST_F(FenceTest, ForgetsTouchesOlderThanTheOldestRead) {
  auto first = std::make_unique<FencedRead>(fence_.BeginRead());
  EXPECT_TRUE(Touch(fence_, "a"));
  const FencedRead second = fence_.BeginRead();
  EXPECT_TRUE(Touch(fence_, "b"));
  const size_t both = fence_.touched_bytes();
  first.reset();
  EXPECT_LT(fence_.touched_bytes(), both);
  EXPECT_EQ(Admit(fence_, "b", second), Fence::Verdict::kTouched);
}

TEST_F(FenceTest, PastItsCapOldReadsAreStaleAndNewOnesAreJudgedRight) {
  Fence fence({.max_bytes = 1000, .eventual_margin = Duration::zero()});
  const FencedRead old_read = fence.BeginRead();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Touch(fence, "key" + std::to_string(i)));
  EXPECT_EQ(Admit(fence, "never touched", old_read), Fence::Verdict::kStale);
  EXPECT_LE(fence.touched_bytes(), 2000u);
  const FencedRead new_read = fence.BeginRead();
  EXPECT_EQ(Admit(fence, "key1", new_read), Fence::Verdict::kAdmitted);
  EXPECT_TRUE(Touch(fence, "key2"));
  EXPECT_EQ(Admit(fence, "key2", new_read), Fence::Verdict::kTouched);
}

class EventualFence : public FenceTest {
 protected:
  static void ExpectAdmitted(Fence& fence, std::string_view key,
                             const std::optional<FencedRead>& read) {
    ASSERT_TRUE(read);
    ASSERT_EQ(Admit(fence, key, *read), Fence::Verdict::kAdmitted);
    Release(fence, key);
  }
};

TEST_F(EventualFence, AReadMayReturnWhatWasTrueBeforeARecentTouch) {
  Fence fence({.max_bytes = 1 << 20, .eventual_margin = 60s});
  const std::string_view key = "a";
  EXPECT_TRUE(fence.Touch({&key, 1}, kNow, {}));
  {
    const auto soon = fence.BeginEventualRead(kNow + 59s);
    ASSERT_TRUE(soon);
    EXPECT_EQ(Admit(fence, key, *soon), Fence::Verdict::kTouched);
  }
  ExpectAdmitted(fence, key, fence.BeginRead());
  ExpectAdmitted(fence, key, fence.BeginEventualRead(kNow + 61s));
}

TEST_F(EventualFence, WhatAProcessBeforeHasDoneIsNotKnownForAWhile) {
  Fence fence({.max_bytes = 1 << 20, .eventual_margin = 60s, .eventual_from = kNow + 60s});
  EXPECT_FALSE(fence.BeginEventualRead(kNow + 59s));
  EXPECT_TRUE(fence.BeginEventualRead(kNow + 60s));
}

TEST_F(EventualFence, AfterTheFloorRoseOnlyConsistentReadsAreJudgedUntilTheMarginHasPassed) {
  Fence fence({.max_bytes = 1000, .eventual_margin = 60s});
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    const std::string_view view = key;
    EXPECT_TRUE(fence.Touch({&view, 1}, kNow, {}));
  }
  const std::string_view key = "key5";
  EXPECT_FALSE(fence.BeginEventualRead(kNow + 1s));
  ExpectAdmitted(fence, key, fence.BeginRead());
  ExpectAdmitted(fence, key, fence.BeginEventualRead(kNow + 61s));
}

TEST_F(EventualFence, WhatItsReadsNeedIsGivenUpBeforeWhatConsistentOnesDo) {
  constexpr Duration kPause = 600s;
  Fence fence({.max_bytes = 1000, .eventual_margin = 60s, .eventual_pause = kPause});
  const auto touch = [&](const std::string& key, TimePoint now) {
    EXPECT_TRUE(Touch(fence, key, {}, now));
  };
  const auto eventual = fence.BeginEventualRead(kNow);
  ASSERT_TRUE(eventual);
  for (int i = 0; i < 5; ++i) touch("before" + std::to_string(i), kNow);
  {
    const FencedRead consistent = fence.BeginRead();
    for (int i = 0; i < 3; ++i) touch("since" + std::to_string(i), kNow);
    EXPECT_EQ(fence.eventual_pauses(), 1);
    EXPECT_EQ(Admit(fence, "other", *eventual), Fence::Verdict::kStale);
    EXPECT_EQ(Admit(fence, "since0", consistent), Fence::Verdict::kTouched);
    EXPECT_EQ(Admit(fence, "other", consistent), Fence::Verdict::kAdmitted);
    Release(fence, "other");
  }
  EXPECT_EQ(fence.touched_bytes(), 0u);
  touch("meanwhile", kNow + kPause - 10s);
  EXPECT_EQ(fence.touched_bytes(), 0u) << "nobody reads, and it is not yet near";
  // Remembered again a margin before the next may begin.
  touch("near", kNow + kPause + 30s);
  EXPECT_FALSE(fence.BeginEventualRead(kNow + kPause + 59s));
  const auto next = fence.BeginEventualRead(kNow + kPause + 60s);
  ASSERT_TRUE(next);
  EXPECT_EQ(Admit(fence, "near", *next), Fence::Verdict::kTouched);
  EXPECT_EQ(Admit(fence, "meanwhile", *next), Fence::Verdict::kAdmitted);
}

TEST_F(FenceTest, WithoutAMarginNoReadIsEventuallyConsistent) {
  EXPECT_FALSE(fence_.BeginEventualRead(kNow));
}

}  // namespace
}  // namespace ddbsync::replicator
