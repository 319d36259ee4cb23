#include <algorithm>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/support/base64.h"
#include "tests/support/refusal.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr int kMaxListed = 100;    // API reference of ListStreams and DescribeStream
constexpr int kMaxRecords = 1000;  // API reference of GetRecords
constexpr size_t kMinShardIdBytes = 28;
constexpr std::chrono::seconds kLongRest{10};
constexpr std::chrono::minutes kMissPause{4};

/// What an iterator stands for. Given out as text that nobody should read.
struct Iterator {
  std::string stream_arn;
  std::string shard_id;
  uint64_t after = 0;  ///< ordinal of the last record before it
  int64_t issued_ns = 0;
  int empty_pages = 0;  ///< in a row, so far; counted anew when there may be more
};

std::string ToText(const Iterator& iterator) {
  const json inner = {iterator.shard_id, iterator.after, iterator.issued_ns, iterator.empty_pages};
  return iterator.stream_arn + "|1|" + EncodeBase64(inner.dump());
}

Iterator ReadIterator(const std::string& text) {
  const size_t bar = text.find("|1|");
  const auto inner = bar == std::string::npos ? std::nullopt : DecodeBase64(text.substr(bar + 3));
  const json fields = inner ? json::parse(*inner, nullptr, false) : json();
  if (!fields.is_array() || fields.size() != 4) RefuseInvalid("Invalid ShardIterator");
  return {text.substr(0, bar), fields[0].get<std::string>(), fields[1].get<uint64_t>(),
          fields[2].get<int64_t>(), fields[3].get<int>()};
}

/// As AWS writes times in streams: 1.7672256E9.
std::string ScientificSeconds(Instant time) {
  constexpr int kBytes = 32;
  char text[kBytes];
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  std::snprintf(text, sizeof text, "%.9E", static_cast<double>(seconds));
  return text;
}

json ShardJson(const Shard& shard, Instant now) {
  json range = {{"StartingSequenceNumber", SequenceText(shard.first_ordinal)}};
  if (shard.closed && now >= shard.seen_closed) {
    range["EndingSequenceNumber"] = SequenceText(shard.last_ordinal);
  }
  json body = {{"ShardId", shard.id}, {"SequenceNumberRange", std::move(range)}};
  if (!shard.parent_id.empty()) body["ParentShardId"] = shard.parent_id;
  return body;
}

/// The parent of ShardFilter; empty when there is no filter.
std::string FilterParent(const State& state, const json& request) {
  const auto filter = request.find("ShardFilter");
  if (filter == request.end() || state.options.streams.ignore_shard_filter) return {};
  const std::string type = filter->value("Type", "");
  const std::string parent = filter->value("ShardId", "");
  if (type != "CHILD_SHARDS") {
    RefuseInvalid("1 validation error detected: Value '" + type +
                  "' at 'shardFilter.type' failed to satisfy constraint: Member must satisfy enum "
                  "value set: [CHILD_SHARDS]");
  }
  if (parent.size() < kMinShardIdBytes) {
    RefuseInvalid(
        "1 validation error detected: Value '" + parent +
        "' at 'shardFilter.shardId' failed to satisfy constraint: Member must have length "
        "greater than or equal to 28");
  }
  return parent;
}

/// The ordinal behind which an iterator by sequence number starts.
uint64_t OrdinalBefore(const Stream& stream, const Shard& shard, const std::string& text, bool at) {
  const auto ordinal = OrdinalOf(text);
  const uint64_t last = shard.closed ? shard.last_ordinal : stream.last_ordinal();
  if (!ordinal || *ordinal < shard.first_ordinal || *ordinal > last) {
    RefuseInvalid("Invalid SequenceNumber: " + text);
  }
  // The shard's own start stands for all that is left of it.
  if (at && *ordinal == shard.first_ordinal) {
    return std::max(*ordinal - 1, shard.trimmed_through);
  }
  if (*ordinal <= shard.trimmed_through) {
    RefuseTrimmed(
        "The operation attempted to read past the oldest stream record in a shard: the requested "
        "sequence number is older than the trim horizon");
  }
  return at ? *ordinal - 1 : *ordinal;
}

