#include "tests/simulation/verifier.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "verify/limits.h"

namespace ddbsync::simulation {
namespace {

using nlohmann::json;

/// Again and again, as the table may throttle.
void Call(const Surroundings& outside, const char* operation, const json& request) {
  constexpr int kAttempts = 1000;
  const std::string target = std::string("DynamoDB_20120810.") + operation;
  for (int attempt = 0; outside.machine.powered(); ++attempt) {
    if (outside.target.Handle(target, request.dump()).status == 200) return;
    DDBSYNC_CHECK(attempt < kAttempts);
    outside.machine.RunFor(std::chrono::seconds(1));
  }
}

}  // namespace

Verifier::Verifier(Process& process, verify::Options options) {
  options.memory_bytes = 8 * verify::limits::kBytesPerWalker;
  auto run = verify::Verification::Open(
      options, process.VerifyParts(std::make_shared<checkpoint::MemoryStore>()));
  if (!run) {
    refused_ = ToString(run.error().front());
    return;
  }
  run_ = *std::move(run);
  if (auto started = run_->Start(); !started) refused_ = ToString(started.error());
}

std::optional<std::string> Verifier::FalseAlarm() const {
  if (run_ == nullptr || !run_->ended()) return std::nullopt;
  const verify::Status status = run_->GetStatus();
  if (status.standing() == 0) return std::nullopt;
  const auto differences = run_->List(1, Duration::zero());
  return fmt::format("{} differences, the first: {} {}", status.standing(),
                     ToString(differences.at(0).kind), differences.at(0).key_json);
}

void WriteBehindTheJob(const Surroundings& outside) {
  const auto items = outside.target.Items("target");
  DDBSYNC_CHECK(items.size() >= 2);
  const json first = json::parse(items.begin()->second);
  Call(outside, "DeleteItem", {{"TableName", "target"}, {"Key", {{"id", first.at("id")}}}});
  json second = json::parse(std::next(items.begin())->second);
  second["stranger"] = {{"BOOL", true}};
  Call(outside, "PutItem", {{"TableName", "target"}, {"Item", second}});
  Call(outside, "PutItem", {{"TableName", "target"}, {"Item", {{"id", {{"S", "a stranger's"}}}}}});
}

}  // namespace ddbsync::simulation
