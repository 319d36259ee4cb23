#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "tests/support/refusal.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

// API reference of BatchWriteItem and BatchGetItem.
constexpr size_t kMaxWrites = 25;
constexpr size_t kMaxReads = 100;
constexpr size_t kMaxReadBytes = size_t{16} << 20;

struct PreparedWrite {
  Table* table = nullptr;
  std::string table_as_sent;
  Position position;
  std::string key_json;
  std::optional<StoredItem> item;  ///< none: a delete
  const json* as_sent = nullptr;
};

/// Which elements of a batch a fault leaves undone.
std::set<size_t> LeftByFault(State& state, size_t count) {
  std::set<size_t> left;
  if (state.fault == FaultKind::kUnprocessedOne) left.insert(state.random.Below(count));
  for (size_t i = 0; i < count; ++i) {
    if (state.fault == FaultKind::kUnprocessedAll ||
        (state.fault == FaultKind::kUnprocessedSome && state.random.Below(2) == 0)) {
      left.insert(i);
    }
  }
  return left;
}

[[noreturn]] void RefuseDuplicates() {
  RefuseInvalid("Provided list of item keys contains duplicates");
}

json& RequestItems(json& request) {
  const auto items = request.find("RequestItems");
  if (items == request.end() || !items->is_object() || items->empty()) {
    RefuseInvalid(
        "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1");
  }
  return *items;
}

PreparedWrite Prepare(State& state, const std::string& name, Table& table, const json& op) {
  const bool put = op.is_object() && op.size() == 1 && op.contains("PutRequest");
  const bool remove = op.is_object() && op.size() == 1 && op.contains("DeleteRequest");
  if (!put && !remove) {
    RefuseInvalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
        "PutRequest or DeleteRequest");
  }
  const json& inner = op.begin().value();
  const char* member = put ? "Item" : "Key";
  if (!inner.is_object() || inner.size() != 1 || !inner.contains(member)) {
    RefuseInvalid(std::string("1 validation error detected: Value null at 'requestItems.") + name +
                  ".member.1.member." + (put ? "putRequest.item" : "deleteRequest.key") +
                  "' failed to satisfy constraint: Member must not be null");
  }
  json content = inner.at(member);  // `as_sent` keeps its spelling
  PreparedWrite write{&table, name, {}, {}, {}, &op};
  if (put) {
    write.item = PrepareItem(state, table, content, write.position);
    write.key_json = write.item->key_json;
  } else {
    write.position = PositionOfKey(table.schema, content);
    write.key_json = content.dump();
  }
  return write;
}

std::vector<PreparedWrite> PrepareAll(State& state, json& tables) {
  size_t count = 0;
  for (const json& ops : tables) {
    if (!ops.is_array()) RefuseMalformed("Unexpected field type");
    if (ops.empty()) {
      RefuseInvalid(
          "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: "
          "Member must have length greater than or equal to 1");
    }
    count += ops.size();
  }
  if (count > kMaxWrites) RefuseInvalid("Too many items requested for the BatchWriteItem call");
  std::vector<PreparedWrite> writes;
  std::set<std::pair<const Table*, Position>> seen;
  for (const auto& [name, ops] : tables.items()) {
    Table& table = state.TableOf(name);
    state.CheckPolicy(table, "BatchWriteItem");
    for (const json& op : ops) {
      writes.push_back(Prepare(state, name, table, op));
      if (!seen.emplace(&table, writes.back().position).second) RefuseDuplicates();
    }
  }
  return writes;
}

/// A table's part of a BatchGetItem.
struct ReadAnswer {
  std::string found;  ///< items, comma-separated
  json unprocessed = json::array();
  double units = 0;
};

