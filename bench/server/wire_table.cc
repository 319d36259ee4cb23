#include "bench/server/wire_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ddbsync::bench {
namespace {

constexpr size_t kPageBytes = size_t{1} << 20;
constexpr size_t kReadUnitBytes = 4096;
constexpr size_t kAroundAPage = 512;  // of JSON, beside its items

}  // namespace

std::string WireTable::ScanPage(std::string_view request) const {
  const auto asked = nlohmann::json::parse(request);
  const uint64_t segment = asked.value("Segment", uint64_t{0});
  const uint64_t segments = asked.value("TotalSegments", uint64_t{1});
  uint64_t first = items_ * segment / segments;
  const uint64_t end = items_ * (segment + 1) / segments;
  if (asked.contains("ExclusiveStartKey")) {
    ForEachKey(asked["ExclusiveStartKey"].dump(), [&](uint64_t number) { first = number + 1; });
  }
  const uint64_t count =
      std::min<uint64_t>(end - first, std::max<size_t>(1, kPageBytes / shape_.bytes()));

  std::string page;
  page.reserve(count * (shape_.bytes() + shape_.bytes() / 4 + 64) + kAroundAPage);
  page = "{\"Items\":[";
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0) page += ',';
    shape_.AppendItem(first + i, page);
  }
  const std::string number = std::to_string(count);
  page.append("],\"Count\":").append(number).append(",\"ScannedCount\":").append(number);
  if (first + count < end) {
    page += ",\"LastEvaluatedKey\":";
    ItemShape::AppendKey(first + count - 1, page);
  }
  const uint64_t units = (count * shape_.bytes() + kReadUnitBytes - 1) / kReadUnitBytes;
  page.append(R"(,"ConsumedCapacity":{"TableName":")").append(name_);
  page.append(R"(","CapacityUnits":)").append(std::to_string(units)).append(".0}}");
  return page;
}

std::string WireTable::BatchGet(std::string_view request) const {
  std::string answer = "{\"Responses\":{\"" + name_ + "\":[";
  uint64_t count = 0;
  ForEachKey(request, [&](uint64_t number) {
    if (number >= items_) return;
    if (count++ > 0) answer += ',';
    shape_.AppendItem(number, answer);
  });
  const uint64_t units = count * ((shape_.bytes() + kReadUnitBytes - 1) / kReadUnitBytes);
  answer.append(R"(]},"UnprocessedKeys":{},"ConsumedCapacity":[{"TableName":")").append(name_);
  answer.append(R"(","CapacityUnits":)").append(std::to_string(units)).append(".0}]}");
  return answer;
}

}  // namespace ddbsync::bench
