#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tests/support/table.h"

namespace ddbsync::fake {

/// What a CreateTable request says, checked.
struct TableDefinition {
  TableSchema schema;
  std::vector<IndexKeyPart> index_keys;
  bool on_demand = false;
  int64_t read_units = 0;
  int64_t write_units = 0;
  std::string json;  ///< Table::definition_json
};

/// Refuses as CreateTable does: undefined or unused attributes, bad keys, missing throughput.
TableDefinition ReadDefinition(const nlohmann::json& request);

/// BillingMode and ProvisionedThroughput of an UpdateTable.
void ApplyBilling(const nlohmann::json& request, Table& table);

}  // namespace ddbsync::fake