uint64_t StartOrdinal(const Stream& stream, const Shard& shard, const json& request) {
  const std::string type = RequiredText(request, "ShardIteratorType");
  const bool by_number = type == "AT_SEQUENCE_NUMBER" || type == "AFTER_SEQUENCE_NUMBER";
  if (!by_number && type != "TRIM_HORIZON" && type != "LATEST") {
    RefuseInvalid("1 validation error detected: Value '" + type +
                  "' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum "
                  "value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]");
  }
  if (by_number != request.contains("SequenceNumber")) {
    RefuseInvalid(by_number ? "SequenceNumber is required for ShardIteratorType " + type
                            : "SequenceNumber is not allowed for ShardIteratorType " + type);
  }
  if (by_number) {
    return OrdinalBefore(stream, shard, RequiredText(request, "SequenceNumber"),
                         type == "AT_SEQUENCE_NUMBER");
  }
  if (type == "LATEST")
    return shard.records.empty() ? stream.last_ordinal() : shard.records.back().ordinal;
  return std::max(shard.first_ordinal - 1, shard.trimmed_through);
}

std::string RecordText(const State& state, const Stream& stream, const Record& record) {
  constexpr int kEventIdBytes = 33;
  char event_id[kEventIdBytes];
  std::snprintf(event_id, sizeof event_id, "%016llx%016llx",
                static_cast<unsigned long long>(record.at.time_since_epoch().count()),
                static_cast<unsigned long long>(record.ordinal));
  std::string text =
      std::string("{\"eventID\":\"") + event_id + "\",\"eventName\":\"" + record.event +
      "\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\"," + "\"awsRegion\":\"" +
      state.options.region +
      "\",\"dynamodb\":{\"ApproximateCreationDateTime\":" + ScientificSeconds(record.at) +
      ",\"Keys\":" + record.key_json;
  if (record.new_image) text += ",\"NewImage\":" + *record.new_image;
  if (record.old_image) text += ",\"OldImage\":" + *record.old_image;
  text += ",\"SequenceNumber\":\"" + SequenceText(record.ordinal) +
          "\",\"SizeBytes\":" + std::to_string(record.bytes) + ",\"StreamViewType\":\"" +
          stream.identity().view + "\"}";
  if (record.by_ttl) {
    text += R"(,"userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"})";
  }
  return text + "}";
}

struct RecordsPage {
  std::string text;  ///< comma-separated
  bool empty = true;
  uint64_t last = 0;
  bool reached_end = false;  ///< nothing follows in the shard, for now
};

RecordsPage ReadRecords(const State& state, const Stream& stream, const Shard& shard,
                        uint64_t after, size_t limit) {
  RecordsPage page;
  page.last = after;
  auto next = std::upper_bound(
      shard.records.begin(), shard.records.end(), after,
      [](uint64_t ordinal, const Record& record) { return ordinal < record.ordinal; });
  size_t bytes = 0;
  for (size_t count = 0; next != shard.records.end() && count < limit; ++next, ++count) {
    if (next->readable > state.now) break;
    bytes += next->bytes;
    if (!page.empty && bytes > state.options.streams.records_page_bytes) break;
    page.text.append(page.empty ? "" : ",").append(RecordText(state, stream, *next));
    page.empty = false;
    page.last = next->ordinal;
  }
  page.reached_end = next == shard.records.end();
  return page;
}

const Shard& ShardOf(const Stream& stream, const std::string& shard_id) {
  const Shard* shard = stream.Find(shard_id);
  if (shard == nullptr) {
    RefuseNotFound("Requested resource not found: Shard: " + shard_id +
                   " in Stream: " + stream.identity().arn + " not found");
  }
  return *shard;
}

}  // namespace

std::string ListStreams(State& state, json& request) {
  CheckMembers(request, {"TableName", "Limit", "ExclusiveStartStreamArn"});
  const int64_t limit = IntegerOr(request, "Limit", 1, kMaxListed, kMaxListed);
  const std::string table = request.value("TableName", "");
  const std::string after = request.value("ExclusiveStartStreamArn", "");
  json listed = json::array();
  std::string last;
  for (auto next = state.streams.upper_bound(after); next != state.streams.end(); ++next) {
    const Stream::Identity& identity = next->second.identity();
    if (!table.empty() && identity.table != table) continue;
    listed.push_back({{"StreamArn", identity.arn},
                      {"StreamLabel", identity.label},
                      {"TableName", identity.table}});
    // Given even when nothing follows, as AWS may do.
    if (listed.size() == static_cast<size_t>(limit)) {
      last = identity.arn;
      break;
    }
  }
  json body = {{"Streams", std::move(listed)}};
  if (!last.empty()) body["LastEvaluatedStreamArn"] = last;
  return body.dump();
}

