#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"
#include "tests/support/scan_segment.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr int64_t kMaxSegments = 1000000;  // API reference of Scan

ScanSegment ReadRange(const json& request) {
  ScanSegment range;
  const bool has_segment = request.contains("Segment");
  const bool has_total = request.contains("TotalSegments");
  if (has_segment && !has_total) {
    RefuseInvalid(
        "The TotalSegments parameter is required but was not present in the request when Segment "
        "parameter is present");
  }
  if (has_total && !has_segment) {
    RefuseInvalid(
        "The Segment parameter is required but was not present in the request when parameter "
        "TotalSegments is present");
  }
  range.total = IntegerOr(request, "TotalSegments", 1, kMaxSegments, 1);
  range.segment = IntegerOr(request, "Segment", 0, kMaxSegments - 1, 0);
  if (range.segment >= range.total) {
    RefuseInvalid(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
        "Segment: " +
        std::to_string(range.segment) +
        " is not less than TotalSegments: " + std::to_string(range.total));
  }
  return range;
}

/// Where the page starts.
Position Start(const Table& table, json& request, const ScanSegment& range) {
  const auto after = request.find("ExclusiveStartKey");
  if (after == request.end() || after->is_null()) return FirstPosition(range.First());
  Position position;
  try {
    position = PositionOfKey(table.schema, *after);
  } catch (const Refusal& refusal) {
    RefuseInvalid("The provided starting key is invalid: " + refusal.message);
  }
  const uint64_t hash = HashOf(position);
  if (hash < range.First() || hash > range.Last()) {
    RefuseInvalid(
        "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
        "ExclusiveStartKey with correct Segment. TotalSegments: " +
        std::to_string(range.total) + " Segment: " + std::to_string(range.segment));
  }
  return position + '\0';  // the least position behind it
}

struct Page {
  std::string items;  ///< comma-separated
  int64_t count = 0;
  size_t bytes = 0;
  std::string last_key;  ///< empty: the segment's end was reached
};

Page ReadPage(const State& state, const Table& table, const Overlay& overlay, Position from,
              const ScanSegment& range, int64_t limit) {
  Page page;
  std::string last_key;
  Position found;
  while (const StoredItem* item = table.Next(from, overlay, found)) {
    if (HashOf(found) > range.Last()) return page;
    page.items.append(page.items.empty() ? "" : ",").append(item->json);
    page.bytes += item->bytes;
    last_key = item->key_json;
    // A full page says so even when nothing follows: only the next, empty one tells.
    if (++page.count == limit || page.bytes >= state.options.page_bytes) {
      page.last_key = std::move(last_key);
      return page;
    }
    from = found + '\0';
  }
  return page;
}

}  // namespace

std::string Scan(State& state, json& request) {
  CheckMembers(request, {"TableName", "Segment", "TotalSegments", "Limit", "ConsistentRead",
                         "ExclusiveStartKey", "ReturnConsumedCapacity", "Select"});
  const Table& table = state.TableOf(RequiredText(request, "TableName"));
  const ScanSegment range = ReadRange(request);
  const int64_t limit = IntegerOr(request, "Limit", 1, std::numeric_limits<int32_t>::max(),
                                  std::numeric_limits<int64_t>::max());
  const std::string select = request.value("Select", "ALL_ATTRIBUTES");
  if (select != "ALL_ATTRIBUTES" && select != "COUNT") {
    RefuseInvalid("The fake service does not know Select " + select);
  }
  const bool consistent = BoolOr(request, "ConsistentRead", false);
  const Overlay overlay = consistent ? Overlay{} : state.StaleView(table);
  const Page page = ReadPage(state, table, overlay, Start(table, request, range), range, limit);
  std::string body = "{";
  if (select != "COUNT") body += "\"Items\":[" + page.items + "],";
  const std::string count = std::to_string(page.count);
  body += "\"Count\":" + count + ",\"ScannedCount\":" + count;
  if (!page.last_key.empty()) body += ",\"LastEvaluatedKey\":" + page.last_key;
  body += ConsumedCapacity(state, request, table.name, ReadUnits(page.bytes, consistent));
  return body + "}";
}

}  // namespace ddbsync::fake
