#include "tests/simulation/application.h"

#include <string_view>
#include <utility>

#include "base/error.h"

namespace ddbsync::simulation {
namespace {

constexpr uint64_t kSeed = 0xa991;  // keeps its numbers apart from the others'
constexpr double kDeletes = 0.3;

std::string Hot(uint64_t index) {
  return "hot" + std::to_string(index);
}

std::string Cold(uint64_t index) {
  return "cold" + std::to_string(index);
}

/// Whose requests they are, to policies of the tables.
constexpr std::string_view kKeyId = "APPLICATION";

/// Frozen, or beyond what the table takes.
bool IsRefusal(const fake::HttpReply& reply) {
  return reply.body.find("AccessDenied") != std::string::npos ||
         reply.body.find("ProvisionedThroughputExceeded") != std::string::npos;
}

}  // namespace

Application::Application(const Scenario& scenario, fake::SimExecutor& machine,
                         fake::FakeDynamoDb& source)
    : scenario_(scenario), machine_(machine), service_(&source), random_(scenario.seed ^ kSeed) {}

void Application::Fill() {
  constexpr double kThere = 0.8;
  for (int i = 0; i < scenario_.cold_keys; ++i) {
    if (random_.Chance(kThere)) Put(Cold(static_cast<uint64_t>(i)));
  }
  for (int i = 0; i < scenario_.hot_keys; ++i) {
    if (random_.Chance(kThere)) Put(Hot(static_cast<uint64_t>(i)));
  }
}

void Application::Begin() {
  ends_ = machine_.clock().Now() + scenario_.writing;
  WriteAndGoOn();
}

void Application::WriteAndGoOn() {
  if (!held_) Write(AnyKey());
  const TimePoint next = machine_.clock().Now() + random_.UpTo(2 * scenario_.pause_between_writes);
  if (next < ends_) {
    machine_.At(next, [this] { WriteAndGoOn(); });
  } else {
    done_ = true;
  }
}

std::string Application::AnyKey() {
  const bool hot = scenario_.cold_keys == 0 || random_.Chance(scenario_.hot_share);
  if (hot) return Hot(random_.Below(static_cast<uint64_t>(scenario_.hot_keys)));
  // Some keys are not there at the beginning, so this creates as well.
  return Cold(random_.Below(static_cast<uint64_t>(scenario_.cold_keys)));
}

void Application::MoveTo(fake::FakeDynamoDb& service, std::string table) {
  service_ = &service;
  table_ = std::move(table);
  lingers_ = Duration::zero();
  held_ = false;
}

std::string Application::Stray() {
  const std::string id = AnyKey();
  return Put(id) ? R"({"id":{"S":")" + id + R"("}})" : "";
}

void Application::Write(const std::string& id) {
  if (present_.contains(id) && random_.Chance(kDeletes)) {
    const bool sent = Send(
        "DeleteItem", R"({"TableName":")" + table_ + R"(","Key":{"id":{"S":")" + id + R"("}}})");
    if (sent) present_.erase(id);
  } else {
    Put(id);
  }
}

bool Application::Put(const std::string& id) {
  const std::string padding(random_.Below(static_cast<uint64_t>(scenario_.padding_bytes) + 1), 'x');
  const bool sent = Send("PutItem", R"({"TableName":")" + table_ + R"(","Item":{"id":{"S":")" + id +
                                        R"("},"v":{"N":")" + std::to_string(++version_) +
                                        R"("},"p":{"S":")" + padding + R"("}}})");
  if (sent) present_.insert(id);
  return sent;
}

bool Application::Send(std::string_view operation, const std::string& body) {
  const std::string target = "DynamoDB_20120810." + std::string(operation);
  if (lingers_ > Duration::zero()) {
    const TimePoint lands = machine_.clock().Now() + random_.UpTo(lingers_);
    service_->Abandon(service_->Submit(lands, target, body, {}, kKeyId));
    return true;
  }
  const auto reply = service_->Handle(target, body, {}, kKeyId);
  DDBSYNC_CHECK(reply.status == 200 || IsRefusal(reply));
  return reply.status == 200;
}

}  // namespace ddbsync::simulation
