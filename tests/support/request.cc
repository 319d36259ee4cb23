#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/attribute.h"
#include "tests/support/refusal.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

// Developer guide, "Capacity unit consumption".
constexpr double kWriteUnitBytes = 1024;
constexpr double kReadUnitBytes = 4096;

std::string CapacityBody(const std::string& table, double units, const std::string& wanted) {
  json body = {{"TableName", table}, {"CapacityUnits", units}};
  if (wanted == "INDEXES") body["Table"] = {{"CapacityUnits", units}};
  return body.dump();
}

/// Empty when capacity is not to be reported.
std::string WantedCapacity(const State& state, const json& request) {
  const auto asked = request.find("ReturnConsumedCapacity");
  if (asked == request.end()) return {};
  const std::string wanted = asked->is_string() ? asked->get<std::string>() : "";
  if (wanted != "TOTAL" && wanted != "INDEXES" && wanted != "NONE") {
    RefuseInvalid("1 validation error detected: Value '" + wanted +
                  "' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy "
                  "enum value set: [INDEXES, TOTAL, NONE]");
  }
  if (state.options.refuse_capacity) {
    RefuseInvalid("ReturnConsumedCapacity is not supported by this server");
  }
  return wanted == "NONE" || !state.options.report_capacity ? "" : wanted;
}

}  // namespace

void CheckMembers(const json& request, std::initializer_list<std::string_view> known) {
  for (const auto& [member, value] : request.items()) {
    if (std::find(known.begin(), known.end(), member) != known.end()) continue;
    RefuseInvalid("The fake service does not know the request member " + member);
  }
}

std::string RequiredText(const json& request, const char* member) {
  const auto found = request.find(member);
  if (found == request.end() || found->is_null()) {
    std::string name = member;
    name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
    RefuseInvalid("1 validation error detected: Value null at '" + name +
                  "' failed to satisfy constraint: Member must not be null");
  }
  if (!found->is_string()) RefuseMalformed("NUMBER_VALUE cannot be converted to String");
  return found->get<std::string>();
}

int64_t IntegerOr(const json& request, const char* member, int64_t low, int64_t high,
                  int64_t otherwise) {
  const auto found = request.find(member);
  if (found == request.end() || found->is_null()) return otherwise;
  if (!found->is_number_integer()) RefuseMalformed("STRING_VALUE cannot be converted to Integer");
  const auto value = found->get<int64_t>();
  if (value >= low && value <= high) return value;
  std::string name = member;
  name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  RefuseInvalid("1 validation error detected: Value '" + std::to_string(value) + "' at '" + name +
                "' failed to satisfy constraint: Member must have value " +
                (value < low ? "greater than or equal to " + std::to_string(low)
                             : "less than or equal to " + std::to_string(high)));
}

bool BoolOr(const json& request, const char* member, bool otherwise) {
  const auto found = request.find(member);
  if (found == request.end() || found->is_null()) return otherwise;
  if (!found->is_boolean()) RefuseMalformed("STRING_VALUE cannot be converted to Boolean");
  return found->get<bool>();
}

StoredItem PrepareItem(const State& state, const Table& table, json& item, Position& position) {
  if (!item.is_object()) RefuseMalformed("Unexpected field type");
  const size_t bytes = NormaliseItem(item);
  position = PositionOfItem(table.schema, item);
  if (bytes > kMaxItemBytes) RefuseInvalid("Item size has exceeded the maximum allowed size");
  CheckIndexKeys(table.index_keys, item);
  json key = KeyOf(table.schema, item);
  StoredItem stored{item.dump(), key.dump(), bytes, NormaliseItem(key)};
  if (state.faults.IsRejected(table.name, stored.key_json)) {
    RefuseInvalid("One or more parameter values were invalid: the item is refused by this table");
  }
  return stored;
}

double WriteUnits(size_t before_bytes, size_t after_bytes) {
  const auto bytes = static_cast<double>(std::max(before_bytes, after_bytes));
  return std::max(1.0, std::ceil(bytes / kWriteUnitBytes));
}

double ReadUnits(size_t bytes, bool consistent) {
  const double units = std::max(1.0, std::ceil(static_cast<double>(bytes) / kReadUnitBytes));
  return consistent ? units : units / 2;
}

std::string ConsumedCapacity(const State& state, const json& request, const std::string& table,
                             double units) {
  const std::string wanted = WantedCapacity(state, request);
  if (wanted.empty()) return {};
  return ",\"ConsumedCapacity\":" + CapacityBody(table, units, wanted);
}

std::string ConsumedCapacities(const State& state, const json& request,
                               const std::map<std::string, double>& units) {
  const std::string wanted = WantedCapacity(state, request);
  if (wanted.empty()) return {};
  std::string text;
  for (const auto& [table, used] : units) {
    text.append(text.empty() ? "" : ",").append(CapacityBody(table, used, wanted));
  }
  return ",\"ConsumedCapacity\":[" + text + "]";
}

}  // namespace ddbsync::fake
