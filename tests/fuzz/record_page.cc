// Pages of a stream. What holds for any body of GetRecords:
//  - every record of it is in the page, in order, with its event, key, image and sequence number
//    (where a second parser agrees that the body is JSON);
//  - "no NextShardIterator", which ends a shard for good, is never made up;
//  - what a record must have to be ordered and applied, each one has;
//  - a body that lost its end is never a whole one;
//  - reduced to its last record of each key it becomes batches without a key twice, of at most 25
//    ops, whose bodies are JSON and hold exactly those images and keys.

#include "dynamodb/record_page.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <span>

#include "base/error.h"
#include "dynamodb/batch.h"
#include "dynamodb/item_key.h"
#include "replicator/coalesce.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/oracle.h"

namespace ddbsync::fuzz {
namespace {

using dynamodb::KeySchema;
using dynamodb::RecordPage;
using dynamodb::RecordView;
using dynamodb::StreamEvent;
using dynamodb::WriteOp;
using nlohmann::json;

const char* NameOf(StreamEvent event) {
  switch (event) {
    case StreamEvent::kInsert:
      return "INSERT";
    case StreamEvent::kModify:
      return "MODIFY";
    case StreamEvent::kRemove:
      return "REMOVE";
  }
  return "";
}

void CheckRecord(const RecordView& record, const KeySchema& schema) {
  const Result<std::string> key = dynamodb::CanonicalKey(record.key_json, schema);
  DDBSYNC_CHECK(key && *key == record.key);
  DDBSYNC_CHECK(!record.sequence_number.empty());
  DDBSYNC_CHECK(record.sequence_number.find_first_not_of("0123456789") == std::string_view::npos);
  DDBSYNC_CHECK(record.event != StreamEvent::kRemove || record.new_image.empty());
  DDBSYNC_CHECK(record.event == StreamEvent::kRemove || !record.expired_by_ttl);
  // Lag and watermark are reckoned in nanoseconds.
  DDBSYNC_CHECK(record.created >= WallTime() &&
                record.created <= WallTime(std::chrono::floor<std::chrono::milliseconds>(
                                      std::chrono::nanoseconds::max())));
}

void CheckAgainst(const json& expected, const RecordView& record, const KeySchema& schema) {
  DDBSYNC_CHECK(expected.at("eventName") == NameOf(record.event));
  const json& change = expected.at("dynamodb");
  DDBSYNC_CHECK(KeyOf(change.at("Keys"), schema) == record.key);
  DDBSYNC_CHECK(json::parse(record.key_json) == change.at("Keys"));
  DDBSYNC_CHECK(change.at("SequenceNumber") == record.sequence_number);
  const json& image = Member(change, "NewImage");
  if (image.is_null() || record.event == StreamEvent::kRemove) {
    DDBSYNC_CHECK(record.new_image.empty());
  } else {
    DDBSYNC_CHECK(json::parse(record.new_image) == image);
  }
}

/// As the tail sends it. Records without an image are read back first, so they are left out here.
void CheckBatches(const std::shared_ptr<const RecordPage>& page) {
  std::vector<const RecordView*> last =
      replicator::LastPerKey(*page, {.earliest = WallTime::min(), .skip_ttl_deletes = false});
  std::set<std::string_view> keys;
  for (const RecordView* record : last) DDBSYNC_CHECK(keys.insert(record->key).second);
  for (const RecordView& record : page->records()) DDBSYNC_CHECK(keys.contains(record.key));
  std::erase_if(last, [](const RecordView* record) {
    return record->event != StreamEvent::kRemove && record->new_image.empty();
  });
  const std::shared_ptr<replicator::TailPage> tail = replicator::BuildTailPage(page, last);
  for (std::span<const WriteOp> rest = tail->ops; !rest.empty();) {
    const size_t count = dynamodb::FitBatch(rest);
    DDBSYNC_CHECK(count > 0 && count <= 25 && count <= rest.size());
    const std::optional<json> body =
        ParseJson(dynamodb::BatchWriteBody("t", rest.first(count), true));
    // An image with a name twice or half a surrogate pair is sent as it came.
    if (body) DDBSYNC_CHECK(body->at("RequestItems").at("t").size() == count);
    rest = rest.subspan(count);
  }
}

void CheckShortened(std::string_view body, const KeySchema& schema) {
  const size_t end = body.find_last_of('}');
  for (const size_t length : {end, std::hash<std::string_view>()(body) % (end + 1)}) {
    DDBSYNC_CHECK(!RecordPage::Parse(std::string(body.substr(0, length)), schema));
  }
}

void Check(std::string_view body, const std::optional<json>& document, const KeySchema& schema) {
  Result<RecordPage> parsed = RecordPage::Parse(std::string(body), schema);
  if (!parsed) {
    const ErrorCode code = parsed.error().code;
    DDBSYNC_CHECK(code == ErrorCode::kCorrupt || code == ErrorCode::kInvalid);
    return;
  }
  CheckShortened(body, schema);
  const auto page = std::make_shared<const RecordPage>(std::move(*parsed));
  for (const RecordView& record : page->records()) CheckRecord(record, schema);
  CheckBatches(page);
  if (!document) return;
  const json& iterator = Member(*document, "NextShardIterator");
  DDBSYNC_CHECK((page->next_iterator() ? json(*page->next_iterator()) : json()) == iterator);
  const json& records = document->at("Records");
  DDBSYNC_CHECK(records.size() == page->records().size());
  for (size_t i = 0; i < records.size(); ++i) {
    CheckAgainst(records[i], page->records()[i], schema);
  }
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body = ddbsync::fuzz::Input(data, size).Rest();
  const auto document = ddbsync::fuzz::ParseJson(body);
  for (const auto& schema : ddbsync::fuzz::Schemas()) {
    ddbsync::fuzz::Check(body, document, schema);
  }
  return 0;
}
