#include "dynamodb/table.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "dynamodb/table_json_internal.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

std::optional<KeyType> ParseKeyType(const std::string& tag) {
  for (const KeyType type : {KeyType::kString, KeyType::kNumber, KeyType::kBinary}) {
    if (tag.size() == 1 && tag[0] == TypeTag(type)) return type;
  }
  return std::nullopt;
}

std::unexpected<Error> NotATable(std::string_view why) {
  return Fail(ErrorCode::kCorrupt,
              "What came back does not describe a table: " + std::string(why) + ".");
}

Result<KeyAttribute> ParseKeyAttribute(const json& table, const std::string& name) {
  for (const json& definition : table.at("AttributeDefinitions")) {
    if (definition.at("AttributeName") != name) continue;
    const std::optional<KeyType> type = ParseKeyType(definition.at("AttributeType"));
    if (!type) return NotATable("the type of \"" + name + "\" is not S, N or B");
    return KeyAttribute{.name = name, .type = *type};
  }
  return NotATable("it does not define its key attribute \"" + name + "\"");
}

Result<KeySchema> ParseKeySchema(const json& table) {
  std::optional<KeyAttribute> partition;
  std::optional<KeyAttribute> sort;
  for (const json& element : table.at("KeySchema")) {
    const bool is_partition = element.at("KeyType") == "HASH";
    std::optional<KeyAttribute>& place = is_partition ? partition : sort;
    if (place) return NotATable("its key has two attributes of one role");
    Result<KeyAttribute> attribute = ParseKeyAttribute(table, element.at("AttributeName"));
    if (!attribute) return std::unexpected(std::move(attribute.error()));
    place = std::move(*attribute);
  }
  if (!partition) return NotATable("it has no partition key");
  return KeySchema{.partition = std::move(*partition), .sort = std::move(sort)};
}

WallTime ParseTime(double seconds) {
  return WallTime(std::chrono::milliseconds(std::llround(seconds * 1000)));
}

/// The stream is on only where StreamSpecification says so: LatestStreamArn outlives it.
Result<void> ParseStream(const json& table, TableDescription& description) {
  description.latest_stream_arn = TextOr(table, "LatestStreamArn", "");
  const json& specification = MemberOr(table, "StreamSpecification", json::object());
  if (!specification.value("StreamEnabled", false)) return {};
  const std::string view = specification.at("StreamViewType");
  description.stream_view = ParseStreamView(view);
  if (!description.stream_view) return NotATable("its stream has the unknown view " + view);
  return {};
}

void ParseCapacity(const json& table, TableDescription& description) {
  const json& throughput = MemberOr(table, "ProvisionedThroughput", json::object());
  const double read_units = throughput.value("ReadCapacityUnits", 0.0);
  const double write_units = throughput.value("WriteCapacityUnits", 0.0);
  // Tables that were always provisioned have no summary; provisioned units are never below one.
  const json& summary = MemberOr(table, "BillingModeSummary", json::object());
  description.on_demand = summary.contains("BillingMode")
                              ? summary.at("BillingMode") == "PAY_PER_REQUEST"
                              : read_units == 0 && write_units == 0;
  if (description.on_demand) return;
  description.read_units = read_units;
  description.write_units = write_units;
}

Result<std::vector<GlobalIndex>> ParseGlobalIndexes(const json& table) {
  std::vector<GlobalIndex> indexes;
  for (const json& index : MemberOr(table, "GlobalSecondaryIndexes", json::array())) {
    GlobalIndex parsed{.name = index.at("IndexName"),
                       .status = TextOr(index, "IndexStatus", ""),
                       .partition = {},
                       .sort = {}};
    for (const json& element : index.at("KeySchema")) {
      Result<KeyAttribute> attribute = ParseKeyAttribute(table, element.at("AttributeName"));
      if (!attribute) return std::unexpected(std::move(attribute.error()));
      const bool is_partition = element.at("KeyType") == "HASH";
      (is_partition ? parsed.partition : parsed.sort).push_back(std::move(*attribute));
    }
    indexes.push_back(std::move(parsed));
  }
  return indexes;
}

/// The fourth part of an ARN.
std::string RegionOf(const std::string& arn) {
  size_t start = 0;
  for (int colons = 0; colons < 3; ++colons) {
    start = arn.find(':', start);
    if (start == std::string::npos) return {};
    ++start;
  }
  return arn.substr(start, arn.find(':', start) - start);
}

std::vector<Replica> ParseReplicas(const json& table, const std::string& own_region) {
  std::vector<Replica> replicas;
  for (const json& replica : MemberOr(table, "Replicas", json::array())) {
    std::string region = replica.at("RegionName");
    if (region == own_region) continue;
    replicas.push_back({std::move(region), TextOr(replica, "ReplicaStatus", "")});
  }
  return replicas;
}

Result<TableDescription> ParseTableObject(const json& table) {
  TableDescription description;
  description.name = table.at("TableName");
  description.arn = TextOr(table, "TableArn", "");
  description.id = TextOr(table, "TableId", "");
  description.status = table.at("TableStatus");
  description.created = ParseTime(MemberOr(table, "CreationDateTime", 0.0).get<double>());
  description.item_count = MemberOr(table, "ItemCount", 0).get<int64_t>();
  description.size_bytes = MemberOr(table, "TableSizeBytes", 0).get<int64_t>();
  ParseCapacity(table, description);
  if (Result<void> parsed = ParseStream(table, description); !parsed) {
    return std::unexpected(std::move(parsed.error()));
  }
  Result<KeySchema> key = ParseKeySchema(table);
  if (!key) return std::unexpected(std::move(key.error()));
  description.key = std::move(*key);
  Result<std::vector<GlobalIndex>> indexes = ParseGlobalIndexes(table);
  if (!indexes) return std::unexpected(std::move(indexes.error()));
  description.global_indexes = std::move(*indexes);
  description.replicas = ParseReplicas(table, RegionOf(description.arn));
  description.json = table.dump();
  return description;
}

}  // namespace

std::optional<StreamView> ParseStreamView(std::string_view text) {
  for (const StreamView view : {StreamView::kKeysOnly, StreamView::kNewImage, StreamView::kOldImage,
                                StreamView::kNewAndOldImages}) {
    if (ToString(view) == text) return view;
  }
  return std::nullopt;
}

std::string_view ToString(StreamView view) {
  switch (view) {
    case StreamView::kKeysOnly:
      return "KEYS_ONLY";
    case StreamView::kNewImage:
      return "NEW_IMAGE";
    case StreamView::kOldImage:
      return "OLD_IMAGE";
    case StreamView::kNewAndOldImages:
      return "NEW_AND_OLD_IMAGES";
  }
  return "unknown";
}

std::string TableDescription::Identity() const {
  if (!id.empty()) return id;
  return arn + "@" + std::to_string(created.time_since_epoch().count());
}

Result<TableDescription> ParseTable(std::string_view response_body) {
  try {
    return ParseTableObject(json::parse(response_body).at("Table"));
  } catch (const json::exception& error) {
    return NotATable(error.what());
  }
}

}  // namespace ddbsync::dynamodb
