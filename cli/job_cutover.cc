#include "cli/job_cutover.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "cli/limits.h"
#include "cli/process_hook.h"
#include "cutover/facts.h"
#include "cutover/gates.h"
#include "cutover/permissions.h"

namespace ddbsync::cli {

using cutover::Comparison;

/// A verification of the job's process, of everything, in its quiet form.
class JobCutover::WholeComparison final : public Comparison {
 public:
  explicit WholeComparison(JobVerification& verification) : verification_(verification) {}

  Result<void> Begin() override {
    const MutexLock lock(mutex_);
    run_ = 0;
    return {};
  }

  Look LookAtIt() override {
    const MutexLock lock(mutex_);
    std::optional<VerifyLook> look = verification_.Look(0);
    if (run_ == 0) {
      // Another one looks at tables that were still written to.
      if (look && look->running) {
        verification_.Stop();
        return {.outcome = Look::Outcome::kUnderWay, .text = "another verification ends first"};
      }
      if (auto begun = verification_.Begin({.form = verify::Form::kQuiet, .anew = true}); !begun) {
        return {.outcome = Look::Outcome::kFailed, .text = ToString(begun.error())};
      }
      look = verification_.Look(0);
      run_ = look->run;
    }
    if (look->run != run_) {
      return {.outcome = Look::Outcome::kFailed, .text = "another verification took its place"};
    }
    return TextOf(*look);
  }

  void Stop() override { verification_.Stop(); }

 private:
  static Look TextOf(const VerifyLook& look) {
    const verify::Status& status = look.status;
    if (look.running || !status.outcome) {
      return {.outcome = Look::Outcome::kUnderWay,
              .text = fmt::format("{} items of the source, {} of the target",
                                  std::max(status.source.items, status.source.summed),
                                  std::max(status.target.items, status.target.summed))};
    }
    switch (*status.outcome) {
      case verify::Outcome::kEqual:
        return {.outcome = Look::Outcome::kEqual,
                .text = fmt::format("{} items of the source, {} of the target",
                                    std::max(status.source.items, status.source.summed),
                                    std::max(status.target.items, status.target.summed)),
                .digests = {.source = status.source.digest, .target = status.target.digest}};
      case verify::Outcome::kDifferent:
        return {.outcome = Look::Outcome::kDifferent,
                .text = fmt::format("the tables differ: {} keys, {} not to be decided; `ddbsync "
                                    "verify show` lists them",
                                    status.standing(), status.undecided)};
      case verify::Outcome::kStopped:
      case verify::Outcome::kFailed:
        break;
    }
    return {.outcome = Look::Outcome::kFailed,
            .text = "the comparison did not end: " +
                    (status.reason.empty() ? std::string("it was stopped") : status.reason)};
  }

  JobVerification& verification_;
  Mutex mutex_;
  int run_ GUARDED_BY(mutex_) = 0;  ///< 0: not begun yet
};

/// Keeps the gates that /metrics shows from growing old, at a pace that costs a few calls a minute.
class JobCutover::GateWatch final : public Task {
 public:
  explicit GateWatch(JobCutover& cutover) : cutover_(cutover) {}

  Next Step(TimePoint now) override {
    const replicator::JobStatus status = cutover_.Status();
    // Before, they do not hold, and who waits for them asks; during one they mean nothing.
    const bool follows = status.state == replicator::JobState::kFollowing;
    if (follows && cutover::Ended(cutover_.Look().status.step)) {
      cutover::Options options;
      options.freeze = cutover_.has_hook() ? cutover::FreezeBy::kHook : cutover::FreezeBy::kPolicy;
      if (const auto last = cutover_.LastGates()) options = last->options;
      std::ignore = cutover_.Gates(options);
    }
    const bool judged = cutover_.LastGates().has_value();
    return Next::At(
        now + (judged ? Duration(limits::kGateWatchInterval) : Duration(limits::kFirstGatesLook)));
  }

