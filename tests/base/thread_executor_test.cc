#include "base/thread_executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace ddbsync {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// Waits for other threads; gives up after kPatience.
bool Eventually(const std::function<bool()>& condition) {
  const SystemClock clock;
  const TimePoint deadline = clock.Now() + kPatience;
  while (!condition()) {
    if (clock.Now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class FunctionTask final : public Task {
 public:
  explicit FunctionTask(std::function<Next(TimePoint)> step) : step_(std::move(step)) {}
  Next Step(TimePoint now) override { return step_(now); }

 private:
  std::function<Next(TimePoint)> step_;
};

class ThreadExecutorTest : public testing::Test {
 protected:
  std::unique_ptr<ThreadExecutor> WithThreads(int most) {
    return std::make_unique<ThreadExecutor>(clock_,
                                            ThreadExecutor::Options{.max_threads_per_lane = most});
  }
  static std::shared_ptr<Task> Make(std::function<Next(TimePoint)> step) {
    return std::make_shared<FunctionTask>(std::move(step));
  }

  SystemClock clock_;
};

TEST_F(ThreadExecutorTest, NoWakeIsLost) {
  std::atomic<int> produced = 0;
  std::atomic<int> seen = 0;
  auto executor = WithThreads(2);
  const Waker waker = executor->Spawn(Lane::kControl, "consumer", Make([&](TimePoint) {
                                        seen = produced.load();
                                        return Next::WhenWoken();
                                      }));
  constexpr int kProducers = 3;
  for (int round = 1; round <= 300; ++round) {
    std::vector<std::jthread> producers;
    for (int i = 0; i < kProducers; ++i) {
      producers.emplace_back([&] {
        ++produced;
        waker.Wake();
      });
    }
    producers.clear();
    ASSERT_TRUE(Eventually([&] { return seen == round * kProducers; }))
        << seen << " of " << round * kProducers;
  }
}

TEST_F(ThreadExecutorTest, StepsOfOneTaskNeverOverlap) {
  std::atomic<int> inside = 0;
  std::atomic<int> overlaps = 0;
  std::atomic<int> steps = 0;
  auto executor = WithThreads(4);
  const Waker waker = executor->Spawn(Lane::kControl, "task", Make([&](TimePoint) {
                                        if (++inside != 1) ++overlaps;
                                        ++steps;
                                        std::this_thread::yield();
                                        --inside;
                                        return steps % 2 == 0 ? Next::Now() : Next::WhenWoken();
                                      }));
  {
    std::vector<std::jthread> wakers;
    for (int i = 0; i < 3; ++i) {
      wakers.emplace_back([&] {
        EXPECT_TRUE(Eventually([&] {
          waker.Wake();
          return steps > 1000;
        }));
      });
    }
  }
  EXPECT_EQ(overlaps, 0);
}

TEST_F(ThreadExecutorTest, LanesDoNotBlockEachOther) {
  std::latch released(1);
  std::atomic<bool> other_ran = false;
  auto executor = WithThreads(1);
  executor->Spawn(Lane::kBackfillWrite, "hangs", Make([&](TimePoint) {
                    released.wait();
                    return Next::Done();
                  }));
  executor->Spawn(Lane::kCommit, "commits", Make([&](TimePoint) {
                    other_ran = true;
                    return Next::Done();
                  }));
  EXPECT_TRUE(Eventually([&] { return other_ran.load(); }));
  released.count_down();
}

TEST_F(ThreadExecutorTest, ALaneGrowsToItsBoundAndNoFurther) {
  constexpr int kMost = 4;
  std::atomic<int> running = 0;
  std::atomic<int> highest = 0;
  std::atomic<int> finished = 0;
  auto executor = WithThreads(kMost);
  EXPECT_EQ(executor->ThreadCount(Lane::kScan), 0);
  constexpr int kTasks = 4 * kMost;
  for (int i = 0; i < kTasks; ++i) {
    executor->Spawn(
        Lane::kScan, "task", Make([&](TimePoint) {
          const int now_running = ++running;
          int before = highest;
          while (before < now_running && !highest.compare_exchange_weak(before, now_running)) {
          }
          EXPECT_TRUE(Eventually([&] { return highest == kMost; }));
          --running;
          ++finished;
          return Next::Done();
        }));
  }
  EXPECT_TRUE(Eventually([&] { return finished == kTasks; }));
  EXPECT_EQ(highest, kMost);
  EXPECT_EQ(executor->ThreadCount(Lane::kScan), kMost);
  EXPECT_EQ(executor->ThreadCount(Lane::kTailRead), 0);
}

TEST_F(ThreadExecutorTest, ALaneOfOneTaskHasOneThread) {
  std::atomic<int> steps = 0;
  auto executor = WithThreads(8);
  executor->Spawn(Lane::kCommit, "task", Make([&](TimePoint now) {
                    ++steps;
                    return steps % 2 == 0 ? Next::Now()
                                          : Next::At(now + std::chrono::microseconds(100));
                  }));
  EXPECT_TRUE(Eventually([&] { return steps > 100; }));
  EXPECT_EQ(executor->ThreadCount(Lane::kCommit), 1);
}

TEST_F(ThreadExecutorTest, StopWaitsForTheStepInHandAndStartsNoOther) {
  std::latch entered(1);
  std::latch leave(1);
  std::atomic<bool> left = false;
  std::atomic<int> others = 0;
  auto executor = WithThreads(1);
  executor->Spawn(Lane::kControl, "in hand", Make([&](TimePoint) {
                    entered.count_down();
                    leave.wait();
                    left = true;
                    return Next::Now();
                  }));
  entered.wait();
  executor->Spawn(Lane::kControl, "waits", Make([&](TimePoint) {
                    ++others;
                    return Next::Done();
                  }));
  std::atomic<bool> stopped = false;
  std::jthread stopper([&] {
    executor->Stop();
    EXPECT_TRUE(left);
    stopped = true;
  });
  EXPECT_TRUE(Eventually([&] { return executor->ThreadCount(Lane::kControl) == 0; }));
  EXPECT_FALSE(stopped);
  leave.count_down();
  stopper.join();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(others, 0);
  EXPECT_EQ(executor->ThreadCount(Lane::kControl), 0);
  executor->Stop();
}

TEST_F(ThreadExecutorTest, ATaskIsLetGoWhenItIsDone) {
  auto executor = WithThreads(1);
  auto task = Make([](TimePoint) { return Next::Done(); });
  const std::weak_ptr<Task> watched = task;
  const Waker waker = executor->Spawn(Lane::kControl, "task", std::move(task));
  EXPECT_TRUE(Eventually([&] { return watched.expired(); }));
  waker.Wake();
}

TEST_F(ThreadExecutorTest, AllTasksAreLetGoByStop) {
  auto executor = WithThreads(1);
  std::vector<std::weak_ptr<Task>> watched;
  for (int i = 0; i < 10; ++i) {
    auto task = Make([i](TimePoint now) {
      return i % 2 == 0 ? Next::WhenWoken() : Next::At(now + std::chrono::hours(1));
    });
    watched.push_back(task);
    executor->Spawn(Lane::kControl, "task", std::move(task));
  }
  executor->Stop();
  EXPECT_TRUE(std::ranges::all_of(watched, [](const auto& task) { return task.expired(); }));
}

TEST_F(ThreadExecutorTest, ATaskIsHeldWhileItWaits) {
  auto executor = WithThreads(1);
  std::atomic<int> steps = 0;
  auto task = Make([&](TimePoint) {
    ++steps;
    return Next::WhenWoken();
  });
  const std::weak_ptr<Task> watched = task;
  const Waker waker = executor->Spawn(Lane::kControl, "task", std::move(task));
  ASSERT_TRUE(Eventually([&] { return steps == 1; }));
  EXPECT_FALSE(watched.expired());
  waker.Wake();
  EXPECT_TRUE(Eventually([&] { return steps == 2; }));
}

TEST_F(ThreadExecutorTest, ATaskMayWakeOthersFromItsDestructor) {
  struct WakesAtItsEnd final : Task {
    explicit WakesAtItsEnd(Waker waker) : other(std::move(waker)) {}
    ~WakesAtItsEnd() override { other.Wake(); }
    Next Step(TimePoint) override { return Next::WhenWoken(); }
    Waker other;
  };
  auto executor = WithThreads(1);
  Waker last;
  for (int i = 0; i < 3; ++i) {
    last = executor->Spawn(Lane::kControl, "task", std::make_shared<WakesAtItsEnd>(last));
  }
  executor->Stop();
  last.Wake();
  executor.reset();
  last.Wake();
}

TEST_F(ThreadExecutorTest, NothingRunsAfterStop) {
  auto executor = WithThreads(1);
  executor->Stop();
  std::atomic<int> steps = 0;
  auto task = Make([&](TimePoint) {
    ++steps;
    return Next::Done();
  });
  const std::weak_ptr<Task> watched = task;
  executor->Spawn(Lane::kControl, "late", std::move(task)).Wake();
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(executor->ThreadCount(Lane::kControl), 0);
  EXPECT_EQ(steps, 0);
}

TEST_F(ThreadExecutorTest, ATaskIsNotRunBeforeItIsDue) {
  std::atomic<int> early = 0;
  std::atomic<int> steps = 0;
  TimePoint due;
  auto executor = WithThreads(2);
  executor->Spawn(Lane::kControl, "task", Make([&](TimePoint now) {
                    if (now < due) ++early;
                    due = now + std::chrono::milliseconds(2);
                    return ++steps == 20 ? Next::Done() : Next::At(due);
                  }));
  EXPECT_TRUE(Eventually([&] { return steps == 20; }));
  EXPECT_EQ(early, 0);
}

TEST_F(ThreadExecutorTest, AWakeBringsADistantTaskForward) {
  std::atomic<int> steps = 0;
  auto executor = WithThreads(1);
  const Waker waker = executor->Spawn(Lane::kControl, "task", Make([&](TimePoint now) {
                                        ++steps;
                                        return Next::At(now + std::chrono::hours(1));
                                      }));
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(Eventually([&] { return steps == i; }));
    waker.Wake();
  }
}

TEST_F(ThreadExecutorTest, ABusyTaskDoesNotStarveThoseThatAreDue) {
  std::atomic<int> timed = 0;
  auto executor = WithThreads(1);
  executor->Spawn(Lane::kControl, "busy", Make([](TimePoint) { return Next::Now(); }));
  executor->Spawn(Lane::kControl, "timed", Make([&](TimePoint now) {
                    ++timed;
                    return Next::At(now + std::chrono::microseconds(100));
                  }));
  EXPECT_TRUE(Eventually([&] { return timed >= 50; }));
}

TEST_F(ThreadExecutorTest, TasksThatAreDueTogetherRunTogether) {
  constexpr int kRounds = 20;
  std::atomic<int> entered = 0;
  auto executor = WithThreads(2);
  const TimePoint begin = clock_.Now();
  for (int i = 0; i < 2; ++i) {
    executor->Spawn(Lane::kControl, "task", Make([&, round = 0](TimePoint) mutable {
                      ++round;
                      ++entered;
                      EXPECT_TRUE(Eventually([&] { return entered >= 2 * round; }));
                      if (round == kRounds) return Next::Done();
                      return Next::At(begin + round * std::chrono::milliseconds(5));
                    }));
  }
  EXPECT_TRUE(Eventually([&] { return entered == 2 * kRounds; }));
}

TEST_F(ThreadExecutorTest, WhatBecomesDueBehindAStuckTaskIsNotLate) {
  constexpr int kRounds = 15;
  constexpr std::chrono::milliseconds kPause{20};
  std::atomic<int> timed = 0;
  Duration late{};
  TimePoint due;
  auto executor = WithThreads(2);
  // Both threads rest, and for nothing, before a task comes with another behind it.
  std::atomic<int> met = 0;
  const auto meet = [&](TimePoint) {
    ++met;
    EXPECT_TRUE(Eventually([&] { return met >= 2; }));
    return Next::Done();
  };
  executor->Spawn(Lane::kControl, "meets", Make(meet));
  executor->Spawn(Lane::kControl, "meets", Make(meet));
  ASSERT_TRUE(Eventually([&] { return met == 2; }));
  for (int round = 0; round < kRounds; ++round) {
    std::latch scheduled(1);
    executor->Spawn(Lane::kControl, "timed", Make([&, first = true](TimePoint now) mutable {
                      if (std::exchange(first, false)) {
                        due = now + kPause;
                        scheduled.count_down();
                        return Next::At(due);
                      }
                      late += now - due;
                      ++timed;
                      return Next::Done();
                    }));
    scheduled.wait();
    // The first watch rests for it by now.
    const TimePoint resting = clock_.Now() + kPause / 4;
    ASSERT_TRUE(Eventually([&] { return clock_.Now() >= resting; }));
    executor->Spawn(Lane::kControl, "stuck", Make([&timed, round](TimePoint) {
                      EXPECT_TRUE(Eventually([&] { return timed > round; }));
                      return Next::Done();
                    }));
    ASSERT_TRUE(Eventually([&] { return timed > round; }));
  }
  EXPECT_LT(late / kRounds, Duration(limits::kLongestIdleWait) / 4);
}

TEST_F(ThreadExecutorTest, ALaneGrowsForATaskThatBecomesDueWhileAnotherIsStuck) {
  std::atomic<int> entered = 0;
  auto executor = WithThreads(2);
  for (int i = 0; i < 2; ++i) {
    std::atomic<bool> has_begun = false;
    executor->Spawn(Lane::kControl, "task", Make([&, first = true](TimePoint now) mutable {
                      if (std::exchange(first, false)) {
                        has_begun = true;
                        return Next::At(now + std::chrono::milliseconds(50));
                      }
                      ++entered;
                      EXPECT_TRUE(Eventually([&] { return entered == 2; }));
                      return Next::Done();
                    }));
    ASSERT_TRUE(Eventually([&] { return has_begun.load(); }));
    // The thread has to be idle again, or the lane grows for the second task already.
    clock_.SleepFor(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(Eventually([&] { return entered == 2; }));
}

TEST_F(ThreadExecutorTest, ATaskCanWakeItself) {
  struct WakesItself final : Task {
    Next Step(TimePoint) override {
      waker().Wake();
      return ++steps == 10 ? Next::Done() : Next::WhenWoken();
    }
    std::atomic<int> steps = 0;
  };
  auto task = std::make_shared<WakesItself>();
  auto executor = WithThreads(2);
  executor->Spawn(Lane::kControl, "task", task);
  EXPECT_TRUE(Eventually([&] { return task->steps == 10; }));
}

TEST(ThreadExecutorDeathTest, ATaskThatThrowsIsNamedAndEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        const SystemClock clock;
        ThreadExecutor executor(clock, {.max_threads_per_lane = 1});
        executor.Spawn(Lane::kControl, "the culprit",
                       std::make_shared<FunctionTask>(
                           [](TimePoint) -> Next { throw std::runtime_error("what it threw"); }));
        executor.Spawn(Lane::kControl, "other",
                       std::make_shared<FunctionTask>([](TimePoint) { return Next::Now(); }));
        SystemClock().SleepFor(kPatience);
      },
      "task_threw: what it threw task=\"the culprit\"");
}

}  // namespace
}  // namespace ddbsync
