#include "replicator/preflight.h"

#include <utility>

#include "base/planted_bug.h"
#include "base/version.h"
#include "dynamodb/json_text.h"
#include "replicator/backfill.h"
#include "replicator/limits.h"
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

std::expected<StartingPoint, std::vector<Error>> Preflight::Run() {
  LoadCheckpoint();
  LookAtSource();
  LookAtTarget();
  if (source_found_ && target_found_) CompareTables();
  if (source_found_) ProbeSourcePermissions();
  if (source_found_ && wants_tail()) LookAtStream();
  if (source_found_) CheckSince();
  if (source_found_ && target_found_) CompareWithCheckpoint();
  if (target_found_ && !point_.state.job && wants_backfill()) CheckEmptyTarget();
  if (faults_.empty() && target_found_ && !point_.state.job && wants_backfill()) ProbeWrites();
  if (!faults_.empty()) return std::unexpected(faults_);

  if (target_to_make_) MakeTarget();
  if (stream_to_enable_ && faults_.empty()) EnableStream();
  if (!faults_.empty()) return std::unexpected(faults_);
  FillRecord();
  return std::move(point_);
}

void Preflight::LoadCheckpoint() {
  auto state = checkpoint::LoadState(store_);
  if (state) {
    point_.state = *std::move(state);
  } else {
    faults_.push_back(state.error());
  }
}

void Preflight::LookAtSource() {
  auto table =
      CallPatiently(clock_, budget_, [&] { return source_.tables->DescribeTable(source_.table); });
  if (!table && table.error().code == ErrorCode::kNotFound) {
    Fault(ErrorCode::kNotFound,
          source_.label + ": there is no table '" + source_.table +
              "' there; check its name, region, account and endpoint",
          table.error().context);
    return;
  }
  if (!table) {
    Fault(source_, "look at its table '" + source_.table + "'", table.error());
    return;
  }
  source_found_ = true;
  point_.source = *std::move(table);
  if (point_.source.status != "ACTIVE" && point_.source.status != "UPDATING") {
    Fault(ErrorCode::kConflict, source_.label + ": table '" + source_.table + "' is " +
                                    point_.source.status + "; wait until it is ACTIVE");
  }
}

void Preflight::LookAtTarget() {
  auto table =
      CallPatiently(clock_, budget_, [&] { return target_.tables->DescribeTable(target_.table); });
  if (table) {
    target_found_ = true;
    point_.target = *std::move(table);
    if (point_.target.status != "ACTIVE" && point_.target.status != "UPDATING") {
      Fault(ErrorCode::kConflict, target_.label + ": table '" + target_.table + "' is " +
                                      point_.target.status + "; wait until it is ACTIVE");
    }
    return;
  }
  if (table.error().code != ErrorCode::kNotFound) {
    Fault(target_, "look at its table '" + target_.table + "'", table.error());
  } else if (point_.state.job) {
    Fault(ErrorCode::kNotFound,
          target_.label + ": table '" + target_.table +
              "' is gone; this job had begun to fill it. To begin anew use another --state",
          table.error().context);
  } else if (options_.create_target) {
    target_to_make_ = true;
  } else {
    Fault(ErrorCode::kNotFound,
          target_.label + ": there is no table '" + target_.table +
              "'; to make it from the source's keys and indexes add --create-target",
          table.error().context);
  }
}

void Preflight::CompareTables() {
  // Whatever their endpoints are called: one server may have several names.
  if (point_.source.Identity() == point_.target.Identity()) {
    Fault(ErrorCode::kInvalid, "source and target are the same table: " + point_.source.arn);
  }
  if (point_.source.key != point_.target.key) {
    Fault(ErrorCode::kInvalid, "the key schemas differ: source " +
                                   dynamodb::ToString(point_.source.key) + ", target " +
                                   dynamodb::ToString(point_.target.key));
  }
}

void Preflight::CheckSince() {
  if (!options_.since || point_.state.job) return;
  const WallTime now = source_.tables->aws().server_clock().Now();
  if (*options_.since > now) {
    Fault(ErrorCode::kInvalid, "--since lies in the future");
  } else if (now - *options_.since > limits::kRetention) {
    Fault(ErrorCode::kInvalid,
          "--since is more than 24 hours ago: the stream does not hold all changes since then any "
          "more. Load again, and follow from the beginning of that load");
  }
}

