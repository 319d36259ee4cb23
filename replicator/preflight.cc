#include "replicator/preflight.h"

#include <tuple>
#include <utility>

#include "replicator/limits.h"
#include "replicator/startup_call.h"

namespace ddbsync::replicator {

std::vector<Error> Preflight::Look() {
  LoadCheckpoint();
  CheckCutover();
  LookAtSource();
  LookAtTarget();
  if (options_.watch_target && (target_found_ || target_to_make_)) LookAtWatchedStream();
  if (source_found_ && target_found_) CompareTables();
  if (source_found_) ProbeSourcePermissions();
  if (source_found_ && wants_tail()) LookAtStream();
  if (source_found_) CheckSince();
  if (source_found_ && target_found_) CompareWithCheckpoint();
  if (source_found_ && target_found_ && !point_.state.job) CheckTargetIsNotLive();
  if (target_found_ && !point_.state.job && wants_backfill()) CheckEmptyTarget();
  // A cut-over's policy may still deny writes to what a way back is to write to.
  if (faults_.empty() && target_found_ && !point_.state.job && (wants_backfill() || IsWayBack())) {
    ProbeWrites();
  }
  return faults_;
}

std::expected<StartingPoint, std::vector<Error>> Preflight::Run() {
  if (!Look().empty()) return std::unexpected(faults_);
  if (target_to_make_) MakeTarget();
  if (stream_to_enable_ && faults_.empty()) EnableStream();
  // Turned on a moment ago by somebody else: changes made before it is ENABLED are in no stream.
  if (stream_enabling_ && faults_.empty()) WaitForStream();
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

void Preflight::CheckCutover() {
  const auto& cutover = point_.state.cutover;
  if (!cutover || !checkpoint::IsCommitted(*cutover)) return;
  Fault(
      ErrorCode::kAtRisk,
      "the cut-over of this job is committed: '" + target_.table +
          "' is the live table, and copying over it would undo what was written there since. "
          "`ddbsync cutover status` shows it, `ddbsync reverse` carries the new writes back to '" +
          source_.table + "'");
}

void Preflight::CheckTargetIsNotLive() {
  std::string from;
  do {
    const auto page = CallPatiently(
        clock_, budget_, [&] { return target_.tables->ListTags(point_.target.arn, from); });
    if (!page) return;  // no such permission, or a server without tags: the checkpoint says it too
    for (const dynamodb::Tag& tag : page->tags) {
      if (tag.key != kCutoverTag || tag.value != point_.source.arn) continue;
      Fault(ErrorCode::kAtRisk,
            "'" + target_.table + "' became the live table by a cut-over from '" + source_.table +
                "' (its tag " + std::string(kCutoverTag) + " says so); nothing is copied over it");
      return;
    }
    from = page->next_token;
  } while (!from.empty());
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
  // Of a way back it is from a checkpoint, and by another server's clock, which may be ahead.
  if (*options_.since > now && !IsWayBack()) {
    Fault(ErrorCode::kInvalid, "--since lies in the future");
  } else if (now - *options_.since > limits::kRetention && IsWayBack()) {
    Fault(ErrorCode::kAtRisk,
          "the cut-over was committed more than 24 hours ago and its way back was never begun: the "
          "stream of '" +
              source_.table +
              "' does not hold all changes since then any more. Copy the table back as a job of "
              "its own, into an empty table");
  } else if (now - *options_.since > limits::kRetention) {
    Fault(ErrorCode::kInvalid,
          "--since is more than 24 hours ago: the stream does not hold all changes since then any "
          "more. Load again, and follow from the beginning of that load");
  }
}

void Preflight::LookAtStream() {
  const auto& source = point_.source;
  const auto& job = point_.state.job;
  if (FollowsSealedStream()) {
    point_.stream_ends = true;
    const std::string& view = point_.state.cutover->stream_view;
    point_.read_back = view == ToString(dynamodb::StreamView::kKeysOnly) ||
                       view == ToString(dynamodb::StreamView::kOldImage);
    ProbeStreamPermissions(job->stream_arn);
    return;
  }
  if (!job) return LookAtNewStream();
  if (!source.stream_view) {
    point_.lost_stream = "the source's stream is off";
  } else if (!job->stream_arn.empty() && source.latest_stream_arn != job->stream_arn) {
    point_.lost_stream = "the source's stream was switched off and on: it is now " +
                         source.latest_stream_arn + ", the checkpoint belongs to " +
                         job->stream_arn;
  }
  const bool gap = !point_.lost_stream.empty() || GapStands(point_.state);
  if (gap && options_.on_gap == OnGap::kResync && wants_backfill()) return CheckStreamAfterGap();
  if (!point_.lost_stream.empty()) return;
  point_.read_back = source.stream_view == dynamodb::StreamView::kKeysOnly ||
                     source.stream_view == dynamodb::StreamView::kOldImage;
  ProbeStreamPermissions(source.latest_stream_arn);
}

void Preflight::LookAtNewStream() {
  const auto& source = point_.source;
  if (!source.stream_view) {
    if (options_.enable_stream) {
      stream_to_enable_ = true;
    } else {
      Fault(ErrorCode::kInvalid,
            source_.label + ": table '" + source_.table +
                "' has no stream; to turn it on (new and old images) add --enable-stream");
    }
    return;
  }
  if (!options_.stream_arn.empty() && source.latest_stream_arn != options_.stream_arn) {
    Fault(ErrorCode::kAtRisk, source_.label + ": its stream was switched off and on since " +
                                  options_.stream_arn +
                                  " was to be followed; what was written meanwhile is in none");
    return;
  }
  point_.read_back = source.stream_view == dynamodb::StreamView::kKeysOnly ||
                     source.stream_view == dynamodb::StreamView::kOldImage;
  ProbeStreamPermissions(source.latest_stream_arn);
}

void Preflight::CheckStreamAfterGap() {
  if (!point_.source.stream_view && !options_.enable_stream) {
    point_.waits_for =
        "a resync begins when the source has a stream: turn it on, or start again "
        "with --enable-stream";
    return;
  }
  point_.begins_again = true;
  stream_to_enable_ = !point_.source.stream_view;
  if (stream_to_enable_) return;
  point_.read_back = point_.source.stream_view == dynamodb::StreamView::kKeysOnly ||
                     point_.source.stream_view == dynamodb::StreamView::kOldImage;
  ProbeStreamPermissions(point_.source.latest_stream_arn);
}

bool Preflight::FollowsSealedStream() const {
  const auto& [job, cutover] = std::tie(point_.state.job, point_.state.cutover);
  return job && cutover && checkpoint::Seals(*cutover) &&
         job->stream_arn == cutover->old_stream_arn;
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
    // What was lost of a table that is gone is in no other: a resync is not for that.
    const ErrorCode code = GapStands(point_.state) ? ErrorCode::kAtRisk : ErrorCode::kInvalid;
    Fault(code, "this job copies from " + job->source_arn + " (" + job->source_identity +
                    "), but the source is now " + point_.source.arn + " (" + source + ")" + remedy);
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

void Preflight::Fault(ErrorCode code, std::string message, std::string context) {
  faults_.push_back({code, std::move(message), std::move(context)});
}

void Preflight::Fault(const Side& side, const std::string& doing, const Error& error) {
  faults_.push_back(
      {error.code, side.label + ": cannot " + doing + ": " + error.message, error.context});
}

}  // namespace ddbsync::replicator
