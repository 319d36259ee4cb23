// What follows the last attempt: nothing more may be left to do, and both tables are compared.
#include "tests/simulation/cutover_simulation_internal.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/simulation/verifier.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using replicator::JobState;
using replicator::JobStatus;

constexpr Duration kTimeToVerify = 3h;

}  // namespace

void CutoverSimulation::FinishTakenBack() {
  world_.BecomeCalm();
  WatchCalls();
  LiveUntil([] { return false; }, kWritingAfterwards);
  application_.End();
  LiveUntil([this] { return application_.done(); }, kCalmAtLast);
  if (repairs_ && !Over()) RepairWhatStraysLeft();
  const WallTime last_write = source_.Now();
  std::string standing = "no process";
  const auto drained = [&] {
    const JobStatus status = process_->job().Status();
    standing = fmt::format("{}, {} rechecks, lag {}: {}", ToString(status.state), status.rechecks,
                           status.tail.lag_seconds.value_or(-1), status.reason);
    return status.state == JobState::kFollowing && status.rechecks == 0 && status.tail.watermark &&
           *status.tail.watermark > last_write;
  };
  if (!LiveUntil(drained, kCalmAtLast)) {
    if (!Over()) Violate("progress", "it never came to the end: " + standing);
    return;
  }
  history_.CheckEqual(source_.Items("source"), target_.Items("target"));
  if (Over()) return;
  StopInOrder();
  if (machine_.powered() && process_->job().Ended() != replicator::Outcome::kDone) {
    Violate("stop", "it ended otherwise: " + process_->job().Status().reason);
  }
}

/// Where the freeze was somebody's word, a write may have come while no stream was on: what was
/// compared while frozen may differ, and an operator is told to repair it.
void CutoverSimulation::RepairWhatStraysLeft() {
  {
    Verifier verifier(*process_,
                      {.form = verify::Form::kLive, .repair = true, .delete_extra = true});
    if (!verifier.refused().empty()) return Violate("verify", verifier.refused());
    const auto ended = [&] { return verifier.ended(); };
    if (machine_.RunUntil(ended, Now() + kTimeToVerify) != Ended::kDone) {
      Violate("verify", "the repair does not end");
    }
    world_.PowerFails();
  }
  EndProcess();
  machine_.Restart();
}

void CutoverSimulation::FinishCommitted() {
  world_.BecomeCalm();
  WatchCalls();
  const auto done = [this] {
    return moved_ && CurrentStep() == Step::kDone && run_->cutover().MayStop();
  };
  if (!LiveUntil(done, kCalmAtLast)) {
    if (!Over()) Violate("progress", "the committed cut-over is not finished");
    return;
  }
  machine_.RunFor(run_->cutover().GetStatus().options.reverse ? cutovers_.back_after
                                                              : kWritingAfterwards);
  const auto ttl = nlohmann::json::parse(
      target_.Handle("DynamoDB_20120810.DescribeTimeToLive", R"({"TableName":"target"})").body);
  const std::string state = ttl.at("TimeToLiveDescription").at("TimeToLiveStatus");
  const bool on = state == "ENABLED" || state == "ENABLING";
  if (on != cutovers_.source_ttl) Violate("I10", "the target's time to live is " + state);
  const auto status = run_->cutover().GetStatus();
  EndProcess();
  machine_.Restart();
  TryToStart();  // refuses
  EndProcess();
  machine_.Restart();
  if (!Over() && status.options.reverse) {
    if (!status.reverse_start) return Violate("I11", "there is no time for the way back to begin");
    Reverse(*status.reverse_start);
  }
}

/// The way back carries what was written to the target.
void CutoverSimulation::Reverse(WallTime since) {
  ++verdict_.reversed;
  reversing_ = true;
  Surroundings outside = world_.Outside();
  Surroundings back{.machine = outside.machine,
                    .disk = outside.disk,
                    .source = outside.target,
                    .target = outside.source,
                    .longest_delay = outside.longest_delay,
                    .source_table = "target",
                    .target_table = "source",
                    .state = "/reverse",
                    .key_id = "AKIDREVERSE"};
  Process process(back, scenario_.seed);
  replicator::JobOptions options = scenario_.job;
  options.phases = replicator::Phases::kTailOnly;
  options.since = since;
  options.job_id = "b-a";
  if (auto state = process.ReadState(); !state) {
    return Violate("I11", "the way back cannot begin: " + ToString(state.error()));
  }
  if (const auto faults = process.Start(options); !faults.empty()) {
    Violate("I11", "the way back does not start: " + ToString(faults.front()));
  }
  if (!Over()) {
    machine_.RunFor(kWritingAfterwards);
    application_.End();
    machine_.RunFor(kLookEvery * 30);
    const WallTime last_write = source_.Now();
    const auto drained = [&] {
      const JobStatus status = process.job().Status();
      return status.rechecks == 0 && status.tail.watermark && *status.tail.watermark > last_write;
    };
    if (machine_.RunUntil(drained, Now() + kCalmAtLast) != Ended::kDone) {
      Violate("I11", "the way back does not get there: " + process.job().Status().reason);
    }
    // The live table, and what has to become equal to it.
    history_.CheckEqual(target_.Items("target"), source_.Items("source"), "I11");
  }
  world_.PowerFails();
}

}  // namespace ddbsync::simulation