void Preflight::LookAtStream() {
  const auto& source = point_.source;
  const bool on = source.stream_view.has_value();
  const auto& job = point_.state.job;
  if (job) {
    if (!on) {
      point_.lost_stream = "the source's stream is off";
    } else if (!job->stream_arn.empty() && source.latest_stream_arn != job->stream_arn) {
      point_.lost_stream = "the source's stream was switched off and on: it is now " +
                           source.latest_stream_arn + ", the checkpoint belongs to " +
                           job->stream_arn;
    }
    if (!point_.lost_stream.empty()) return;
  } else if (!on) {
    if (options_.enable_stream) {
      stream_to_enable_ = true;
    } else {
      Fault(ErrorCode::kInvalid,
            source_.label + ": table '" + source_.table +
                "' has no stream; to turn it on (new and old images) add --enable-stream");
    }
    return;
  }
  point_.read_back = source.stream_view == dynamodb::StreamView::kKeysOnly ||
                     source.stream_view == dynamodb::StreamView::kOldImage;
  ProbeStreamPermissions(source.latest_stream_arn);
}

void Preflight::ProbeStreamPermissions(const std::string& stream_arn) {
  auto listing = CallPatiently(clock_, budget_,
                               [&] { return source_.streams->DescribeStream(stream_arn, ""); });
  if (!listing) {
    Fault(source_, "list the shards of its stream (dynamodb:DescribeStream)", listing.error());
    return;
  }
  if (listing->shards.empty()) return;
  auto iterator = CallPatiently(clock_, budget_, [&] {
    return source_.streams->GetShardIterator(stream_arn, listing->shards.back().id, {});
  });
  if (!iterator) {
    Fault(source_, "read its stream (dynamodb:GetShardIterator)", iterator.error());
    return;
  }
  auto records = CallPatiently(clock_, budget_, [&] {
    return source_.streams->GetRecords(*iterator, 1, point_.source.key);
  });
  // The oldest shards come and go; only a refusal tells something.
  if (!records && records.error().code == ErrorCode::kDenied) {
    Fault(source_, "read its stream (dynamodb:GetRecords)", records.error());
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
  } else if (!page->items().empty()) {
    Fault(ErrorCode::kInvalid, target_.label + ": table '" + target_.table +
                                   "' is not empty; a copy starts into an empty table, so that "
                                   "nothing of yours is overwritten");
  }
}

void Preflight::ProbeWrites() {
  // Deleting what is not there changes nothing: the table was just seen to be empty.
  const std::string key = ProbeKey(point_.target.key);
  const dynamodb::WriteOp op{dynamodb::WriteOp::Kind::kDelete, key, key};
  const auto deleted = target_.tables->BatchWriteItem(target_.table, {&op, 1}, point_.target.key);
  if (!deleted && deleted.error().code == ErrorCode::kDenied) {
    Fault(target_, "write to its table (dynamodb:BatchWriteItem)", deleted.error());
  }
}

void Preflight::CompareWithCheckpoint() {
  const auto& job = point_.state.job;
  if (!job) return;
  const std::string source = point_.source.Identity();
  const std::string target = point_.target.Identity();
  const std::string remedy = "; use another --state for another copy";
  if (job->source_identity == target && job->target_identity == source) {
    Fault(ErrorCode::kInvalid, "source and target are swapped: this job copies " + job->source_arn +
                                   " to " + job->target_arn + remedy);
    return;
  }
  if (job->source_identity != source) {
    Fault(ErrorCode::kInvalid, "this job copies from " + job->source_arn + " (" +
                                   job->source_identity + "), but the source is now " +
                                   point_.source.arn + " (" + source + ")" + remedy);
  }
  if (job->target_identity != target) {
    Fault(ErrorCode::kInvalid, "this job copies to " + job->target_arn + " (" +
                                   job->target_identity + "), but the target is now " +
                                   point_.target.arn + " (" + target + ")" + remedy);
  }
  if (job->key_schema != dynamodb::ToString(point_.source.key)) {
    Fault(ErrorCode::kInvalid, "the source's key schema was " + job->key_schema +
                                   " when this job began and is now " +
                                   dynamodb::ToString(point_.source.key) + remedy);
  }
  if (wants_tail() && job->stream_arn.empty()) {
    Fault(ErrorCode::kInvalid,
          "this job was begun without following the stream (`backfill`), so changes since then are "
          "not known" +
              remedy);
  }
  if (wants_backfill() && job->total_segments == 0) {
    Fault(ErrorCode::kInvalid, "this job was begun without a copy (`tail`)" + remedy);
  }
  if (wants_backfill() && options_.segments != 0 && job->total_segments != options_.segments) {
    Fault(ErrorCode::kInvalid, "this job was begun with --segments " +
                                   std::to_string(job->total_segments) +
                                   ", which its positions depend on; leave --segments out");
  }
}

