// Gates on the job: is all copied, does it keep up, is nothing unclear?
#include <fmt/format.h>

#include "aws/timestamp.h"
#include "cutover/gates_internal.h"
#include "cutover/limits.h"

namespace ddbsync::cutover {
namespace {

using replicator::JobState;
using replicator::JobStatus;

constexpr const char* kNoLook = "unknown: no job runs, or it has not begun yet";
constexpr const char* kStartIt = "run `ddbsync start` and look again";

bool Known(const JobStatus& job) {
  return job.state != JobState::kStarting;
}

/// `tail`: the items were brought over by other means.
bool FollowsALoad(const JobStatus& job) {
  return job.tail.wanted && !job.backfill.wanted;
}

Gate BackfillComplete(const GateFacts& facts) {
  const JobStatus& job = facts.job;
  const std::string name = "backfill_complete";
  const std::string limit = "all segments are on the target";
  if (!Known(job)) return MakeGate(name, false, kNoLook, limit, kStartIt);
  if (FollowsALoad(job)) {
    return MakeGate(name, true, "this job copies nothing: it follows a load of yours", limit, "");
  }
  const auto& backfill = job.backfill;
  const std::string observed = backfill.complete
                                   ? fmt::format("complete: {} items read", backfill.items_read)
                                   : fmt::format("{} of {} segments are complete",
                                                 backfill.segments_finished, backfill.segments);
  return MakeGate(name, backfill.wanted && backfill.complete, observed, limit,
                  "wait until the copy is complete: `ddbsync status --watch`");
}

/// Until then the target is a picture of no instant of the source.
Gate ConsistentPoint(const GateFacts& facts) {
  const std::string name = "consistent_point";
  const std::string limit = "the watermark has passed the end of the copy";
  const std::string wait = "wait: the watermark follows the stream";
  if (!Known(facts.job)) return MakeGate(name, false, kNoLook, limit, kStartIt);
  const auto& watermark = facts.job.tail.watermark;
  if (!watermark) return MakeGate(name, false, "the watermark is unknown", limit, wait);
  const std::string reached = "watermark " + aws::IsoTime(*watermark);
  if (FollowsALoad(facts.job)) {
    return MakeGate(name, *watermark > facts.record.start_time,
                    reached + ", the load began " + aws::IsoTime(facts.record.start_time), limit,
                    wait);
  }
  if (!facts.job.backfill.complete || !facts.copied_by) {
    return MakeGate(name, false, "the copy has not ended", limit,
                    "wait until the copy is complete: `ddbsync status --watch`");
  }
  return MakeGate(name, *watermark > *facts.copied_by,
                  reached + ", the copy was complete by " + aws::IsoTime(*facts.copied_by), limit,
                  wait);
}

Gate Lag(const GateFacts& facts) {
  const auto& lag = facts.job.tail.lag_seconds;
  const std::string limit = "at most " + SpanText(limits::kMostLag);
  if (!lag) {
    return MakeGate("lag", false, "lag unknown", limit,
                    "wait until every shard was read: `ddbsync status` says what it waits for");
  }
  return MakeGate("lag", FromSeconds(*lag) <= limits::kMostLag,
                  "lag " + SpanText(FromSeconds(*lag)), limit,
                  "wait until the job has caught up; `ddbsync status` says what holds it back");
}

std::string FixOfState(const JobStatus& job) {
  if (!job.tail.wanted) return "this job follows no stream: make the copy with `ddbsync start`";
  switch (job.state) {
    case JobState::kPaused:
      return "`ddbsync resume`";
    case JobState::kGap:
      return "changes were lost: stop, and start with --on-gap resync, which copies all again";
    case JobState::kResync:
      return "wait until the resync is complete: `ddbsync status` says how far it is, and whether "
             "it needs you";
    case JobState::kStarting:
    case JobState::kStopping:
    case JobState::kDone:
    case JobState::kFailed:
      return kStartIt;
    case JobState::kSettling:
      return "wait: it begins within seconds";
    case JobState::kCopying:
    case JobState::kFollowing:
      break;
  }
  return "`ddbsync status` says what is wrong";
}

Gate TailHealthy(const GateFacts& facts) {
  const JobStatus& job = facts.job;
  const bool at_work = job.state == JobState::kFollowing || job.state == JobState::kCopying;
  const bool ok = at_work && job.tail.wanted && job.ready && !job.tail_paused && job.gaps == 0 &&
                  job.tail.shards_reading > 0;
  std::string observed =
      fmt::format("{}, {} shards read", replicator::ToString(job.state), job.tail.shards_reading);
  if (job.tail_paused) observed += ", following rests";
  if (job.gaps > 0) observed += fmt::format(", {} gaps", job.gaps);
  if (!ok && !job.reason.empty()) observed += ": " + job.reason;
  return MakeGate("tail_healthy", ok, observed,
                  "following, ready, not paused, no gap, shards are read", FixOfState(job));
}

Gate RetentionHeadroom(const GateFacts& facts) {
  const auto& headroom = facts.job.tail.headroom_seconds;
  const bool ok = headroom && FromSeconds(*headroom) >= limits::kLeastHeadroom;
  return MakeGate(
      "retention_headroom", ok,
      headroom ? SpanText(FromSeconds(*headroom)) + " until changes leave the stream" : "unknown",
      "at least " + SpanText(limits::kLeastHeadroom),
      "wait until the job has caught up; `ddbsync status` says what holds it back");
}

Gate DrainTime(const GateFacts& facts) {
  const Window window = Predict(facts);
  std::vector<std::string> unknown;
  bool all_but_freeze = true;
  for (const Window::Part& part : window.parts) {
    if (part.known) continue;
    unknown.push_back(part.name + " (" + part.why + ")");
    // How long a hook or a person takes is theirs to know.
    all_but_freeze = all_but_freeze && part.name == "freeze";
  }
  std::string observed = "about " + SpanText(window.total());
  if (!unknown.empty()) observed += ", without what is unknown: " + Join(unknown, ", ");
  return MakeGate("drain_time", all_but_freeze && window.total() <= facts.options.timeout, observed,
                  "at most " + SpanText(facts.options.timeout) + " (--timeout)",
                  all_but_freeze ? "wait until the lag is smaller, or give a longer --timeout"
                                 : "wait until the lag is known and a comparison was made");
}

Gate NoAmbiguousWrite(const GateFacts& facts) {
  const std::string limit = "no key with a write of unknown outcome";
  if (!Known(facts.job)) return MakeGate("no_ambiguous_write", false, kNoLook, limit, kStartIt);
  return MakeGate("no_ambiguous_write", facts.job.rechecks == 0,
                  fmt::format("{} keys to be rechecked", facts.job.rechecks), limit,
                  "wait: the job repairs them by itself");
}

Gate NoDeadLetter(const GateFacts& facts) {
  const std::string limit = "none";
  if (!Known(facts.job)) return MakeGate("no_dead_letter", false, kNoLook, limit, kStartIt);
  return MakeGate("no_dead_letter", facts.job.dead_letters == 0,
                  fmt::format("{} items that the target refuses", facts.job.dead_letters), limit,
                  "`ddbsync checkpoint show` names them and says why; a later write of the key at "
                  "the source that the target takes resolves one");
}

}  // namespace

void JudgeJob(const GateFacts& facts, std::vector<Gate>& gates) {
  gates.push_back(BackfillComplete(facts));
  gates.push_back(ConsistentPoint(facts));
  gates.push_back(Lag(facts));
  gates.push_back(TailHealthy(facts));
  gates.push_back(RetentionHeadroom(facts));
  gates.push_back(DrainTime(facts));
  gates.push_back(NoAmbiguousWrite(facts));
  gates.push_back(NoDeadLetter(facts));
}

}  // namespace ddbsync::cutover
