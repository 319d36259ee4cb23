#include "cutover/schema_parity.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "dynamodb/key_schema.h"

namespace ddbsync::cutover {
namespace {

using nlohmann::json;

struct Index {
  std::string keys;        ///< "owner S HASH, made N RANGE"
  std::string projection;  ///< "INCLUDE: a, b"
  std::string status;      ///< empty: the server gives none
};

std::string TypeOf(const json& table, const std::string& attribute) {
  for (const json& definition : table.at("AttributeDefinitions")) {
    if (definition.at("AttributeName") == attribute) return definition.at("AttributeType");
  }
  return "?";
}

std::string Keys(const json& table, const json& index) {
  std::string keys;
  for (const json& element : index.at("KeySchema")) {
    const std::string name = element.at("AttributeName");
    if (!keys.empty()) keys += ", ";
    keys += name + " " + TypeOf(table, name) + " " + element.at("KeyType").get<std::string>();
  }
  return keys;
}

std::string Projection(const json& index) {
  const json& projection = index.at("Projection");
  std::string text = projection.at("ProjectionType");
  auto names = projection.value("NonKeyAttributes", std::vector<std::string>());
  std::ranges::sort(names);
  const char* between = ": ";
  for (const std::string& name : names) {
    text += between + name;
    between = ", ";
  }
  return text;
}

std::map<std::string, Index> Indexes(const json& table, const char* member) {
  std::map<std::string, Index> indexes;
  const auto listed = table.find(member);
  if (listed == table.end() || listed->is_null()) return indexes;
  for (const json& index : *listed) {
    indexes[index.at("IndexName")] = {.keys = Keys(table, index),
                                      .projection = Projection(index),
                                      .status = index.value("IndexStatus", "")};
  }
  return indexes;
}

/// Of the target's index; empty: none.
std::string Fault(const std::string& name, const Index& source,
                  const std::map<std::string, Index>& target) {
  const auto found = target.find(name);
  if (found == target.end()) return "the target has no index " + name;
  const Index& index = found->second;
  if (index.keys != source.keys) {
    return "index " + name + " has the key " + source.keys + " at the source, " + index.keys +
           " at the target";
  }
  if (index.projection != source.projection) {
    return "index " + name + " projects " + source.projection + " at the source, " +
           index.projection + " at the target";
  }
  if (!index.status.empty() && index.status != "ACTIVE") {
    return "the target's index " + name + " is " + index.status;
  }
  return "";
}

}  // namespace

std::vector<std::string> SchemaFaults(const dynamodb::TableDescription& source,
                                      const dynamodb::TableDescription& target) {
  std::vector<std::string> faults;
  if (source.key != target.key) {
    faults.push_back("the key is " + dynamodb::ToString(source.key) + " at the source, " +
                     dynamodb::ToString(target.key) + " at the target");
  }
  try {
    const json left = json::parse(source.json);
    const json right = json::parse(target.json);
    for (const char* member : {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"}) {
      const auto indexes = Indexes(right, member);
      for (const auto& [name, index] : Indexes(left, member)) {
        if (std::string fault = Fault(name, index, indexes); !fault.empty()) {
          faults.push_back(std::move(fault));
        }
      }
    }
  } catch (const json::exception& error) {
    faults.push_back(std::string("their indexes cannot be read: ") + error.what());
  }
  return faults;
}

}  // namespace ddbsync::cutover
