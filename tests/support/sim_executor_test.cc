#include "tests/support/sim_executor.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "tests/support/fake_transport.h"

namespace ddbsync::fake {
namespace {

using namespace std::chrono_literals;

/// A task made of a function.
class Steps final : public Task {
 public:
  explicit Steps(std::function<Next(TimePoint)> step) : step_(std::move(step)) {}
  Next Step(TimePoint now) override { return step_(now); }

 private:
  std::function<Next(TimePoint)> step_;
};

std::shared_ptr<Task> MakeTask(std::function<Next(TimePoint)> step) {
  return std::make_shared<Steps>(std::move(step));
}

TEST(SimExecutor, StepsThatSleepOverlap) {
  SimExecutor executor(1);
  const TimePoint start = executor.clock().Now();
  int sleeping = 0;
  int most = 0;
  for (int i = 0; i < 10; ++i) {
    executor.Spawn(Lane::kScan, "sleeper", MakeTask([&](TimePoint) {
                     most = std::max(most, ++sleeping);
                     executor.SuspendFor(1s);
                     --sleeping;
                     return Next::Done();
                   }));
  }
  executor.RunFor(1s);
  EXPECT_EQ(most, 10);
  EXPECT_EQ(sleeping, 0);
  EXPECT_EQ(executor.clock().Now() - start, 1s);
}

TEST(SimExecutor, WakeDuringAStepMakesItRunOnceMore) {
  SimExecutor executor(1);
  int runs = 0;
  const Waker waker = executor.Spawn(Lane::kScan, "woken", MakeTask([&](TimePoint) {
                                       ++runs;
                                       executor.SuspendFor(1s);
                                       return Next::WhenWoken();
                                     }));
  executor.RunFor(500ms);
  waker.Wake();
  executor.RunFor(10s);
  EXPECT_EQ(runs, 2);
}

TEST(SimExecutor, TimeJumpsToWhatIsDueNext) {
  SimExecutor executor(1);
  const TimePoint start = executor.clock().Now();
  TimePoint second_step{};
  executor.Spawn(Lane::kScan, "patient", MakeTask([&](TimePoint now) {
                   if (now == start) return Next::At(now + 60h);
                   second_step = now;
                   return Next::Done();
                 }));
  EXPECT_EQ(executor.RunUntil([&] { return second_step != TimePoint{}; }, start + 100h),
            SimExecutor::Ended::kDone);
  EXPECT_EQ(second_step - start, 60h);
}

/// The order in which ten tasks of equal standing ran.
std::vector<int> OrderFor(uint64_t seed, uint64_t& trace) {
  std::vector<int> order;
  SimExecutor executor(seed);
  for (int i = 0; i < 10; ++i) {
    executor.Spawn(Lane::kScan, "task" + std::to_string(i), MakeTask([&, i](TimePoint) {
                     order.push_back(i);
                     return Next::Done();
                   }));
  }
  executor.RunFor(1s);
  trace = executor.trace();
  return order;
}

TEST(SimExecutor, SeedDecidesTheOrderAndNothingElse) {
  std::array<uint64_t, 3> traces{};
  const auto first = OrderFor(1, traces[0]);
  EXPECT_EQ(first, OrderFor(1, traces[1]));
  EXPECT_EQ(traces[0], traces[1]);
  EXPECT_NE(first, OrderFor(2, traces[2]));
  EXPECT_NE(traces[0], traces[2]);
}

TEST(SimExecutor, CrashFreesWhatSuspendedStepsOwnAndDropsTheRest) {
  SimExecutor executor(1);
  auto owned = std::make_shared<int>(1);
  bool went_on = false;
  executor.Spawn(Lane::kScan, "suspended", MakeTask([&](TimePoint) {
                   const std::shared_ptr<int> held = owned;
                   const std::string on_heap(1000, 'x');
                   executor.SuspendFor(1h);
                   went_on = true;
                   return Next::Done();
                 }));
  executor.Spawn(Lane::kScan, "waiting",
                 MakeTask([held = owned](TimePoint now) { return Next::At(now + 1h); }));
  executor.RunFor(1s);
  EXPECT_EQ(owned.use_count(), 3);
  executor.Crash();
  EXPECT_EQ(owned.use_count(), 1);
  executor.Restart();
  executor.RunFor(2h);
  EXPECT_FALSE(went_on);
}

TEST(SimExecutor, ExceptionsOfInterleavedStepsStayApart) {
  SimExecutor executor(1);
  std::vector<std::string> caught;
  for (const char* name : {"first", "second"}) {
    executor.Spawn(Lane::kScan, name, MakeTask([&, name](TimePoint) {
                     try {
                       throw std::runtime_error(name);
                     } catch (const std::runtime_error&) {
                       executor.SuspendFor(1s);
                       try {
                         throw;
                       } catch (const std::runtime_error& again) {
                         if (std::string(name) == again.what()) caught.push_back(name);
                       }
                     }
                     return Next::Done();
                   }));
  }
  executor.RunFor(2s);
  EXPECT_EQ(caught.size(), 2U);
}

TEST(SimExecutorDeathTest, SwallowingTheCrashIsNoticed) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        SimExecutor executor(1);
        executor.Spawn(Lane::kScan, "swallows", MakeTask([&](TimePoint) {
                         try {
                           executor.SuspendFor(1h);
                         } catch (...) {
                         }
                         return Next::Done();
                       }));
        executor.RunFor(1s);
        executor.Crash();
      },
      "check failed");
}

TEST(SimExecutor, PowerCutStopsTheRunAndTheNetworkAtOnce) {
  SimExecutor executor(1);
  FakeDynamoDb service(executor.clock(), {});
  FakeTransport transport(service, executor.sleeping_clock(),
                          {.is_up = [&] { return executor.powered(); }});
  executor.Spawn(Lane::kScan, "cutter", MakeTask([&](TimePoint) {
                   executor.CutPower();
                   const aws::HttpRequest request{
                       "http://x/", {{"X-Amz-Target", "DynamoDB_20120810.ListTables"}}, "{}", 1s};
                   EXPECT_EQ(transport.Send(request).error().code, ErrorCode::kCancelled);
                   return Next::Now();
                 }));
  EXPECT_EQ(executor.RunFor(1h), SimExecutor::Ended::kPowerCut);
  executor.Crash();
  EXPECT_TRUE(service.Counts().empty());
}

TEST(SimExecutor, RequestOnTheWireArrivesThoughItsSenderDied) {
  SimExecutor executor(1);
  FakeDynamoDb service(executor.clock(), {});
  FakeTransport transport(service, executor.sleeping_clock(),
                          {.max_request_delay = 10s, .is_up = [&] { return executor.powered(); }});
  service.SetAlarm([&](TimePoint at) { executor.At(at, [&] { service.Land(); }); });
  executor.Spawn(Lane::kScan, "sender", MakeTask([&](TimePoint) {
                   const aws::HttpRequest request{
                       "http://x/", {{"X-Amz-Target", "DynamoDB_20120810.ListTables"}}, "{}", 60s};
                   (void)transport.Send(request);
                   return Next::Done();
                 }));
  executor.RunSteps(1, executor.clock().Now() + 1h);
  executor.Crash();
  EXPECT_TRUE(service.Counts().empty());
  executor.RunWorldFor(10s);
  EXPECT_EQ(service.Counts()["ListTables"], 1U);
}

}  // namespace
}  // namespace ddbsync::fake