void Preflight::MakeTarget() {
  auto body = dynamodb::CreateTableBody(point_.source, target_.table);
  if (!body) {
    Fault(target_, "make its table from the source's description", body.error());
    return;
  }
  auto made = CallPatiently(clock_, budget_, [&] { return target_.tables->CreateTable(*body); });
  // A time-out may have been carried out; the wait below sees it.
  if (!made && made.error().code != ErrorCode::kConflict &&
      made.error().code != ErrorCode::kAmbiguous) {
    Fault(target_, "make its table (dynamodb:CreateTable)", made.error());
    return;
  }
  const TimePoint deadline = clock_.Now() + limits::kTableWait;
  while (clock_.Now() < deadline) {
    auto table = target_.tables->DescribeTable(target_.table);
    if (table && table->status == "ACTIVE") {
      point_.target = *std::move(table);
      return;
    }
    clock_.SleepFor(limits::kTableLook);
  }
  Fault(ErrorCode::kRetry, target_.label + ": table '" + target_.table +
                               "' was made but did not become ACTIVE in time; start again");
}

void Preflight::EnableStream() {
  auto enabled = CallPatiently(clock_, budget_, [&] {
    return source_.tables->EnableStream(source_.table, dynamodb::StreamView::kNewAndOldImages);
  });
  // Somebody else turned it on, or our own first attempt did: the wait below sees which.
  if (!enabled && enabled.error().code != ErrorCode::kConflict) {
    Fault(source_, "turn its stream on (dynamodb:UpdateTable)", enabled.error());
    return;
  }
  WaitForStream();
}

void Preflight::WaitForStream() {
  const TimePoint deadline = clock_.Now() + limits::kTableWait;
  while (clock_.Now() < deadline) {
    auto table = source_.tables->DescribeTable(source_.table);
    if (table && table->stream_view) {
      // Changes count from the moment that shards are listed; the copy must not start before.
      auto listing = source_.streams->DescribeStream(table->latest_stream_arn, "");
      if (listing && listing->status == "ENABLED" && !listing->shards.empty()) {
        point_.source = *std::move(table);
        point_.read_back = point_.source.stream_view == dynamodb::StreamView::kKeysOnly ||
                           point_.source.stream_view == dynamodb::StreamView::kOldImage;
        return;
      }
    }
    clock_.SleepFor(limits::kTableLook);
  }
  Fault(ErrorCode::kRetry, source_.label + ": the stream of '" + source_.table +
                               "' was turned on but is not ready yet; start again");
}

void Preflight::FillRecord() {
  if (point_.state.job) {
    point_.record = *point_.state.job;
    if (Planted(PlantedBug::kVolatileStart)) {
      point_.record.start_time = source_.tables->aws().server_clock().Now() + limits::kStartMargin;
    }
    return;
  }
  point_.record = {
      .job_id = options_.job_id,
      .source_identity = point_.source.Identity(),
      .source_arn = point_.source.arn,
      .target_identity = point_.target.Identity(),
      .target_arn = point_.target.arn,
      .key_schema = dynamodb::ToString(point_.source.key),
      .stream_arn = wants_tail() ? point_.source.latest_stream_arn : "",
      .start_time = options_.since.value_or(source_.tables->aws().server_clock().Now()),
      .total_segments = !wants_backfill()       ? 0
                        : options_.segments > 0 ? options_.segments
                                                : ChooseSegments(point_.source.size_bytes),
      .made_by = std::string(Version()),
  };
  if (Planted(PlantedBug::kPositionAfterScan)) {
    point_.record.start_time += limits::kStartMargin + std::chrono::minutes(1);
  }
}

void Preflight::Fault(ErrorCode code, std::string message, std::string context) {
  faults_.push_back({code, std::move(message), std::move(context)});
}

void Preflight::Fault(const Side& side, const std::string& doing, const Error& error) {
  faults_.push_back(
      {error.code, side.label + ": cannot " + doing + ": " + error.message, error.context});
}

}  // namespace ddbsync::replicator
