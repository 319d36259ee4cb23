#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"
#include "tests/support/state.h"
#include "tests/support/table_definition.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr int kMaxListedTables = 100;

double Seconds(Instant time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<double>(since.count()) / 1000;
}

std::string StatusOf(const State& state, const Table& table) {
  if (state.now < table.active) return "CREATING";
  const auto stream = state.streams.find(table.stream_arn);
  if (stream == state.streams.end()) return "ACTIVE";
  const std::string status = stream->second.Status(state.now);
  return status == "ENABLING" || status == "DISABLING" ? "UPDATING" : "ACTIVE";
}

json Description(const State& state, const Table& table) {
  json body = json::parse("{" + table.definition_json + "}");
  body["TableName"] = table.name;
  body["TableArn"] = table.arn;
  body["TableId"] = table.id;
  body["TableStatus"] = StatusOf(state, table);
  body["CreationDateTime"] = Seconds(table.created);
  body["ItemCount"] = table.items.size();
  body["TableSizeBytes"] = table.bytes;
  body["ProvisionedThroughput"] = {{"ReadCapacityUnits", table.read_units},
                                   {"WriteCapacityUnits", table.write_units},
                                   {"NumberOfDecreasesToday", 0}};
  if (table.on_demand) body["BillingModeSummary"] = {{"BillingMode", "PAY_PER_REQUEST"}};
  body["DeletionProtectionEnabled"] = false;
  const auto stream = state.streams.find(table.stream_arn);
  if (stream != state.streams.end()) {
    body["LatestStreamArn"] = table.stream_arn;
    body["LatestStreamLabel"] = stream->second.identity().label;
    if (table.stream_on) {
      body["StreamSpecification"] = {{"StreamEnabled", true},
                                     {"StreamViewType", stream->second.identity().view}};
    }
  }
  return body;
}

/// "2026-01-01T00:00:00.000": never the same twice, as AWS promises for a table.
std::string NewStreamLabel(State& state) {
  using std::chrono::milliseconds;
  const Instant earliest = state.last_stream_label + milliseconds(1);
  const Instant at = std::max(Instant(std::chrono::floor<milliseconds>(state.now)), earliest);
  state.last_stream_label = at;
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<milliseconds>(at - day));
  constexpr int kLabelBytes = 64;
  char label[kLabelBytes];
  std::snprintf(label, sizeof label, "%04d-%02u-%02uT%02d:%02d:%02d.%03d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return label;
}

void EnableStream(State& state, Table& table, const std::string& view) {
  const std::string label = NewStreamLabel(state);
  const std::string arn = table.arn + "/stream/" + label;
  const std::string keys = json::parse("{" + table.definition_json + "}").at("KeySchema").dump();
  state.streams.emplace(
      std::piecewise_construct, std::forward_as_tuple(arn),
      std::forward_as_tuple(Stream::Identity{arn, label, table.name, view, keys},
                            state.options.streams, state.now,
                            state.now + state.options.streams.enable_delay, state.random.Next()));
  table.stream_arn = arn;
  table.stream_on = true;
}

void DisableStream(State& state, Table& table) {
  if (!table.stream_on) return;
  table.stream_on = false;
  if (const auto stream = state.streams.find(table.stream_arn); stream != state.streams.end()) {
    stream->second.Disable(state.now);
  }
}

void ApplyStreamSpecification(State& state, Table& table, const json& specification) {
  const bool enable = BoolOr(specification, "StreamEnabled", false);
  const bool has_view = specification.contains("StreamViewType");
  if (!enable && has_view) {
    RefuseInvalid(
        "One or more parameter values were invalid: Table is being updated to disable stream. If "
        "stream is being disabled, then UpdateViewType must not be specified");
  }
  if (enable && table.stream_on)
    RefuseInvalid("Table already has an enabled stream: TableName: " + table.name);
  if (!enable && !table.stream_on) {
    RefuseInvalid("Table has no stream to disable: TableName: " + table.name);
  }
  if (!enable) return DisableStream(state, table);
  const std::string view = RequiredText(specification, "StreamViewType");
  if (view != "KEYS_ONLY" && view != "NEW_IMAGE" && view != "OLD_IMAGE" &&
      view != "NEW_AND_OLD_IMAGES") {
    RefuseInvalid("1 validation error detected: Value '" + view +
                  "' at 'streamSpecification.streamViewType' failed to satisfy constraint: Member "
                  "must satisfy enum value set: [KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, "
                  "NEW_AND_OLD_IMAGES]");
  }
  EnableStream(state, table, view);
}