 private:
  JobCutover& cutover_;
};

JobCutover::JobCutover(Parts parts)
    : parts_(std::move(parts)),
      hook_(parts_.hook.empty() ? nullptr : std::make_unique<ProcessHook>(parts_.hook)),
      comparison_(std::make_unique<WholeComparison>(parts_.verification)) {
  const replicator::JobStatus status = parts_.job.Status();
  cutover_ = std::make_shared<cutover::Cutover>(
      cutover::Cutover::Parts{.job_id = parts_.job_id,
                              .source_arn = status.source_arn,
                              .target_arn = status.target_arn,
                              .schema = parts_.job.seam().schema(),
                              .source = parts_.source,
                              .target = parts_.target,
                              .seam = &parts_.job.seam(),
                              .ledger = parts_.job.seam().ledger(),
                              .status = [this] { return Status(); },
                              .comparison = comparison_.get(),
                              .hook = hook_.get(),
                              .clock = parts_.clock},
      parts_.found);
}

JobCutover::~JobCutover() = default;

void JobCutover::Start() {
  parts_.executor.Spawn(Lane::kTailRead, "cut-over", cutover_);
  parts_.executor.Spawn(Lane::kTailRead, "gates", std::make_shared<GateWatch>(*this));
}

replicator::JobStatus JobCutover::Status() const {
  replicator::JobStatus status = parts_.job.Status();
  sightings_.Note(status);
  return status;
}

std::optional<WallTime> JobCutover::VerifiedSince() const {
  const cutover::Status last = cutover_->GetStatus();
  // Between the end of one stream and the beginning of the next a write leaves no trace.
  return last.sealed_at && last.thawed_at ? last.thawed_at : std::nullopt;
}

GatesLook JobCutover::Gates(const cutover::Options& options) {
  cutover::GateFacts facts;
  facts.options = options;
  facts.has_hook = has_hook();
  facts.job = Status();
  facts.record = parts_.job.seam().record();
  facts.copied_by = sightings_.copied_by();
  facts.peak_records_per_second = sightings_.peak_records_per_second();
  if (const auto verified = parts_.verification.Look(0)) facts.verification = verified->status;
  facts.verified_since = VerifiedSince();
  const bool under_way = !cutover::Ended(cutover_->GetStatus().step);
  if (!under_way) {
    LookAtTables(parts_.source, parts_.target, parts_.clock, facts);
    facts.permissions = ProbePermissions(parts_.source, parts_.target, facts, parts_.clock);
  }
  GatesLook look{.job_id = parts_.job_id, .now = facts.job.now, .options = options};
  look.gates = Judge(facts);
  look.window = Predict(facts);
  look.calls = Calls(facts);
  look.ready = !under_way && AllHold(look.gates);
  const MutexLock lock(mutex_);
  if (!under_way) last_gates_ = look;
  return look;
}

std::optional<GatesLook> JobCutover::LastGates() const {
  const MutexLock lock(mutex_);
  return last_gates_;
}

Result<void> JobCutover::Begin(const cutover::Options& options) {
  if (const cutover::Status status = cutover_->GetStatus();
      status.number > 0 && status.step != cutover::Step::kRolledBack) {
    return cutover_->Begin(options, {});  // which says why not
  }
  GatesLook look = Gates(options);
  if (!look.ready) {
    std::string failing;
    for (const cutover::Gate& gate : look.gates) {
      if (gate.ok) continue;
      failing += fmt::format("{}{}: {}; {}", failing.empty() ? "" : " | ", gate.name, gate.observed,
                             gate.fix);
    }
    return Fail(ErrorCode::kConflict, "not ready: " + failing);
  }
  return cutover_->Begin(options, std::move(look.gates));
}

CutoverLook JobCutover::Look() const {
  return {.job_id = parts_.job_id,
          .now = parts_.source.tables->aws().server_clock().Now(),
          .status = cutover_->GetStatus()};
}

bool JobCutover::Done() const {
  const cutover::Status status = cutover_->GetStatus();
  return status.number > 0 && status.step == cutover::Step::kDone && cutover_->MayStop();
}

}  // namespace ddbsync::cli
