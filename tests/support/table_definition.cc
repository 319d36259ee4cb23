#include "tests/support/table_definition.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/refusal.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr size_t kMinNameBytes = 3;
constexpr size_t kMaxNameBytes = 255;

constexpr const char* kInvalid = "One or more parameter values were invalid: ";

void CheckName(const std::string& name) {
  const bool characters =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
      std::string::npos;
  if (name.size() >= kMinNameBytes && name.size() <= kMaxNameBytes && characters) return;
  RefuseInvalid(
      "TableName must be at least 3 characters long and at most 255 characters long, and match "
      "[a-zA-Z0-9_.-]+");
}

/// Reads the types of attributes and notices which of them keys use.
class AttributeTypes {
 public:
  explicit AttributeTypes(const json& definitions) {
    for (const json& definition : definitions) {
      const std::string type = RequiredText(definition, "AttributeType");
      if (type != "S" && type != "N" && type != "B") {
        RefuseInvalid(std::string(kInvalid) + "Member must satisfy enum value set: [B, N, S]");
      }
      types_[RequiredText(definition, "AttributeName")] = type[0];
    }
  }

  KeyPart Use(const json& element) {
    const std::string name = RequiredText(element, "AttributeName");
    const auto found = types_.find(name);
    if (found == types_.end()) {
      RefuseInvalid(std::string(kInvalid) +
                    "Some index key attributes are not defined in AttributeDefinitions. Keys: [" +
                    name + "]");
    }
    used_.insert(name);
    return KeyPart{name, found->second};
  }

  void CheckAllUsed() const {
    if (used_.size() == types_.size()) return;
    RefuseInvalid(std::string(kInvalid) +
                  "Number of attributes in KeySchema does not exactly match number of attributes "
                  "defined in AttributeDefinitions");
  }

 private:
  std::map<std::string, char> types_;
  std::set<std::string> used_;
};

TableSchema ReadKeySchema(const json& elements, AttributeTypes& types) {
  const bool shape = elements.is_array() && !elements.empty() && elements.size() <= 2 &&
                     elements[0].value("KeyType", "") == "HASH" &&
                     (elements.size() == 1 || elements[1].value("KeyType", "") == "RANGE");
  if (!shape) {
    RefuseInvalid(std::string(kInvalid) +
                  "Invalid KeySchema: The first KeySchemaElement is not a HASH key type, or the "
                  "second is not a RANGE key type");
  }
  TableSchema schema{types.Use(elements[0]), {}};
  if (elements.size() == 2) schema.sort = types.Use(elements[1]);
  if (schema.sort && schema.sort->name == schema.partition.name) {
    RefuseInvalid(
        std::string(kInvalid) +
        "Both the Hash Key and the Range Key element in the KeySchema have the same name");
  }
  return schema;
}

void ReadThroughput(const json& request, TableDefinition& definition) {
  const auto throughput = request.find("ProvisionedThroughput");
  if (definition.on_demand) {
    if (throughput == request.end()) return;
    RefuseInvalid(std::string(kInvalid) +
                  "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                  "BillingMode is PAY_PER_REQUEST");
  }
  if (throughput == request.end()) {
    RefuseInvalid(
        std::string(kInvalid) +
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode "
        "is PROVISIONED");
  }
  constexpr int64_t kMaxUnits = int64_t{1} << 53;
  definition.read_units = IntegerOr(*throughput, "ReadCapacityUnits", 1, kMaxUnits, 0);
  definition.write_units = IntegerOr(*throughput, "WriteCapacityUnits", 1, kMaxUnits, 0);
}

void ReadIndexes(const json& request, const char* member, AttributeTypes& types,
                 TableDefinition& definition, json& described) {
  const auto indexes = request.find(member);
  if (indexes == request.end()) return;
  for (const json& index : *indexes) {
    const std::string name = RequiredText(index, "IndexName");
    for (const json& element : index.at("KeySchema")) {
      definition.index_keys.push_back({types.Use(element), name});
    }
    json shown = index;
    shown["IndexStatus"] = "ACTIVE";
    shown["ItemCount"] = 0;
    described[member].push_back(std::move(shown));
  }
}

}  // namespace

TableDefinition ReadDefinition(const json& request) {
  CheckName(RequiredText(request, "TableName"));
  for (const char* member : {"AttributeDefinitions", "KeySchema"}) {
    if (!request.contains(member)) RefuseInvalid(std::string(kInvalid) + member + " is required");
  }
  AttributeTypes types(request.at("AttributeDefinitions"));
  TableDefinition definition;
  definition.schema = ReadKeySchema(request.at("KeySchema"), types);
  json described = {{"AttributeDefinitions", request.at("AttributeDefinitions")},
                    {"KeySchema", request.at("KeySchema")}};
  ReadIndexes(request, "GlobalSecondaryIndexes", types, definition, described);
  ReadIndexes(request, "LocalSecondaryIndexes", types, definition, described);
  types.CheckAllUsed();
  definition.on_demand = request.value("BillingMode", "PROVISIONED") == "PAY_PER_REQUEST";
  ReadThroughput(request, definition);
  definition.json = described.dump();
  definition.json = definition.json.substr(1, definition.json.size() - 2);
  return definition;
}

void ApplyBilling(const json& request, Table& table) {
  TableDefinition wanted;
  wanted.on_demand = table.on_demand;
  if (request.contains("BillingMode")) {
    wanted.on_demand = RequiredText(request, "BillingMode") == "PAY_PER_REQUEST";
  }
  ReadThroughput(request, wanted);
  table.on_demand = wanted.on_demand;
  table.read_units = wanted.read_units;
  table.write_units = wanted.write_units;
}

}  // namespace ddbsync::fake
