#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

enum class StreamView { kKeysOnly, kNewImage, kOldImage, kNewAndOldImages };
std::string_view ToString(StreamView view);
/// None: not one of them.
[[nodiscard]] std::optional<StreamView> ParseStreamView(std::string_view text);

/// A global secondary index. Its key may have several attributes in each role, and is not unique.
struct GlobalIndex {
  std::string name;
  std::string status;  ///< "ACTIVE", "CREATING", ...; empty on servers that give none
  std::vector<KeyAttribute> partition;
  std::vector<KeyAttribute> sort;
  friend bool operator==(const GlobalIndex&, const GlobalIndex&) = default;
};

/// A table of the same data in another region.
struct Replica {
  std::string region;
  std::string status;  ///< "ACTIVE", ...; empty on servers that give none
  friend bool operator==(const Replica&, const Replica&) = default;
};

/// What DescribeTable says, as far as a copy needs it.
struct TableDescription {
  std::string name;
  std::string arn;
  std::string id;      ///< TableId; empty on servers that have none
  std::string status;  ///< "ACTIVE", ...
  WallTime created;
  KeySchema key;
  std::string latest_stream_arn;          ///< empty: never had one
  std::optional<StreamView> stream_view;  ///< none: the stream is not enabled
  bool on_demand = false;
  double read_units = 0;  ///< provisioned; 0 on demand
  double write_units = 0;
  int64_t item_count = 0;  ///< refreshed every six hours: an estimate
  int64_t size_bytes = 0;
  std::vector<GlobalIndex> global_indexes;
  std::vector<Replica> replicas;  ///< of a global table, without the table itself
  std::string json;               ///< the whole "Table" object

  /// TableId, or ARN and creation time where the server gives no id.
  [[nodiscard]] std::string Identity() const;
};

/// Errors: kCorrupt.
[[nodiscard]] Result<TableDescription> ParseTable(std::string_view response_body);

/// The body of a CreateTable that makes a table with the source's keys, indexes, billing mode and
/// capacity under another name (traps: docs of DescribeTable vs CreateTable; no stream, no tags).
/// What is left out, and why: create_table.cc. Errors: kCorrupt; kInvalid (the source has an index
/// of a kind that cannot be copied).
[[nodiscard]] Result<std::string> CreateTableBody(const TableDescription& source,
                                                  std::string_view name);

}  // namespace ddbsync::dynamodb
