#include "base/large_buffers.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"

namespace ddbsync {
namespace {

constexpr size_t kLarge = limits::kLargeBufferBytes;

/// What other tests have left is taken first.
class LargeBuffers : public testing::Test {
 protected:
  void SetUp() override {
    for (size_t size = kLarge; KeptBufferBytes() > 0; size += size / 2) {
      for (size_t before = 0; before != KeptBufferBytes();) {
        before = KeptBufferBytes();
        taken_.push_back(TakeBuffer(size));
      }
    }
    taken_.clear();
  }

 private:
  std::vector<std::string> taken_;
};

TEST_F(LargeBuffers, AKeptOneIsTakenAgainAndIsEmpty) {
  std::string first = TakeBuffer(kLarge);
  first = "content that is longer than a short string may be";
  const char* const where = first.data();
  KeepBuffer(std::move(first));
  EXPECT_GE(KeptBufferBytes(), kLarge);
  const std::string second = TakeBuffer(kLarge);
  EXPECT_EQ(second.data(), where);
  EXPECT_TRUE(second.empty());
  EXPECT_EQ(KeptBufferBytes(), 0U);
}

TEST_F(LargeBuffers, ASmallOneIsFreed) {
  KeepBuffer(TakeBuffer(kLarge / 2));
  EXPECT_EQ(KeptBufferBytes(), 0U);
}

TEST_F(LargeBuffers, OneMuchLargerThanAskedForIsLeftForOthers) {
  KeepBuffer(TakeBuffer(8 * kLarge));
  const std::string taken = TakeBuffer(2 * kLarge);
  EXPECT_LT(taken.capacity(), 8 * kLarge);
  EXPECT_GE(KeptBufferBytes(), 8 * kLarge);
  EXPECT_GE(TakeBuffer(7 * kLarge).capacity(), 8 * kLarge);
  EXPECT_EQ(KeptBufferBytes(), 0U);
}

TEST_F(LargeBuffers, NoMoreAreKeptThanTheBounds) {
  for (const size_t size : {kLarge, limits::kKeptBufferBytes / 3}) {
    SetUp();
    std::vector<std::string> many;
    for (size_t i = 0; i < 2 * limits::kKeptBuffers; ++i) many.push_back(TakeBuffer(size));
    for (std::string& each : many) KeepBuffer(std::move(each));
    EXPECT_LE(KeptBufferBytes(), limits::kKeptBufferBytes);
    EXPECT_LE(KeptBufferBytes() / size, limits::kKeptBuffers);
    EXPECT_GE(KeptBufferBytes(), 2 * size);
  }
  KeepBuffer(TakeBuffer(limits::kKeptBufferBytes + 1));
  EXPECT_LE(KeptBufferBytes(), limits::kKeptBufferBytes);
}

TEST_F(LargeBuffers, NoTwoHaveTheSame) {
  std::vector<std::jthread> users;
  for (int i = 0; i < 4; ++i) {
    users.emplace_back([i] {
      for (int round = 0; round < 200; ++round) {
        std::string mine = TakeBuffer(kLarge);
        mine.assign(1000, static_cast<char>('a' + i));
        std::this_thread::yield();
        EXPECT_EQ(mine, std::string(1000, static_cast<char>('a' + i)));
        KeepBuffer(std::move(mine));
      }
    });
  }
}

}  // namespace
}  // namespace ddbsync
