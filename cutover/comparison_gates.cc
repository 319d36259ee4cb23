// Gates on what `ddbsync verify` found: are they equal, and is that still worth something?
#include <fmt/format.h>

#include "aws/timestamp.h"
#include "cutover/gates_internal.h"
#include "cutover/limits.h"
#include "replicator/limits.h"

namespace ddbsync::cutover {
namespace {

constexpr const char* kNoLook = "unknown: no job runs, or it has not begun yet";
constexpr const char* kStartIt = "run `ddbsync start` and look again";
constexpr const char* kVerify = "run `ddbsync verify` for this job";

/// Why a comparison does not count; empty: it does.
std::string Objection(const GateFacts& facts, const verify::Status& run) {
  if (run.sample < 1) return fmt::format("it looked at {:.4g} % of the keys", run.sample * 100);
  if (run.outcome == verify::Outcome::kFailed) return "it failed: " + run.reason;
  if (!run.completed) {
    if (run.outcome == verify::Outcome::kStopped) return "it was stopped before it was complete";
    return run.progress ? fmt::format("it is under way, {:.0f} %", *run.progress * 100)
                        : "it is under way";
  }
  if (run.standing() > 0) return fmt::format("{} keys differ", run.standing());
  if (run.undecided > 0) return fmt::format("{} keys are undecided", run.undecided);
  if (facts.verified_since && run.began <= *facts.verified_since) {
    return "it was begun at " + aws::IsoTime(run.began) + ", before " +
           aws::IsoTime(*facts.verified_since) + ", since when alone a comparison counts";
  }
  const Duration age = facts.job.now - *run.completed;
  if (age > limits::kVerifiedWithin) return "it ended " + SpanText(age) + " ago";
  return "";
}

Gate Verified(const GateFacts& facts) {
  const std::string name = "verified";
  const std::string limit = fmt::format(
      "a complete comparison without a difference, not older "
      "than {}",
      SpanText(limits::kVerifiedWithin));
  if (!facts.verification) return MakeGate(name, false, "never compared", limit, kVerify);
  // Its age is told by the job's clock, the server's.
  if (facts.job.now == WallTime{}) {
    return MakeGate(name, false, kNoLook, limit, kStartIt);
  }
  const std::string objection = Objection(facts, *facts.verification);
  if (!objection.empty()) return MakeGate(name, false, objection, limit, kVerify);
  return MakeGate(name, true,
                  "equal at " + aws::IsoTime(*facts.verification->completed) + ", " +
                      SpanText(facts.job.now - *facts.verification->completed) + " ago",
                  limit, "");
}

Gate NoStandingMismatch(const GateFacts& facts) {
  const std::string name = "no_standing_mismatch";
  const std::string limit = "no key differs, none is undecided";
  if (!facts.verification) return MakeGate(name, false, "unknown: never compared", limit, kVerify);
  const verify::Status& run = *facts.verification;
  return MakeGate(name, run.standing() == 0 && run.undecided == 0,
                  fmt::format("{} differ, {} undecided", run.standing(), run.undecided), limit,
                  "`ddbsync verify show` names them; `ddbsync verify --repair` gives the target "
                  "what the source has");
}

/// Why a watch that found nothing proves nothing yet.
std::string Behind(const replicator::JobStatus::Watch& watch) {
  if (!watch.lag_seconds) {
    return "unknown: how far the watch is behind the target's stream is not known yet";
  }
  return "unknown: the watch is " + SpanText(FromSeconds(*watch.lag_seconds)) +
         " behind the target's stream, and what others wrote since then was not looked at";
}

/// What somebody else wrote to the target since it was compared is not what the source has.
Gate NoForeignWrite(const GateFacts& facts) {
  const std::string name = "no_foreign_write";
  const std::string limit = "none since the last comparison began; watched, and seen within " +
                            SpanText(limits::kMostLag);
  const auto& watch = facts.job.watch;
  if (facts.job.now == WallTime{}) return MakeGate(name, false, kNoLook, limit, kStartIt);
  if (!watch.wanted) {
    return MakeGate(name, true, "not judged: the target is not watched (--watch-target)", limit,
                    "");
  }
  if (!watch.watching) {
    return MakeGate(name, false, "unknown: " + watch.reason, limit,
                    "`ddbsync status` says why the target's stream is not read");
  }
  const auto& run = facts.verification;
  const auto compared_since = [&](WallTime time) {
    return run && run->completed && run->began > time + replicator::limits::kRecordTimeResolution;
  };
  if (watch.last_foreign && !compared_since(*watch.last_foreign)) {
    return MakeGate(name, false,
                    fmt::format("{} by others, the last at {}", watch.puts + watch.deletes,
                                aws::IsoTime(*watch.last_foreign)),
                    limit, "find out who writes to the target, then `ddbsync verify --repair`");
  }
  if (watch.last_unknown && !compared_since(*watch.last_unknown)) {
    return MakeGate(name, false,
                    fmt::format("unknown: writes of {} were read too late to be told from ours",
                                aws::IsoTime(*watch.last_unknown)),
                    limit, kVerify);
  }
  // What it has not come to is not known to be nobody's; the bound is that of the gate `lag`.
  if (!watch.lag_seconds || FromSeconds(*watch.lag_seconds) > limits::kMostLag) {
    return MakeGate(name, false, Behind(watch), limit,
                    "wait until the watch has caught up: `ddbsync status` shows its lag");
  }
  if (watch.last_foreign || watch.last_unknown) {
    return MakeGate(name, true, "all was compared since the last", limit, "");
  }
  return MakeGate(name, true, "none since " + aws::IsoTime(watch.since.value_or(WallTime())), limit,
                  "");
}

}  // namespace

void JudgeComparison(const GateFacts& facts, std::vector<Gate>& gates) {
  gates.push_back(Verified(facts));
  gates.push_back(NoStandingMismatch(facts));
  gates.push_back(NoForeignWrite(facts));
}

}  // namespace ddbsync::cutover
