#include "verify/conductor.h"

#include <utility>

#include "base/log.h"
#include "verify/limits.h"

namespace ddbsync::verify {

Next VerifyConductor::Step(TimePoint now) {
  SampleRate(now);
  if (!ending_) {
    Run(now);
    return Next::At(now + limits::kConductInterval);
  }
  const bool durable = run_->ledger_.IsDurable(ticket_);
  if (!durable && now < ending_since_ + limits::kStopPatience) {
    return Next::At(now + limits::kConductInterval);
  }
  MutexLock lock(run_->mutex_);
  if (!durable) {
    run_->outcome_ = Outcome::kFailed;
    run_->reason_ = "what was found could not be written to the state directory";
  }
  run_->ended_ = true;
  return Next::Done();
}

void VerifyConductor::Run(TimePoint now) {
  Findings& findings = run_->findings_;
  const auto fatal = run_->health_.fatal();
  if (fatal) return BeginEnd(Outcome::kFailed, ToString(*fatal), now);
  if (run_->stop_asked_) return BeginEnd(Outcome::kStopped, "as asked", now);
  if (run_->parts_.copy != nullptr && run_->parts_.copy->ending()) {
    return BeginEnd(Outcome::kStopped, "the job through which it looks has ended", now);
  }
  switch (findings.phase()) {
    case Phase::kDigesting:
      if (findings.walked()) {
        findings.BeginComparing();
      } else if (now >= sums_staged_ + limits::kSumsInterval || sums_staged_ == TimePoint::min()) {
        sums_staged_ = now;
        findings.StageSums();
      }
      return;
    case Phase::kComparing:
      if (findings.walked()) findings.BeginSettling();
      return;
    case Phase::kSettling:
      if (!findings.settled()) return;
      generation_ended_ = now;
      if (run_->options_.watch) TellOutcome(Judged());
      findings.EndGeneration(run_->options_.watch);
      if (!run_->options_.watch) BeginEnd(Judged(), "", now);
      return;
    case Phase::kWatching:
      return Watch(now);
    case Phase::kEnded:
      return;
  }
}

// Before the phase says that the generation has ended: who sees the one may ask for the other.
void VerifyConductor::TellOutcome(Outcome outcome) {
  MutexLock lock(run_->mutex_);
  run_->outcome_ = outcome;
}

Outcome VerifyConductor::Judged() const {
  Status status;
  run_->findings_.FillStatus(status);
  return status.standing() == 0 && status.undecided == 0 ? Outcome::kEqual : Outcome::kDifferent;
}

void VerifyConductor::Watch(TimePoint now) {
  if (now < generation_ended_ + run_->options_.watch_interval) return;
  replicator::LiveCopy* copy = run_->parts_.copy;
  replicator::LiveCopy::Changes changes{.keys = {}, .complete = false};
  if (copy != nullptr) changes = copy->TakeChanges();
  run_->findings_.BeginGeneration(!changes.complete, now);
  std::vector<Suspect> changed;
  for (auto& [key, key_json] : changes.keys) {
    changed.push_back({.key = std::move(key),
                       .key_json = std::move(key_json),
                       .since = run_->parts_.source.tables->aws().server_clock().Now()});
  }
  run_->findings_.NoteSuspects(std::move(changed), now);
}

void VerifyConductor::BeginEnd(Outcome outcome, std::string reason, TimePoint now) {
  run_->stopped_ = true;
  if (run_->options_.watch && run_->parts_.copy != nullptr) {
    run_->parts_.copy->RememberChanges(false);
  }
  if (run_->findings_.phase() == Phase::kDigesting) run_->findings_.StageSums();
  ending_ = true;
  ending_since_ = now;
  ticket_ = run_->ledger_.LastStaged();
  Log(outcome == Outcome::kFailed ? LogLevel::kError : LogLevel::kInfo, "verification_ended",
      reason, {{"outcome", std::string(ToString(outcome))}});
  const Outcome judged = Judged();
  MutexLock lock(run_->mutex_);
  // A watch that is stopped has an outcome all the same, once a generation was whole.
  const bool watched = outcome == Outcome::kStopped && run_->outcome_.has_value();
  run_->outcome_ = watched ? judged : outcome;
  run_->reason_ = std::move(reason);
}

void VerifyConductor::SampleRate(TimePoint now) {
  Status status;
  run_->findings_.FillStatus(status);
  MutexLock lock(run_->mutex_);
  auto& samples = run_->samples_;
  const int64_t items = status.source.items + status.target.items;
  if (!samples.empty() && items < samples.back().items) samples.clear();  // another walk
  samples.push_back({now, items});
  while (samples.size() > 2 && samples.front().time < now - limits::kRateWindow) {
    samples.pop_front();
  }
}

}  // namespace ddbsync::verify
