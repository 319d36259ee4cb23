// Preflight's calls that find out what the keys may do, and change nothing.
#include "dynamodb/json_text.h"
#include "replicator/preflight.h"
#include "replicator/startup_call.h"

namespace ddbsync::replicator {
namespace {

/// A key that matches the schema and, in all likelihood, no item.
std::string ProbeKey(const dynamodb::KeySchema& schema) {
  auto value = [](dynamodb::KeyType type) -> std::string {
    switch (type) {
      case dynamodb::KeyType::kString:
        return R"({"S":"ddbsync-permission-probe"})";
      case dynamodb::KeyType::kNumber:
        return R"({"N":"-987654321987654321"})";
      case dynamodb::KeyType::kBinary:
        return R"({"B":"ZGRic3luYw=="})";
    }
    return "";
  };
  std::string key = "{";
  dynamodb::AppendQuoted(schema.partition.name, key);
  key += ":" + value(schema.partition.type);
  if (schema.sort) {
    key += ",";
    dynamodb::AppendQuoted(schema.sort->name, key);
    key += ":" + value(schema.sort->type);
  }
  return key + "}";
}

dynamodb::ScanRequest FirstItem(std::string_view table) {
  dynamodb::ScanRequest request;
  request.table = table;
  request.limit = 1;
  return request;
}

}  // namespace

void Preflight::ProbeStreamPermissions(const std::string& stream_arn) {
  const std::string status = ProbeStream(source_, point_.source.key, stream_arn);
  stream_enabling_ = begins_anew() && status == "ENABLING";
}

std::string Preflight::ProbeStream(const Side& side, const dynamodb::KeySchema& key,
                                   const std::string& stream_arn) {
  auto listing =
      CallPatiently(clock_, budget_, [&] { return side.streams->DescribeStream(stream_arn, ""); });
  if (!listing) {
    Fault(side, "list the shards of its stream (dynamodb:DescribeStream)", listing.error());
    return "";
  }
  if (listing->shards.empty()) return listing->status;
  auto iterator = CallPatiently(clock_, budget_, [&] {
    return side.streams->GetShardIterator(stream_arn, listing->shards.back().id, {});
  });
  if (!iterator) {
    Fault(side, "read its stream (dynamodb:GetShardIterator)", iterator.error());
    return listing->status;
  }
  auto records =
      CallPatiently(clock_, budget_, [&] { return side.streams->GetRecords(*iterator, 1, key); });
  // The oldest shards come and go; only a refusal tells something.
  if (!records && records.error().code == ErrorCode::kDenied) {
    Fault(side, "read its stream (dynamodb:GetRecords)", records.error());
  }
  return listing->status;
}

void Preflight::LookAtWatchedStream() {
  const std::string turn_on =
      "turn it on (`aws dynamodb update-table --table-name " + target_.table +
      " --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE`) and start again";
  if (target_to_make_) {
    Fault(ErrorCode::kInvalid,
          target_.label +
              ": --watch-target reads the target's stream, which a table made by "
              "--create-target does not have: make '" +
              target_.table + "' first, " + turn_on);
  } else if (!point_.target.stream_view) {
    const std::string why = target_.label + ": table '" + target_.table +
                            "' has no stream, which --watch-target reads: " + turn_on;
    // A job that has begun is not held up by its watch: its own stream keeps changes for a day.
    if (point_.state.job) {
      point_.not_watched = why;
    } else {
      Fault(ErrorCode::kInvalid, why);
    }
  } else if (!point_.state.job) {  // later its status tells of what it may not do
    ProbeStream(target_, point_.target.key, point_.target.latest_stream_arn);
  }
}

void Preflight::ProbeSourcePermissions() {
  if (wants_backfill()) {
    auto page = CallPatiently(clock_, budget_, [&] {
      return source_.tables->Scan(FirstItem(source_.table), point_.source.key);
    });
    if (!page) Fault(source_, "scan its table (dynamodb:Scan)", page.error());
  }
  const std::string key = ProbeKey(point_.source.key);
  const std::string_view keys[] = {key};
  auto item = CallPatiently(clock_, budget_, [&] {
    return source_.tables->BatchGetItem(source_.table, keys, point_.source.key);
  });
  if (!item) Fault(source_, "read its items (dynamodb:BatchGetItem)", item.error());
}

void Preflight::CheckEmptyTarget() {
  auto page = CallPatiently(clock_, budget_, [&] {
    return target_.tables->Scan(FirstItem(target_.table), point_.target.key);
  });
  if (!page) {
    Fault(target_, "see whether its table is empty (dynamodb:Scan)", page.error());
    return;
  }
  target_has_items_ = !page->items().empty();
  if (target_has_items_ && !(options_.mirror && wants_tail())) {
    Fault(ErrorCode::kInvalid, target_.label + ": table '" + target_.table +
                                   "' is not empty; a copy starts into an empty table, so that "
                                   "nothing of yours is overwritten. To make it equal to the "
                                   "source, and have rows that only it has removed, add --mirror");
  }
}

void Preflight::ProbeWrites() {
  // Deleting what is not there changes nothing: the table was just seen to be empty. Of one that is
  // not, no item has such a key.
  const std::string key = ProbeKey(point_.target.key);
  const dynamodb::WriteOp op{dynamodb::WriteOp::Kind::kDelete, key, key};
  const auto deleted = target_.tables->BatchWriteItem(target_.table, {&op, 1}, point_.target.key);
  if (!deleted && deleted.error().code == ErrorCode::kDenied) {
    Fault(target_, "write to its table (dynamodb:BatchWriteItem)", deleted.error());
  }
}

}  // namespace ddbsync::replicator
