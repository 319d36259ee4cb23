#include "tests/simulation/cutover_simulation.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/simulation/cutover_simulation_internal.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using fake::OperationClass;
using replicator::JobState;
using replicator::JobStatus;

constexpr Duration kTimeToFollow = 30min;
/// Beyond its own time-out. A cut-over that has not ended then is aborted: before the freeze it
/// waits as long as the operator does.
constexpr Duration kTimeToEnd = 5min;
constexpr Duration kLargestLag = 30s;  // the gate's

constexpr char kSourceArn[] = "arn:aws:dynamodb:us-east-1:000000000000:table/source";
constexpr char kTtlAttribute[] = "expires";

/// What speaks for nobody: kept where a policy is put beside it, and given back.
std::string SomePolicy() {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Sid":"Readers","Effect":"Allow",)"
                     R"("Principal":"*","Action":"dynamodb:GetItem","Resource":"{}"}}]}})",
                     kSourceArn);
}

}  // namespace

void CutoverSimulation::Prepare() {
  world_.MakeTables();
  const auto call = [this](const char* operation, const std::string& body) {
    const auto reply = source_.Handle(std::string("DynamoDB_20120810.") + operation, body);
    DDBSYNC_CHECK(reply.status == 200);
  };
  if (cutovers_.source_ttl) {
    call("UpdateTimeToLive", fmt::format(R"({{"TableName":"source","TimeToLiveSpecification":)"
                                         R"({{"AttributeName":"{}","Enabled":true}}}})",
                                         kTtlAttribute));
  }
  if (cutovers_.source_policy) {
    call("PutResourcePolicy",
         nlohmann::json{{"ResourceArn", kSourceArn}, {"Policy", SomePolicy()}}.dump());
  }
  policy_before_ = source_.Policies("source").first;
  machine_.RunFor(scenario_.source.streams.enable_delay + 1s);
  application_.Fill();
  machine_.RunFor(scenario_.quiet_before);
  application_.Linger(cutovers_.lingering);
  application_.Begin();
  if (cutovers_.source_ttl) DeleteByTtl();
  WatchCalls();
}

void CutoverSimulation::DeleteByTtl() {
  if (moved_ || application_.done()) return;
  const auto items = source_.Items("source");
  if (!items.empty()) {
    auto item = items.begin();
    std::advance(item, world_.chance().Below(items.size()));
    source_.DeleteByTtl("source", item->first);
  }
  machine_.At(Now() + world_.chance().UpTo(4s), [this] { DeleteByTtl(); });
}

/// As the gates of a cut-over ask.
bool CutoverSimulation::Follows() const {
  const JobStatus status = process_->job().Status();
  return status.state == JobState::kFollowing && status.rechecks == 0 && status.tail.lag_seconds &&
         *status.tail.lag_seconds < kLargestLag.count();
}

/// Copies in calm, as other histories show the copy under faults; and then these begin.
void CutoverSimulation::Follow() {
  if (LiveUntil([this] { return Follows(); }, kTimeToFollow) || Over()) return;
  Violate("progress", "it never follows: " +
                          (process_ ? process_->job().Status().reason : "it does not start"));
}

void CutoverSimulation::Try(const Attempt& attempt) {
  world_.SetFaults();
  SetControlFaults(attempt);
  attempt_ = &attempt;
  endings_ = attempt.endings;
  const auto begins = [this, &attempt] {
    // It may still owe the last one's time to live.
    return run_ != nullptr && Follows() && run_->cutover().Begin(attempt.options, {}).has_value();
  };
  if (!LiveUntil(begins, kTimeToEnd)) return;
  operator_.Begin(attempt);
  const auto ended = [this] {
    const cutover::Status status = run_->cutover().GetStatus();
    return cutover::Ended(status.step);
  };
  const bool in_time = LiveUntil(ended, attempt.options.timeout + kTimeToEnd);
  operator_.End();
  if (!in_time && !Over()) {
    world_.BecomeCalm();
    WatchCalls();
    const auto aborts = [this] { return run_->cutover().Abort("it takes too long").has_value(); };
    LiveUntil(aborts, kLookEvery);
    if (!LiveUntil(ended, kCalmAtLast) && !Over()) {
      const auto status = run_ != nullptr ? run_->cutover().GetStatus() : cutover::Status();
      Violate("progress", fmt::format("the cut-over does not end: {}: {}", ToString(status.step),
                                      status.doing));
    }
  }
  if (Over() || committed_) return;
  // A policy that was put and taken away soon after acts for a moment, later.
  LiveUntil([] { return false; }, scenario_.source.policy_delay);
  if (!Over()) CheckSourceGivenBack();
}

void CutoverSimulation::SetControlFaults(const Attempt& attempt) {
  for (fake::FakeDynamoDb* service : {&source_, &target_}) {
    service->faults().SetRates(OperationClass::kControl, attempt.control_faults);
    if (attempt.denied.empty()) continue;
    service->faults().Deny(attempt.denied);
    machine_.At(Now() + attempt.denied_for,
                [service, denied = attempt.denied] { service->faults().Allow(denied); });
  }
  // Less than cutover::limits::kLateControlCall.
  source_.faults().SetLateBound(4s);
}

void CutoverSimulation::BreakStream(Duration duration) {
  if (duration == Duration::zero()) return;
  source_.faults().SetRates(OperationClass::kStream, {{fake::FaultKind::kErrorBefore, 1.0}});
  machine_.At(Now() + duration, [this] {
    if (world_.calm()) return;
    source_.faults().SetRates(OperationClass::kStream, scenario_.stream_faults);
  });
}

CutoverVerdict CutoverSimulation::Run() {
  const TimePoint began = Now();
  Prepare();
  Follow();
  for (const Attempt& attempt : cutovers_.attempts) {
    if (Over() || committed_) break;
    Try(attempt);
  }
  if (!Over()) committed_ ? FinishCommitted() : FinishTakenBack();
  verdict_.violation = history_.violation();
  verdict_.trace = machine_.trace();
  verdict_.starts = starts_;
  verdict_.steps = machine_.steps();
  verdict_.changes = history_.changes();
  verdict_.strays = static_cast<int>(operator_.strays().size());
  verdict_.simulated = Now() - began;
  return verdict_;
}

CutoverVerdict Simulate(const CutoverScenario& scenario) {
  return CutoverSimulation(scenario).Run();
}

}  // namespace ddbsync::simulation