/// A version 4 UUID.
std::string NewTableId(Random& random) {
  constexpr int kIdBytes = 37;
  char id[kIdBytes];
  const uint64_t high = random.Next();
  const uint64_t low = random.Next();
  std::snprintf(id, sizeof id, "%08x-%04x-4%03x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                static_cast<unsigned>(high >> 16 & 0xFFFF), static_cast<unsigned>(high & 0xFFF),
                static_cast<unsigned>(low >> 50 | 0x8000),
                static_cast<unsigned long long>(low & 0xFFFFFFFFFFFF));
  return id;
}

std::string TableBody(const char* member, const json& description) {
  return std::string("{\"") + member + "\":" + description.dump() + "}";
}

}  // namespace

std::string CreateTable(State& state, json& request) {
  CheckMembers(request, {"TableName", "AttributeDefinitions", "KeySchema", "BillingMode",
                         "ProvisionedThroughput", "GlobalSecondaryIndexes", "LocalSecondaryIndexes",
                         "StreamSpecification", "Tags", "DeletionProtectionEnabled"});
  const std::string name = RequiredText(request, "TableName");
  TableDefinition definition = ReadDefinition(request);
  if (state.tables.contains(name)) RefuseInUse("Table already exists: " + name);
  Table table;
  table.name = name;
  table.arn =
      "arn:aws:dynamodb:" + state.options.region + ":" + state.options.account + ":table/" + name;
  table.id = NewTableId(state.random);
  table.schema = definition.schema;
  table.index_keys = std::move(definition.index_keys);
  table.definition_json = std::move(definition.json);
  table.created = state.now;
  table.active = state.now + state.options.table_delay;
  table.on_demand = definition.on_demand;
  table.read_units = definition.read_units;
  table.write_units = definition.write_units;
  const auto stream = request.find("StreamSpecification");
  if (stream != request.end() && BoolOr(*stream, "StreamEnabled", false)) {
    ApplyStreamSpecification(state, table, *stream);
  }
  const Table& made = state.tables.emplace(name, std::move(table)).first->second;
  json description = Description(state, made);
  description["TableStatus"] = "CREATING";
  return TableBody("TableDescription", description);
}

std::string DeleteTable(State& state, json& request) {
  CheckMembers(request, {"TableName"});
  Table& table = state.TableOf(RequiredText(request, "TableName"), true);
  json description = Description(state, table);
  description["TableStatus"] = "DELETING";
  DisableStream(state, table);
  state.tables.erase(state.tables.find(table.name));
  return TableBody("TableDescription", description);
}

std::string DescribeTable(State& state, json& request) {
  CheckMembers(request, {"TableName"});
  const Table& table = state.TableOf(RequiredText(request, "TableName"), true);
  return TableBody("Table", Description(state, table));
}

std::string ListTables(State& state, json& request) {
  CheckMembers(request, {"ExclusiveStartTableName", "Limit"});
  const int64_t limit = IntegerOr(request, "Limit", 1, kMaxListedTables, kMaxListedTables);
  const std::string after = request.value("ExclusiveStartTableName", "");
  json names = json::array();
  auto next = state.tables.upper_bound(after);
  for (; next != state.tables.end() && names.size() < static_cast<size_t>(limit); ++next) {
    names.push_back(next->first);
  }
  json body = {{"TableNames", names}};
  if (next != state.tables.end()) body["LastEvaluatedTableName"] = names.back();
  return body.dump();
}

std::string UpdateTable(State& state, json& request) {
  CheckMembers(request,
               {"TableName", "StreamSpecification", "BillingMode", "ProvisionedThroughput"});
  Table& table = state.TableOf(RequiredText(request, "TableName"), true);
  if (StatusOf(state, table) != "ACTIVE") {
    RefuseInUse("Attempt to change a resource which is still in use: Table is being updated: " +
                table.name);
  }
  if (request.size() == 1) {
    RefuseInvalid(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required");
  }
  if (const auto stream = request.find("StreamSpecification"); stream != request.end()) {
    ApplyStreamSpecification(state, table, *stream);
  }
  if (request.contains("BillingMode") || request.contains("ProvisionedThroughput")) {
    ApplyBilling(request, table);
  }
  json description = Description(state, table);
  description["TableStatus"] = "UPDATING";
  return TableBody("TableDescription", description);
}

}  // namespace ddbsync::fake
