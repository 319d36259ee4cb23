#include <nlohmann/json.hpp>

#include "tests/support/attribute.h"
#include "tests/support/condition_expression.h"
#include "tests/support/refusal.h"
#include "tests/support/state.h"
#include "tests/support/update_expression.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

json& Member(json& request, const char* name) {
  const auto found = request.find(name);
  if (found != request.end()) return *found;
  RefuseInvalid(std::string("1 validation error detected: Value null at '") +
                static_cast<char>(std::tolower(static_cast<unsigned char>(name[0]))) + (name + 1) +
                "' failed to satisfy constraint: Member must not be null");
}

std::string WantedReturn(const json& request, std::initializer_list<std::string_view> allowed) {
  std::string wanted = request.value("ReturnValues", "NONE");
  for (const auto& value : allowed) {
    if (wanted == value) return wanted;
  }
  RefuseInvalid("Return values set to invalid value");
}

/// The answer of a write: old or new attributes when asked for, and what it cost.
std::string WriteAnswer(const State& state, const json& request, const Table& table,
                        const std::string* attributes, double units) {
  std::string body;
  if (attributes != nullptr) body = ",\"Attributes\":" + *attributes;
  body += ConsumedCapacity(state, request, table.name, units);
  return "{" + (body.empty() ? body : body.substr(1)) + "}";
}

size_t BytesAt(const Table& table, const Position& position) {
  const auto found = table.items.find(position);
  return found == table.items.end() ? 0 : found->second.bytes;
}

bool MeetsCondition(const json& request, const Table& table, const Position& position) {
  const auto found = table.items.find(position);
  const bool asked = found != table.items.end() && request.contains("ConditionExpression");
  return ConditionHolds(request, asked ? json::parse(found->second.json) : json::object());
}

void TakeUnits(State& state, Table& table, const Position& position, double units) {
  if (state.TakeWriteUnits(table, position, units)) return;
  RefuseThroughput(table.arn, "TableWriteKeyRangeThroughputExceeded");
}

}  // namespace

std::string GetItem(State& state, json& request) {
  CheckMembers(request, {"TableName", "Key", "ConsistentRead", "ReturnConsumedCapacity"});
  const Table& table = state.TableOf(RequiredText(request, "TableName"));
  const Position position = PositionOfKey(table.schema, Member(request, "Key"));
  const bool consistent = BoolOr(request, "ConsistentRead", false);
  const Overlay overlay = consistent ? Overlay{} : state.StaleView(table);
  const StoredItem* item = table.Get(position, overlay);
  std::string body = item != nullptr ? ",\"Item\":" + item->json : "";
  body += ConsumedCapacity(state, request, table.name,
                           ReadUnits(item != nullptr ? item->bytes : 0, consistent));
  return "{" + (body.empty() ? body : body.substr(1)) + "}";
}

std::string PutItem(State& state, json& request) {
  CheckMembers(request, {"TableName", "Item", "ReturnConsumedCapacity", "ReturnValues",
                         "ReturnItemCollectionMetrics"});
  Table& table = state.TableOf(RequiredText(request, "TableName"));
  state.CheckPolicy(table, "PutItem");
  const std::string wanted = WantedReturn(request, {"NONE", "ALL_OLD"});
  Position position;
  StoredItem item = PrepareItem(state, table, Member(request, "Item"), position);
  const double units = WriteUnits(BytesAt(table, position), item.bytes);
  TakeUnits(state, table, position, units);
  const std::string key = item.key_json;
  const auto before = state.Write(table, position, key, std::move(item));
  const std::string* shown = wanted == "ALL_OLD" && before ? &before->json : nullptr;
  return WriteAnswer(state, request, table, shown, units);
}

std::string DeleteItem(State& state, json& request) {
  CheckMembers(request, {"TableName", "Key", "ConditionExpression", "ExpressionAttributeNames",
                         "ReturnConsumedCapacity", "ReturnValues", "ReturnItemCollectionMetrics"});
  Table& table = state.TableOf(RequiredText(request, "TableName"));
  state.CheckPolicy(table, "DeleteItem");
  const std::string wanted = WantedReturn(request, {"NONE", "ALL_OLD"});
  json& key = Member(request, "Key");
  const Position position = PositionOfKey(table.schema, key);
  const bool met = MeetsCondition(request, table, position);
  const double units = WriteUnits(BytesAt(table, position), 0);
  TakeUnits(state, table, position, units);  // also where the condition does not hold
  if (!met) RefuseCondition();
  const auto before = state.Write(table, position, key.dump(), std::nullopt);
  const std::string* shown = wanted == "ALL_OLD" && before ? &before->json : nullptr;
  return WriteAnswer(state, request, table, shown, units);
}

std::string UpdateItem(State& state, json& request) {
  CheckMembers(request, {"TableName", "Key", "UpdateExpression", "ExpressionAttributeNames",
                         "ExpressionAttributeValues", "ReturnConsumedCapacity", "ReturnValues"});
  Table& table = state.TableOf(RequiredText(request, "TableName"));
  state.CheckPolicy(table, "UpdateItem");
  const std::string wanted = WantedReturn(request, {"NONE", "ALL_OLD", "ALL_NEW"});
  json& key = Member(request, "Key");
  const Position position = PositionOfKey(table.schema, key);
  const auto found = table.items.find(position);
  json item = found == table.items.end() ? key : json::parse(found->second.json);
  ApplyUpdate(request, table.schema, item);
  Position same;
  StoredItem stored = PrepareItem(state, table, item, same);
  const double units = WriteUnits(BytesAt(table, position), stored.bytes);
  TakeUnits(state, table, position, units);
  const std::string after = stored.json;
  const auto before = state.Write(table, position, key.dump(), std::move(stored));
  const std::string* shown = nullptr;
  if (wanted == "ALL_NEW") shown = &after;
  if (wanted == "ALL_OLD" && before) shown = &before->json;
  return WriteAnswer(state, request, table, shown, units);
}

}  // namespace ddbsync::fake
