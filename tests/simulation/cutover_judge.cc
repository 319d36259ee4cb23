// What a history with cut-overs is judged by while it lasts.
#include "tests/simulation/cutover_simulation_internal.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using replicator::JobState;
using replicator::JobStatus;

/// A write that ignores the freeze so shortly before the commit may be in no page yet.
constexpr Duration kUnnoticed = 6s;

constexpr char kUs[] = "arn:aws:iam::000000000000:user/AKIDEXAMPLE";

}  // namespace

void CutoverSimulation::OnSource(const fake::AppliedWrite& write) {
  if (write.principal == kUs && (write.before != nullptr || write.after != nullptr)) {
    Violate("I12", std::string(write.key_json) + " of the source was written by the copy");
  }
  if (!committed_) history_.OnSource(write);
}

void CutoverSimulation::OnTarget(const fake::AppliedWrite& write) {
  if (!committed_) return history_.OnTarget(write);
  const bool changed = (write.before == nullptr) != (write.after == nullptr) ||
                       (write.before != nullptr && *write.before != *write.after);
  if (!changed || write.principal != kUs) return;
  Violate("I10", std::string(write.key_json) + " of the live target was overwritten by the copy");
}

/// Only what was asked for changes a table.
void CutoverSimulation::WatchCalls() {
  source_.faults().SetHook([this](const fake::FaultRequest& call) -> std::optional<fake::Fault> {
    static const std::set<std::string_view> kHarmless = {
        "DescribeTable",     "DescribeStream",     "ListStreams",
        "GetShardIterator",  "GetRecords",         "Scan",
        "GetItem",           "BatchGetItem",       "ListTagsOfResource",
        "GetResourcePolicy", "DescribeTimeToLive", "DeleteItem"};  // a probe: OnSource sees
    if (reversing_ || kHarmless.contains(call.operation)) return std::nullopt;
    const bool asked = attempt_ != nullptr || step_.has_value();
    const cutover::Options options = attempt_ ? attempt_->options : cutover::Options();
    const bool policy = call.operation.ends_with("ResourcePolicy");
    const bool ttl = call.operation == "UpdateTimeToLive";
    const bool stream = call.operation == "UpdateTable";
    const bool tag = call.operation == "UntagResource";
    const bool may = asked && ((policy && options.freeze == cutover::FreezeBy::kPolicy) ||
                               (ttl && cutovers_.source_ttl) ||
                               (stream && options.drain == cutover::DrainBy::kSeal &&
                                call.body.find("BillingMode") == std::string_view::npos) ||
                               tag);
    if (!may) Violate("I12", std::string(call.operation) + " was sent to the source");
    return std::nullopt;
  });
}

void CutoverSimulation::LookAtJob() {
  const JobStatus status = process_->job().Status();
  if (status.state == JobState::kGap) return Violate("gap", status.reason);
  if (const auto ended = process_->job().Ended()) {
    if (ended != replicator::Outcome::kRestart) {
      return Violate("progress", "the job ended by itself: " + status.reason);
    }
    EndProcess();
    machine_.Restart();
    return;
  }
  // Of a seal that stands, a stray is what the cut-over looks for, and no change to be waited for.
  const bool stopped = step_ && cutover::Frozen(*step_) && !cutover::TakesBack(*step_);
  if (status.tail.watermark && !stopped) history_.CheckWatermark(*status.tail.watermark);
  if (status.backfill.complete && status.rechecks == 0) history_.CheckBackfillComplete();
}

void CutoverSimulation::CheckCommittedRecord(const checkpoint::State& state) {
  const bool committed = state.cutover && checkpoint::IsCommitted(*state.cutover);
  if (committed_ && !committed) Violate("I10", "after a restart nobody knows of the commit");
  if (committed) OnCommitted();
}

/// Whoever says so first: both tables are equal, and the target is opened to the application.
void CutoverSimulation::OnCommitted() {
  if (std::exchange(committed_, true)) return;
  verdict_.committed = true;
  auto source = source_.Items("source");
  auto target = target_.Items("target");
  const WallTime now = source_.Now();
  for (const Operator::Stray& stray : operator_.strays()) {
    if (now - stray.at > kUnnoticed) continue;
    const std::string key = nlohmann::json::parse(stray.key_json).dump();
    source.erase(key);
    target.erase(key);
  }
  const auto lifted = operator_.policy_lifted();
  if (!lifted || now - *lifted > kUnnoticed) history_.CheckEqual(source, target, "I10");
  operator_.End();
  machine_.At(Now() + world_.chance().UpTo(kWritingAfterwards), [this] {
    moved_ = true;
    application_.MoveTo(target_, "target");
  });
}

void CutoverSimulation::CheckSourceGivenBack() {
  const auto reply = source_.Handle("DynamoDB_20120810.DescribeTable", R"({"TableName":"source"})");
  const auto table = nlohmann::json::parse(reply.body).at("Table");
  const auto stream = table.value("StreamSpecification", nlohmann::json::object());
  if (stream.value("StreamViewType", "") != scenario_.view) {
    Violate("I10", "taken back, the source's stream is not as it was: " + stream.dump());
  }
  const auto status = run_->cutover().GetStatus();
  // Somebody else may have taken all of it away.
  const auto [policy, acts] = source_.Policies("source");
  if (policy.find("Deny") != std::string::npos || acts.find("Deny") != std::string::npos) {
    Violate("I10", "taken back, the source's policy still denies writes: " + policy);
  } else if (policy != policy_before_ && !operator_.policy_lifted()) {
    Violate("I10", "taken back, the source's policy is not as it was: " + policy);
  }
  if (application_.held()) Violate("I10", "taken back, the application is still stopped");
  const auto ttl = nlohmann::json::parse(
      source_.Handle("DynamoDB_20120810.DescribeTimeToLive", R"({"TableName":"source"})").body);
  const std::string state = ttl.at("TimeToLiveDescription").at("TimeToLiveStatus");
  const bool on = state == "ENABLED" || state == "ENABLING";
  if (on != cutovers_.source_ttl && !status.source_ttl_owed) {
    Violate("I10", "taken back, the source's time to live is " + state);
  }
}

}  // namespace ddbsync::simulation
