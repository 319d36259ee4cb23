#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "dynamodb/table.h"
#include "dynamodb/table_json_internal.h"

// What DescribeTable says of a table is not what CreateTable takes: statistics and states must go,
// capacity stands elsewhere, and some members are refused where they say nothing.
//
// Left out on purpose: stream and tags (the copy has its own), the KMS key (bound to account and
// region; the copy is encrypted with DynamoDB's own key), deletion protection (a failed first
// attempt must be easy to drop) and warm throughput (costs money).

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

/// HASH before RANGE, as CreateTable demands; an index may have several of each.
json KeySchemaOf(const json& owner, std::set<std::string>& used_attributes) {
  json schema = json::array();
  for (const char* type : {"HASH", "RANGE"}) {
    for (const json& element : owner.at("KeySchema")) {
      if (element.at("KeyType") != type) continue;
      used_attributes.insert(element.at("AttributeName"));
      schema.push_back({{"AttributeName", element.at("AttributeName")}, {"KeyType", type}});
    }
  }
  return schema;
}

json ProjectionOf(const json& index) {
  const json& from = index.at("Projection");
  json projection = {{"ProjectionType", from.at("ProjectionType")}};
  if (from.at("ProjectionType") == "INCLUDE") {
    projection["NonKeyAttributes"] = from.at("NonKeyAttributes");
  }
  return projection;
}

/// Capacity of a table or of a global index. `fallback` is for servers that give an index none.
void CopyCapacity(const json& from, bool on_demand, const json& fallback, json& to) {
  if (!on_demand) {
    const json& own = MemberOr(from, "ProvisionedThroughput", json::object());
    const bool usable = own.value("ReadCapacityUnits", 0) > 0;
    const json& throughput = usable ? own : fallback;
    to["ProvisionedThroughput"] = {{"ReadCapacityUnits", throughput.at("ReadCapacityUnits")},
                                   {"WriteCapacityUnits", throughput.at("WriteCapacityUnits")}};
    return;
  }
  json limits = json::object();
  const json& maxima = MemberOr(from, "OnDemandThroughput", json::object());
  for (const char* name : {"MaxReadRequestUnits", "MaxWriteRequestUnits"}) {
    const auto units = MemberOr(maxima, name, -1).get<int64_t>();  // -1: no limit
    if (units > 0) limits[name] = units;
  }
  if (!limits.empty()) to["OnDemandThroughput"] = limits;
}

json GlobalIndexes(const json& table, bool on_demand, std::set<std::string>& used_attributes) {
  json indexes = json::array();
  for (const json& from : MemberOr(table, "GlobalSecondaryIndexes", json::array())) {
    if (TextOr(from, "IndexStatus", "") == "DELETING") continue;
    json index = {{"IndexName", from.at("IndexName")},
                  {"KeySchema", KeySchemaOf(from, used_attributes)},
                  {"Projection", ProjectionOf(from)}};
    CopyCapacity(from, on_demand, MemberOr(table, "ProvisionedThroughput", json::object()), index);
    indexes.push_back(std::move(index));
  }
  return indexes;
}

json LocalIndexes(const json& table, std::set<std::string>& used_attributes) {
  json indexes = json::array();
  for (const json& from : MemberOr(table, "LocalSecondaryIndexes", json::array())) {
    indexes.push_back({{"IndexName", from.at("IndexName")},
                       {"KeySchema", KeySchemaOf(from, used_attributes)},
                       {"Projection", ProjectionOf(from)}});
  }
  return indexes;
}

/// CreateTable refuses definitions of attributes that no key uses.
json DefinitionsOf(const json& table, const std::set<std::string>& used_attributes) {
  json definitions = json::array();
  for (const json& definition : table.at("AttributeDefinitions")) {
    if (!used_attributes.contains(definition.at("AttributeName"))) continue;
    definitions.push_back({{"AttributeName", definition.at("AttributeName")},
                           {"AttributeType", definition.at("AttributeType")}});
  }
  return definitions;
}

json BodyOf(const json& table, bool on_demand, std::string_view name) {
  std::set<std::string> used_attributes;
  json body = {{"TableName", name},
               {"KeySchema", KeySchemaOf(table, used_attributes)},
               {"BillingMode", on_demand ? "PAY_PER_REQUEST" : "PROVISIONED"}};
  CopyCapacity(table, on_demand, json::object(), body);
  json global_indexes = GlobalIndexes(table, on_demand, used_attributes);
  json local_indexes = LocalIndexes(table, used_attributes);
  if (!global_indexes.empty()) body["GlobalSecondaryIndexes"] = std::move(global_indexes);
  if (!local_indexes.empty()) body["LocalSecondaryIndexes"] = std::move(local_indexes);
  body["AttributeDefinitions"] = DefinitionsOf(table, used_attributes);
  const std::string table_class =
      TextOr(MemberOr(table, "TableClassSummary", json::object()), "TableClass", "");
  if (!table_class.empty()) body["TableClass"] = table_class;
  return body;
}

}  // namespace

Result<std::string> CreateTableBody(const TableDescription& source, std::string_view name) {
  try {
    const json table = json::parse(source.json);
    if (!MemberOr(table, "VectorIndexes", json::array()).empty()) {
      return Fail(ErrorCode::kInvalid, "Table " + source.name +
                                           " has vector indexes, which are not copied. Create the "
                                           "target table by hand.");
    }
    return BodyOf(table, source.on_demand, name).dump();
  } catch (const json::exception& error) {
    return Fail(ErrorCode::kCorrupt, "The description of table " + source.name +
                                         " cannot be made into a new table: " + error.what());
  }
}

}  // namespace ddbsync::dynamodb
