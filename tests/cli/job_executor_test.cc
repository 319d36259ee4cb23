#include "cli/job_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/thread_executor.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;

/// Runs again and again, until it is let go of.
class Endless final : public Task {
 public:
  Endless(std::atomic<int>& steps, std::atomic<int>& alive) : steps_(steps), alive_(alive) {
    ++alive_;
  }
  ~Endless() override { --alive_; }
  Next Step(TimePoint now) override {
    ++steps_;
    return Next::At(now + std::chrono::milliseconds(1));
  }

 private:
  std::atomic<int>& steps_;
  std::atomic<int>& alive_;
};

class Calls final : public Task {
 public:
  explicit Calls(std::function<void(const Waker&)> call) : call_(std::move(call)) {}
  Next Step(TimePoint) override {
    call_(waker());
    return Next::Done();
  }

 private:
  std::function<void(const Waker&)> call_;
};

class JobExecutorTest : public ::testing::Test {
 protected:
  static void WaitFor(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::yield();
  }

  SystemClock clock_;
  ThreadExecutor shared_{clock_, {}};
};

TEST_F(JobExecutorTest, OnceClosedNothingOfTheJobIsLeftAndOthersGoOn) {
  std::atomic<int> steps{0}, alive{0}, other_steps{0}, other_alive{0};
  JobExecutor job(shared_, "a"), other(shared_, "b");
  for (int i = 0; i < 100; ++i) {
    job.Spawn(Lane::kScan, "endless", std::make_shared<Endless>(steps, alive));
  }
  other.Spawn(Lane::kScan, "endless", std::make_shared<Endless>(other_steps, other_alive));
  WaitFor([&] { return steps > 200; });
  job.Close();
  EXPECT_EQ(alive, 0);
  const int after = steps;
  const int others_after = other_steps;
  WaitFor([&] { return other_steps > others_after + 10; });
  EXPECT_EQ(steps, after);
  job.Spawn(Lane::kScan, "late", std::make_shared<Endless>(steps, alive)).Wake();
  EXPECT_EQ(alive, 0);
  shared_.Stop();
}

TEST_F(JobExecutorTest, CloseWaitsForTheStepInHand) {
  JobExecutor job(shared_, "");
  std::promise<void> begun, release;
  std::atomic<bool> ended{false};
  job.Spawn(Lane::kControl, "slow", std::make_shared<Calls>([&](const Waker&) {
              begun.set_value();
              release.get_future().wait();
              ended = true;
            }));
  begun.get_future().wait();
  auto closed = std::async(std::launch::async, [&] {
    job.Close();
    return ended.load();
  });
  EXPECT_EQ(closed.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  release.set_value();
  EXPECT_TRUE(closed.get());
}

TEST_F(JobExecutorTest, ATaskIsWokenByTheWakerThatItWasGiven) {
  class Sleeper final : public Task {
   public:
    explicit Sleeper(std::atomic<int>& steps) : steps_(steps) {}
    Next Step(TimePoint) override {
      if (++steps_ == 1) {
        std::thread([waker = waker()] { waker.Wake(); }).join();
        return Next::WhenWoken();
      }
      return Next::Done();
    }

   private:
    std::atomic<int>& steps_;
  };
  std::atomic<int> steps{0};
  JobExecutor job(shared_, "");
  job.Spawn(Lane::kControl, "sleeper", std::make_shared<Sleeper>(steps));
  WaitFor([&] { return steps == 2; });
  shared_.Stop();
}

std::string g_line;

TEST_F(JobExecutorTest, WhatATaskLogsSaysWhoseItIs) {
  SetLogSink([](std::string_view line) { g_line = line; });
  for (const auto& [log_as, wanted] :
       {std::pair{"a-b", " job=a-b shard=s"}, {"", "event shard=s"}}) {
    JobExecutor job(shared_, log_as);
    std::promise<void> logged;
    job.Spawn(Lane::kControl, "log", std::make_shared<Calls>([&](const Waker&) {
                Log(LogLevel::kWarning, "event", "", {{"shard", "s"}});
                logged.set_value();
              }));
    logged.get_future().wait();
    EXPECT_THAT(g_line, HasSubstr(wanted));
  }
  SetLogSink(nullptr);
}

}  // namespace
}  // namespace ddbsync::cli
