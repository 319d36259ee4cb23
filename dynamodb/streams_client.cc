#include "dynamodb/streams_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dynamodb/json_text.h"
#include "dynamodb/limits.h"
#include "dynamodb/table_json_internal.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

constexpr aws::Operation MakeOperation(std::string_view name, Duration timeout) {
  return {.service = "streams",
          .target_prefix = "DynamoDBStreams_20120810",
          .name = name,
          .is_write = false,
          .timeout = timeout};
}

constexpr aws::Operation kListStreams = MakeOperation("ListStreams", limits::kControlTimeout);
constexpr aws::Operation kDescribeStream = MakeOperation("DescribeStream", limits::kControlTimeout);
constexpr aws::Operation kGetShardIterator =
    MakeOperation("GetShardIterator", limits::kControlTimeout);
constexpr aws::Operation kGetRecords = MakeOperation("GetRecords", limits::kReadTimeout);

std::string_view ToString(IteratorStart::Type type) {
  switch (type) {
    case IteratorStart::Type::kTrimHorizon:
      return "TRIM_HORIZON";
    case IteratorStart::Type::kLatest:
      return "LATEST";
    case IteratorStart::Type::kAtSequenceNumber:
      return "AT_SEQUENCE_NUMBER";
    case IteratorStart::Type::kAfterSequenceNumber:
      return "AFTER_SEQUENCE_NUMBER";
  }
  return "unknown";
}

ShardDescription ParseShard(const json& shard) {
  const json& range = MemberOr(shard, "SequenceNumberRange", json::object());
  return {.id = shard.at("ShardId"),
          .parent_id = TextOr(shard, "ParentShardId", ""),
          .starting_sequence_number = SequenceNumber(TextOr(range, "StartingSequenceNumber", "")),
          .ending_sequence_number = SequenceNumber(TextOr(range, "EndingSequenceNumber", ""))};
}

StreamPage ParseStreamPage(const json& answer) {
  const json& description = answer.at("StreamDescription");
  StreamPage page;
  page.status = description.at("StreamStatus");
  for (const json& shard : MemberOr(description, "Shards", json::array())) {
    page.shards.push_back(ParseShard(shard));
  }
  page.last_shard_id = TextOr(description, "LastEvaluatedShardId", "");
  return page;
}

}  // namespace

Result<std::pair<std::vector<StreamSummary>, std::string>> StreamsClient::ListStreams(
    std::string_view table, std::string_view start_arn) {
  using Streams = std::pair<std::vector<StreamSummary>, std::string>;
  json body = {{"TableName", table}};
  if (!start_arn.empty()) body["ExclusiveStartStreamArn"] = start_arn;
  return ParseAnswer<Streams>(
      kListStreams, client_.Call(kListStreams, body.dump()), [](const json& answer) {
        Streams streams;
        for (const json& stream : answer.at("Streams")) {
          streams.first.push_back(
              {.arn = stream.at("StreamArn"), .label = TextOr(stream, "StreamLabel", "")});
        }
        streams.second = TextOr(answer, "LastEvaluatedStreamArn", "");
        return streams;
      });
}

Result<StreamPage> StreamsClient::DescribeStream(std::string_view stream_arn,
                                                 std::string_view start_shard_id) {
  json body = {{"StreamArn", stream_arn}, {"Limit", limits::kMaxShardsPerCall}};
  if (!start_shard_id.empty()) body["ExclusiveStartShardId"] = start_shard_id;
  return ParseAnswer<StreamPage>(kDescribeStream, client_.Call(kDescribeStream, body.dump()),
                                 ParseStreamPage);
}

Result<std::string> StreamsClient::GetShardIterator(std::string_view stream_arn,
                                                    std::string_view shard_id,
                                                    const IteratorStart& start) {
  json body = {{"StreamArn", stream_arn},
               {"ShardId", shard_id},
               {"ShardIteratorType", ToString(start.type)}};
  // Refused with TRIM_HORIZON and LATEST, required with the others.
  if (start.type != IteratorStart::Type::kTrimHorizon &&
      start.type != IteratorStart::Type::kLatest) {
    DDBSYNC_CHECK(!start.sequence_number.empty());
    body["SequenceNumber"] = start.sequence_number.text();
  }
  return ParseAnswer<std::string>(
      kGetShardIterator, client_.Call(kGetShardIterator, body.dump()),
      [](const json& answer) { return answer.at("ShardIterator").get<std::string>(); });
}

Result<RecordPage> StreamsClient::GetRecords(std::string_view iterator, int limit,
                                             const KeySchema& schema) {
  std::string body = "{\"ShardIterator\":";
  AppendQuoted(iterator, body);
  body += ",\"Limit\":" + std::to_string(std::clamp(limit, 1, limits::kMaxRecordsPerCall)) + "}";
  Result<std::string> answer = client_.Call(kGetRecords, body);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return RecordPage::Parse(std::move(*answer), schema);
}

}  // namespace ddbsync::dynamodb