ReadAnswer ReadTable(State& state, const Table& table, json& part, const std::set<size_t>& left,
                     size_t& index, size_t& bytes) {
  CheckMembers(part, {"Keys", "ConsistentRead"});
  const bool consistent = BoolOr(part, "ConsistentRead", false);
  const Overlay overlay = consistent ? Overlay{} : state.StaleView(table);
  ReadAnswer answer;
  std::set<std::string> seen;
  for (json& key : part.at("Keys")) {
    const json as_sent = key;
    const Position position = PositionOfKey(table.schema, key);
    // By spelling, not by value: 1000 and 1e3 may be asked for together, unlike in a write.
    if (!seen.insert(as_sent.dump()).second) RefuseDuplicates();
    const StoredItem* item = table.Get(position, overlay);
    const size_t item_bytes = item != nullptr ? item->bytes : 0;
    if (left.contains(index++) || bytes + item_bytes > kMaxReadBytes) {
      answer.unprocessed.push_back(as_sent);
      continue;
    }
    bytes += item_bytes;
    answer.units += ReadUnits(item_bytes, consistent);
    if (item == nullptr) continue;
    answer.found.append(answer.found.empty() ? "" : ",").append(item->json);
  }
  return answer;
}

}  // namespace

std::string BatchWriteItem(State& state, json& request) {
  CheckMembers(request, {"RequestItems", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"});
  std::vector<PreparedWrite> writes = PrepareAll(state, RequestItems(request));
  const std::set<size_t> left = LeftByFault(state, writes.size());
  json unprocessed = json::object();
  std::map<std::string, double> units;
  size_t throttled = 0;
  for (size_t i = 0; i < writes.size(); ++i) {
    PreparedWrite& write = writes[i];
    const auto found = write.table->items.find(write.position);
    const double cost = WriteUnits(found == write.table->items.end() ? 0 : found->second.bytes,
                                   write.item ? write.item->bytes : 0);
    const bool skipped = left.contains(i);
    const bool full = !skipped && !state.TakeWriteUnits(*write.table, write.position, cost);
    throttled += full ? 1 : 0;
    if (skipped || full) {
      unprocessed[write.table_as_sent].push_back(*write.as_sent);
      continue;
    }
    units[write.table_as_sent] += cost;
    state.Write(*write.table, write.position, write.key_json, std::move(write.item));
  }
  ++state.batches.all;
  if (throttled > 0) ++(throttled == writes.size() ? state.batches.refused : state.batches.cut);
  // Nothing at all could be written: AWS answers with the error instead.
  if (throttled == writes.size()) {
    RefuseThroughput(writes[0].table->arn, "TableWriteKeyRangeThroughputExceeded");
  }
  return "{\"UnprocessedItems\":" + unprocessed.dump() + ConsumedCapacities(state, request, units) +
         "}";
}

std::string BatchGetItem(State& state, json& request) {
  CheckMembers(request, {"RequestItems", "ReturnConsumedCapacity"});
  json& tables = RequestItems(request);
  size_t count = 0;
  for (const json& part : tables) {
    if (!part.is_object() || !part.contains("Keys") || !part.at("Keys").is_array() ||
        part.at("Keys").empty()) {
      RefuseInvalid(
          "1 validation error detected: Value at 'requestItems.member.keys' failed to satisfy "
          "constraint: Member must have length greater than or equal to 1");
    }
    count += part.at("Keys").size();
  }
  if (count > kMaxReads) RefuseInvalid("Too many items requested for the BatchGetItem call");
  const std::set<size_t> left = LeftByFault(state, count);
  std::string responses;
  json unprocessed = json::object();
  std::map<std::string, double> units;
  size_t index = 0;
  size_t bytes = 0;
  for (const auto& [name, part] : tables.items()) {
    const bool consistent = BoolOr(part, "ConsistentRead", false);
    ReadAnswer answer = ReadTable(state, state.TableOf(name), part, left, index, bytes);
    responses.append(responses.empty() ? "" : ",").append(json(name).dump());
    responses.append(":[").append(answer.found).append("]");
    units[name] = answer.units;
    if (answer.unprocessed.empty()) continue;
    unprocessed[name] = {{"Keys", std::move(answer.unprocessed)}, {"ConsistentRead", consistent}};
  }
  return "{\"Responses\":{" + responses + "},\"UnprocessedKeys\":" + unprocessed.dump() +
         ConsumedCapacities(state, request, units) + "}";
}

}  // namespace ddbsync::fake