std::string DescribeStream(State& state, json& request) {
  CheckMembers(request, {"StreamArn", "Limit", "ExclusiveStartShardId", "ShardFilter"});
  const int64_t limit = std::min<int64_t>(IntegerOr(request, "Limit", 1, kMaxListed, kMaxListed),
                                          state.options.streams.describe_page);
  const Stream& stream = state.StreamOf(RequiredText(request, "StreamArn"));
  const std::string parent = FilterParent(state, request);
  const std::string after = request.value("ExclusiveStartShardId", "");
  const Stream::Identity& identity = stream.identity();
  const std::string status = stream.Status(state.now);
  json shards = json::array();
  std::string last;
  for (const auto& shard : stream.shards()) {
    if (status == "ENABLING" || shard->listed > state.now || shard->id <= after) continue;
    if (!parent.empty() && shard->parent_id != parent) continue;
    if (shard->closed && state.now - shard->missed > kMissPause &&
        state.random.Chance(state.options.streams.listing_miss_rate)) {
      shard->missed = state.now;
      continue;
    }
    shards.push_back(ShardJson(*shard, state.now));
    // Given even when nothing follows, as AWS may do.
    if (shards.size() == static_cast<size_t>(limit)) {
      last = shard->id;
      break;
    }
  }
  json body = {{"StreamArn", identity.arn},   {"StreamLabel", identity.label},
               {"StreamStatus", status},      {"StreamViewType", identity.view},
               {"TableName", identity.table}, {"KeySchema", json::parse(identity.key_schema_json)},
               {"Shards", std::move(shards)}};
  if (!last.empty()) body["LastEvaluatedShardId"] = last;
  const std::string rest = body.dump();
  return "{\"StreamDescription\":{\"CreationRequestDateTime\":" +
         ScientificSeconds(stream.created()) + "," + rest.substr(1) + "}";
}

std::string GetShardIterator(State& state, json& request) {
  CheckMembers(request, {"StreamArn", "ShardId", "ShardIteratorType", "SequenceNumber"});
  const Stream& stream = state.StreamOf(RequiredText(request, "StreamArn"));
  const Shard& shard = ShardOf(stream, RequiredText(request, "ShardId"));
  const Iterator iterator{stream.identity().arn, shard.id, StartOrdinal(stream, shard, request),
                          state.now.time_since_epoch().count()};
  return json{{"ShardIterator", ToText(iterator)}}.dump();
}

std::string GetRecords(State& state, json& request) {
  CheckMembers(request, {"ShardIterator", "Limit"});
  const auto limit = static_cast<size_t>(
      std::min<int64_t>(IntegerOr(request, "Limit", 1, kMaxRecords, kMaxRecords),
                        state.options.streams.records_page));
  Iterator iterator = ReadIterator(RequiredText(request, "ShardIterator"));
  const Instant issued{std::chrono::nanoseconds(iterator.issued_ns)};
  if (state.fault == FaultKind::kExpiredIterator ||
      state.now - issued > state.options.streams.iterator_life) {
    RefuseExpiredIterator("Iterator expired. The iterator was created more than 15 minutes ago.");
  }
  const Stream& stream = state.StreamOf(iterator.stream_arn);
  const Shard& shard = ShardOf(stream, iterator.shard_id);
  if (iterator.after < shard.trimmed_through) {
    RefuseTrimmed(
        "The operation attempted to read past the oldest stream record in a shard: the iterator is "
        "older than the trim horizon");
  }
  RecordsPage page = ReadRecords(state, stream, shard, iterator.after, limit);
  // After a seek or a long rest a sparse shard is searched a piece at a time, and most pieces hold
  // nothing. Who has come to records or to the tip meets one such piece at most.
  const int most = state.options.streams.max_empty_pages;
  if (state.now - issued > kLongRest) iterator.empty_pages = 0;
  if (iterator.empty_pages < most && state.random.Chance(state.options.streams.empty_page_rate)) {
    page = RecordsPage{{}, true, iterator.after, false};
    ++iterator.empty_pages;
  } else {
    iterator.empty_pages = std::max(most - 1, 0);
  }
  iterator.after = page.last;
  iterator.issued_ns = state.now.time_since_epoch().count();
  // The end shows either with the last records or on an empty page after them.
  const bool ended = shard.closed && page.reached_end && (page.empty || state.random.Below(2) == 0);
  std::string body = "{\"Records\":[" + page.text + "]";
  if (!ended) body += ",\"NextShardIterator\":" + json(ToText(iterator)).dump();
  return body + "}";
}

}  // namespace ddbsync::fake
