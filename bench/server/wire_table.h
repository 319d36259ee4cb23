#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/server/item_shape.h"

namespace ddbsync::bench {

/// A table of `items` items, numbered in scan order, that exists only as the pages a Scan asks for.
/// Immutable; any thread.
class WireTable {
 public:
  /// `shape` outlives it.
  WireTable(std::string_view name, uint64_t items, const ItemShape& shape)
      : name_(name), items_(items), shape_(shape) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] uint64_t items() const { return items_; }
  [[nodiscard]] const ItemShape& shape() const { return shape_; }

  /// The answer to a Scan: pages of 1 MB, consumption as of consistent reads.
  [[nodiscard]] std::string ScanPage(std::string_view request) const;
  /// The answer to a BatchGetItem of this table alone, likewise.
  [[nodiscard]] std::string BatchGet(std::string_view request) const;

 private:
  const std::string name_;
  const uint64_t items_;
  const ItemShape& shape_;
};

}  // namespace ddbsync::bench
