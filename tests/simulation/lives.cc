#include "tests/simulation/lives.h"

#include <algorithm>

#include "tests/support/sim_executor.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using fake::SimExecutor;

constexpr Duration kPauseBetweenStarts = 5s;
constexpr Duration kTimeToStop = 2min;

}  // namespace

Lives::Lives(const Scenario& scenario)
    : scenario_(scenario),
      world_(scenario),
      history_({.staleness = scenario.source.staleness,
                .read_back = std::string_view(scenario.view) == "KEYS_ONLY"}),
      application_(scenario, machine_, source_) {}

std::optional<checkpoint::State> Lives::NextProcess() {
  copied_.reset();
  in_order_ = false;
  process_ = std::make_unique<Process>(world_.Outside(),
                                       scenario_.seed + static_cast<uint64_t>(++starts_));
  auto state = process_->ReadState();
  if (state) return *std::move(state);
  // A disk that fails, or power that does, may keep it from being read now; a reader who finds
  // nonsense will find it again.
  const bool passes = state.error().code == ErrorCode::kIo || !machine_.powered();
  if (!passes) history_.Violate("open", "the checkpoint is lost: " + ToString(state.error()));
  EndProcess();
  return std::nullopt;
}

bool Lives::StartProcess() {
  TryToStart();
  if (process_ != nullptr) return true;
  if (!history_.violation()) machine_.RunWorldFor(kPauseBetweenStarts);
  machine_.Restart();
  return false;
}

void Lives::LiveUntil(TimePoint end) {
  while (!Over() && Now() < end) {
    if (process_ == nullptr && !StartProcess()) continue;
    const Duration rest = std::min(scenario_.look_every, Duration(end - Now()));
    if (machine_.RunFor(rest) == SimExecutor::Ended::kPowerCut) {
      EndProcess();  // the disk cut it
      machine_.Restart();
    } else {
      Look();
    }
  }
}

void Lives::StopInOrder() {
  process_->job().Stop();
  const auto ended = [this] { return process_->job().Ended().has_value(); };
  if (machine_.RunUntil(ended, Now() + kTimeToStop) == SimExecutor::Ended::kDeadline) {
    history_.Violate("stop", "it did not end in time: " + process_->job().Status().reason);
  }
}

void Lives::EndProcess() {
  world_.PowerFails();
  OnPowerFailed();
  process_.reset();
  world_.PowerReturns();
}

void Lives::End(const Ending& ending) {
  if (process_ != nullptr) {
    if (ending.in_order) {
      StopInOrder();
    } else {
      machine_.RunSteps(ending.steps, Now() + 1min);
    }
  }
  EndProcess();
  machine_.RunWorldFor(ending.downtime);
  machine_.Restart();
}

void Lives::LookAtOrder(const replicator::JobStatus& status) {
  if (!status.backfill.complete || in_order_) return;
  if (!copied_) copied_ = process_->source_time();
  // What is to be compared again is settled for the copy, and not yet there.
  if (status.rechecks == 0) history_.CheckBackfillComplete();
  if (!status.tail.watermark || *status.tail.watermark < *copied_) return;
  in_order_ = true;
  history_.BeginOrder();
}

}  // namespace ddbsync::simulation
