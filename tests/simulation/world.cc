#include "tests/simulation/world.h"

#include <array>
#include <string>

#include "base/error.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using fake::MemoryDisk;
using fake::OperationClass;

constexpr uint64_t kChanceSeed = 0xc4a5;

}  // namespace

World::World(const Scenario& scenario)
    : scenario_(scenario),
      chance_(scenario.seed ^ kChanceSeed),
      machine_({.seed = scenario.seed, .max_start_delay = scenario.longest_start_delay}),
      source_(machine_.clock(), scenario.source),
      target_(machine_.clock(), scenario.target) {
  for (fake::FakeDynamoDb* service : {&source_, &target_}) {
    service->SetAlarm(
        [this, service](TimePoint at) { machine_.At(at, [service] { service->Land(); }); });
  }
}

Surroundings World::Outside() {
  return {machine_, disk_, source_, target_, scenario_.longest_delay};
}

void World::MakeTables() {
  const auto create = [](fake::FakeDynamoDb& service, const char* name, const std::string& more) {
    const auto reply = service.Handle(
        "DynamoDB_20120810.CreateTable",
        R"({"TableName":")" + std::string(name) +
            R"(","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
            R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
            R"("BillingMode":"PAY_PER_REQUEST")" +
            more + "}");
    DDBSYNC_CHECK(reply.status == 200);
  };
  create(source_, "source",
         R"(,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":")" +
             std::string(scenario_.view) + R"("})");
  create(target_, "target", "");
}

void World::SetFaults() {
  source_.faults().SetRates(OperationClass::kRead, scenario_.source_read_faults);
  source_.faults().SetRates(OperationClass::kStream, scenario_.stream_faults);
  source_.faults().SetRates(OperationClass::kControl, scenario_.control_faults);
  target_.faults().SetRates(OperationClass::kWrite, scenario_.target_write_faults);
  target_.faults().SetRates(OperationClass::kControl, scenario_.control_faults);
  target_.faults().SetLateBound(scenario_.late_bound);
  disk_.SetJudge([this](MemoryDisk::Operation, const std::string&) {
    const MemoryDisk::Fate fate = JudgeDisk();
    const bool cuts = fate == MemoryDisk::Fate::kCutBefore || fate == MemoryDisk::Fate::kCutTorn ||
                      fate == MemoryDisk::Fate::kCutAfter;
    if (cuts) machine_.CutPower();
    return fate;
  });
  if (scenario_.wall_clock_jumps) {
    machine_.At(Now() + scenario_.writing / 3, [this] { machine_.JumpWallClock(-2h); });
    machine_.At(Now() + scenario_.writing / 2, [this] { machine_.JumpWallClock(26h); });
  }
}

MemoryDisk::Fate World::JudgeDisk() {
  const uint64_t operation = disk_operations_++;
  const auto& planned = scenario_.disk_fault;
  if (planned && planned->operation == operation) return planned->fate;
  const bool may_fail = disk_may_fail_ && !calm_;
  if (!may_fail || !chance_.Chance(scenario_.failing_disk_rate)) return MemoryDisk::Fate::kDone;
  constexpr std::array kFates{MemoryDisk::Fate::kFails,   MemoryDisk::Fate::kTorn,
                              MemoryDisk::Fate::kTorn,    MemoryDisk::Fate::kCutBefore,
                              MemoryDisk::Fate::kCutTorn, MemoryDisk::Fate::kCutAfter};
  return kFates[chance_.Below(kFates.size())];
}

void World::BecomeCalm() {
  calm_ = true;
  source_.faults().Clear();
  target_.faults().Clear();
}

void World::PowerFails() {
  machine_.CutPower();
  disk_.CutPower();
  machine_.Crash();
}

void World::PowerReturns() {
  disk_may_fail_ = false;
  disk_.Restart(chance_);
}

}  // namespace ddbsync::simulation
