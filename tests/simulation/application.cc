#include "tests/simulation/application.h"

#include <string_view>

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

void Call(fake::FakeDynamoDb& service, std::string_view operation, const std::string& body) {
  const auto reply = service.Handle("DynamoDB_20120810." + std::string(operation), body);
  DDBSYNC_CHECK(reply.status == 200);
}

}  // namespace

Application::Application(const Scenario& scenario, fake::SimExecutor& machine,
                         fake::FakeDynamoDb& source)
    : scenario_(scenario), machine_(machine), source_(source), random_(scenario.seed ^ kSeed) {}

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
  Write(AnyKey());
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

void Application::Write(const std::string& id) {
  if (present_.contains(id) && random_.Chance(kDeletes)) {
    Call(source_, "DeleteItem", R"({"TableName":"source","Key":{"id":{"S":")" + id + R"("}}})");
    present_.erase(id);
  } else {
    Put(id);
  }
}

void Application::Put(const std::string& id) {
  const std::string padding(random_.Below(static_cast<uint64_t>(scenario_.padding_bytes) + 1), 'x');
  Call(source_, "PutItem",
       R"({"TableName":"source","Item":{"id":{"S":")" + id + R"("},"v":{"N":")" +
           std::to_string(++version_) + R"("},"p":{"S":")" + padding + R"("}}})");
  present_.insert(id);
}

}  // namespace ddbsync::simulation
