#include "bench/server/wire_stream.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace ddbsync::bench {
namespace {

using nlohmann::json;

constexpr uint64_t kShardsOfAPage = 100;    // API reference of DescribeStream
constexpr uint64_t kRecordsOfAPage = 1000;  // and of GetRecords
constexpr size_t kPageBytes = size_t{1} << 20;
constexpr uint64_t kWindow = 1000;
constexpr double kLongest = 1e9;  // changes, of a stream with a rate

std::string ShardId(uint64_t shard) {
  constexpr size_t kBytes = 48;
  char text[kBytes];
  std::snprintf(text, sizeof text, "shardId-%020llu-%08llx", static_cast<unsigned long long>(shard),
                static_cast<unsigned long long>(shard));
  return text;
}

uint64_t ShardNumber(const std::string& id) {
  return std::stoull(id.substr(std::string_view("shardId-").size()));
}

/// 21 digits, as AWS's; the first record of a shard is 0.
std::string SequenceNumber(uint64_t record) {
  constexpr size_t kBytes = 32;
  char text[kBytes];
  std::snprintf(text, sizeof text, "1%020llu", static_cast<unsigned long long>(record));
  return text;
}

uint64_t RecordOf(const std::string& sequence_number) {
  return std::stoull(sequence_number.substr(1));
}

std::string IteratorText(uint64_t shard, uint64_t next) {
  return std::to_string(shard) + "|" + std::to_string(next);
}

std::pair<uint64_t, uint64_t> ReadIterator(const std::string& text) {
  const size_t bar = text.find('|');
  return {std::stoull(text.substr(0, bar)), std::stoull(text.substr(bar + 1))};
}

}  // namespace

WireStream::WireStream(Options options, const ItemShape& shape, uint64_t first_key,
                       const Clock& clock)
    : options_(std::move(options)),
      shape_(shape),
      first_key_(first_key),
      clock_(clock),
      began_(clock.Now()),
      began_wall_(clock.WallNow()) {}

std::string WireStream::DescribeStream(std::string_view request) const {
  const json asked = json::parse(request);
  json description = {{"StreamArn", options_.arn},
                      {"StreamStatus", "ENABLED"},
                      {"StreamViewType", "NEW_IMAGE"},
                      {"TableName", options_.table},
                      {"KeySchema", json::array({{{"AttributeName", "pk"}, {"KeyType", "HASH"}}})},
                      {"Shards", json::array()}};
  if (asked.contains("ShardFilter")) return json{{"StreamDescription", description}}.dump();
  const auto shards = static_cast<uint64_t>(options_.shards);
  uint64_t first = 0;
  if (asked.contains("ExclusiveStartShardId")) {
    first = ShardNumber(asked["ExclusiveStartShardId"].get<std::string>()) + 1;
  }
  const uint64_t end = std::min(first + kShardsOfAPage, shards);
  for (uint64_t shard = first; shard < end; ++shard) {
    description["Shards"].push_back(
        {{"ShardId", ShardId(shard)},
         {"SequenceNumberRange", {{"StartingSequenceNumber", SequenceNumber(0)}}}});
  }
  if (end < shards) description["LastEvaluatedShardId"] = ShardId(end - 1);
  return json{{"StreamDescription", std::move(description)}}.dump();
}

std::string WireStream::GetShardIterator(std::string_view request) const {
  const json asked = json::parse(request);
  const std::string type = asked.value("ShardIteratorType", "");
  uint64_t next = 0;
  if (type == "LATEST") next = Available();
  if (type == "AT_SEQUENCE_NUMBER") next = RecordOf(asked.value("SequenceNumber", "10"));
  if (type == "AFTER_SEQUENCE_NUMBER") next = RecordOf(asked.value("SequenceNumber", "10")) + 1;
  return json{{"ShardIterator", IteratorText(ShardNumber(asked.value("ShardId", "")), next)}}
      .dump();
}

std::string WireStream::GetRecords(std::string_view request) const {
  const json asked = json::parse(request);
  const auto [shard, first] = ReadIterator(asked.value("ShardIterator", "0|0"));
  const uint64_t there = shard == 0 ? Available() : first;
  const uint64_t most = std::min<uint64_t>(asked.value("Limit", kRecordsOfAPage),
                                           std::max<size_t>(1, kPageBytes / shape_.bytes()));
  const uint64_t count = std::min(most, there - std::min(there, first));
  std::string page;
  constexpr size_t kAroundARecord = 512;
  page.reserve(count * (shape_.bytes() + shape_.bytes() / 4 + kAroundARecord) + kAroundARecord);
  page = "{\"Records\":[";
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0) page += ',';
    AppendRecord(first + i, page);
  }
  return page.append("],\"NextShardIterator\":\"")
      .append(IteratorText(shard, first + count))
      .append("\"}");
}

uint64_t WireStream::ShardPolled(std::string_view request) {
  return ReadIterator(json::parse(request).value("ShardIterator", "0|0")).first;
}

void WireStream::AppendRecord(uint64_t record, std::string& out) const {
  const uint64_t key = KeyOf(record);
  const std::string sequence_number = SequenceNumber(record);
  out.append(R"({"awsRegion":"us-east-1","dynamodb":{"ApproximateCreationDateTime":)")
      .append(std::to_string(SecondsOf(record)))
      .append(",\"Keys\":");
  ItemShape::AppendKey(key, out);
  out.append(",\"NewImage\":");
  shape_.AppendItem(key, out);
  out.append(",\"SequenceNumber\":\"").append(sequence_number).append("\",\"SizeBytes\":");
  out.append(std::to_string(shape_.bytes()))
      .append(R"(,"StreamViewType":"NEW_IMAGE"},"eventID":")");
  out.append(sequence_number)
      .append(R"(","eventName":"MODIFY","eventSource":"aws:dynamodb","eventVersion":"1.1"})");
}

uint64_t WireStream::Available() const {
  if (options_.rate <= 0) return options_.records;
  const std::chrono::duration<double> passed = clock_.Now() - began_;
  return static_cast<uint64_t>(std::min(passed.count() * options_.rate, kLongest));
}

uint64_t WireStream::KeyOf(uint64_t record) const {
  const auto distinct = kWindow * static_cast<uint64_t>(options_.distinct_percent) / 100;
  return first_key_ + record / kWindow * distinct + record % kWindow % distinct;
}

int64_t WireStream::SecondsOf(uint64_t record) const {
  const auto began =
      std::chrono::floor<std::chrono::seconds>(began_wall_.time_since_epoch()).count();
  if (options_.rate <= 0) return began;
  return began + static_cast<int64_t>(static_cast<double>(record) / options_.rate);
}

TimePoint WireStream::VisibleAt(uint64_t key) const {
  if (options_.rate <= 0 || options_.distinct_percent < 100 || key < first_key_) {
    return TimePoint::max();
  }
  // The first moment at which Available() counts it.
  return began_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
                      static_cast<double>(key - first_key_ + 1) / options_.rate));
}

uint64_t WireStream::keys() const {
  if (options_.rate > 0) return first_key_;
  return first_key_ + options_.records + kWindow;
}

}  // namespace ddbsync::bench
