#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr size_t kMaxAttributeBytes = 255;  // API reference of UpdateTimeToLive

[[noreturn]] void RefuseMember(const char* member, const char* rule) {
  RefuseInvalid(std::string("1 validation error detected: Value at 'timeToLiveSpecification.") +
                member + "' failed to satisfy constraint: " + rule);
}

/// What is asked for must be a change; only then is looked whether it comes too soon.
void CheckChange(const TimeToLive& ttl, const std::string& attribute, bool enable) {
  if (ttl.enabled && ttl.attribute != attribute) {
    RefuseInvalid("TimeToLive is active on a different AttributeName: current AttributeName is " +
                  ttl.attribute);
  }
  if (enable && ttl.enabled) RefuseInvalid("TimeToLive is already enabled");
  if (!enable && !ttl.enabled) RefuseInvalid("TimeToLive is already disabled");
}

}  // namespace

std::string TtlStatusOf(const State& state, const Table& table) {
  const TimeToLive& ttl = table.ttl;
  const bool changing = ttl.changed && state.now < *ttl.changed + state.options.ttl_delay;
  if (changing) return ttl.enabled ? "ENABLING" : "DISABLING";
  return ttl.enabled ? "ENABLED" : "DISABLED";
}

std::string DescribeTimeToLive(State& state, json& request) {
  CheckMembers(request, {"TableName"});
  const Table& table = state.TableOf(RequiredText(request, "TableName"), true);
  json description = {{"TimeToLiveStatus", TtlStatusOf(state, table)}};
  // Once it is off, the service has forgotten the attribute.
  if (description["TimeToLiveStatus"] != "DISABLED") {
    description["AttributeName"] = table.ttl.attribute;
  }
  return json{{"TimeToLiveDescription", std::move(description)}}.dump();
}

std::string UpdateTimeToLive(State& state, json& request) {
  CheckMembers(request, {"TableName", "TimeToLiveSpecification"});
  Table& table = state.TableOf(RequiredText(request, "TableName"));
  const json& specification = request["TimeToLiveSpecification"];
  if (!specification.is_object()) RefuseMember("", "Member must not be null");
  CheckMembers(specification, {"AttributeName", "Enabled"});
  if (!specification.contains("AttributeName")) {
    RefuseMember("attributeName", "Member must not be null");
  }
  if (!specification.contains("Enabled")) RefuseMember("enabled", "Member must not be null");
  const std::string attribute = RequiredText(specification, "AttributeName");
  if (attribute.empty() || attribute.size() > kMaxAttributeBytes) {
    RefuseMember("attributeName",
                 "Member must have length less than or equal to 255 and greater than or equal to "
                 "1");
  }
  const bool enable = BoolOr(specification, "Enabled", false);
  CheckChange(table.ttl, attribute, enable);
  if (table.ttl.changed && state.now < *table.ttl.changed + state.options.ttl_pause) {
    RefuseInvalid("Time to live has been modified multiple times within a fixed interval");
  }
  table.ttl = {attribute, enable, state.now};
  return json{{"TimeToLiveSpecification", specification}}.dump();
}

}  // namespace ddbsync::fake
