#include "replicator/conductor.h"

#include <utility>

#include "base/log.h"
#include "replicator/limits.h"
#include "replicator/live_job.h"

namespace ddbsync::replicator {

Next Conductor::Step(TimePoint now) {
  switch (phase_) {
    case Phase::kRunning:
      Run(now);
      break;
    case Phase::kDraining:
      Drain(now);
      break;
    case Phase::kCommitting:
      Commit(now);
      break;
    case Phase::kEnded:
      return Next::Done();
  }
  return phase_ == Phase::kEnded ? Next::Done() : Next::At(now + limits::kConductInterval);
}

void Conductor::Run(TimePoint now) {
  SampleRates(now);
  NoteHolds(now);
  if (job_.wants_backfill() && job_.wants_tail()) {
    job_.resync_.Look(job_.backfill_->complete(), job_.tail_->watermark());
  }
  std::string gap;
  {
    MutexLock lock(job_.mutex_);
    gap = job_.gap_reason_;
  }
  bool next_stream = false;
  {
    MutexLock lock(job_.mutex_);
    next_stream = job_.next_stream_.has_value();
  }
  const auto fatal = job_.health_.fatal();
  if (!fatal && NeverAllowedToWrite(now)) {
    BeginEnd(Outcome::kFailed, job_.health_.Reason(now), now);
  } else if (fatal) {
    BeginEnd(Outcome::kFailed, ToString(*fatal), now);
  } else if (!gap.empty() && (job_.stop_asked_ || job_.options_.on_gap == OnGap::kStop)) {
    BeginEnd(Outcome::kDataAtRisk, gap, now);
  } else if (!gap.empty() && job_.MayBeginAgain()) {
    BeginEnd(Outcome::kRestart, "begins again after a gap: " + gap, now);
  } else if (!gap.empty()) {
    job_.gate_.Close();
    job_.StopReadingStreams();
  } else if (next_stream) {
    BeginEnd(Outcome::kRestart, "goes on with the source's new stream", now);
  } else if (job_.stop_asked_ && job_.resync_.step() == ResyncStep::kHeld) {
    BeginEnd(Outcome::kDataAtRisk, job_.resync_.Reason(), now);
  } else if (job_.stop_asked_) {
    BeginEnd(Outcome::kDone, "stopped as asked", now);
  } else if (job_.dead_letters_.TooMany()) {
    BeginEnd(Outcome::kDataAtRisk,
             "the target refuses too many items; something is wrong with the whole: " +
                 job_.dead_letters_.last_reason(),
             now);
  } else if (job_.options_.phases == Phases::kBackfillOnly && job_.backfill_->complete() &&
             job_.rechecks_.count() == 0) {
    const bool degraded = job_.dead_letters_.count() > 0;
    BeginEnd(degraded ? Outcome::kDegraded : Outcome::kDone,
             degraded ? "copied, but the target refused some items" : "copied", now);
  } else {
    LookAfterTail(now);
  }
  NoteState(now);
}

void Conductor::NoteState(TimePoint now) {
  if (phase_ != Phase::kRunning) return;
  const JobState state = job_.RunningState(job_.copied(), now);
  MutexLock lock(job_.mutex_);
  if (job_.state_ == state) return;
  Log(LogLevel::kInfo, "state", "", {{"from", ToString(job_.state_)}, {"to", ToString(state)}});
  job_.state_ = state;
}

void Conductor::LookAfterTail(TimePoint now) {
  if (now < next_look_) return;
  next_look_ = now + limits::kTailLook;
  FavourTail();
  ResumeTailInNeed();
  TellOfConsistentReads();
}

void Conductor::TellOfConsistentReads() {
  const int pauses = job_.fence_.eventual_pauses();
  if (pauses == std::exchange(eventual_pauses_, pauses)) return;
  Log(LogLevel::kWarning, "reads_consistently",
      "too much changes for eventually consistent reads: for some minutes the copy reads "
      "consistently, at full price");
}

void Conductor::FavourTail() {
  if (!job_.wants_backfill() || !job_.wants_tail()) return;
  const auto watermark = job_.LookAtTail(job_.Now()).watermark;
  if (!watermark) return;
  const auto behind = job_.server_clock().Now() - *watermark;
  const bool low = limits::kRetention - behind < limits::kLowHeadroom;
  job_.write_limit_.SetShare(low ? limits::kBackfillFloor : 1.0);
}

void Conductor::ResumeTailInNeed() {
  if (!job_.tail_paused_) return;
  if (MayRest(job_.Status().tail)) return;
  Log(LogLevel::kWarning, "tail_resumed",
      "less than 6 h until unapplied changes leave the stream; the pause of the tail ends");
  if (job_.tail_paused_.exchange(false)) job_.tail_->SetPaused(false);
}

/// A refusal before anything was written is a configuration error; later it may be a rotation of
/// keys that somebody is about to mend, and waiting loses nothing.
bool Conductor::NeverAllowedToWrite(TimePoint now) {
  return job_.counters_.puts_ok == 0 && job_.counters_.deletes_ok == 0 &&
         job_.health_.DeniedFor(kTargetWritesPart, limits::kDeniedGrace, now);
}

void Conductor::SampleRates(TimePoint now) {
  const int64_t settled = job_.wants_backfill() ? job_.dealer_->settled().total() : 0;
  const int64_t records = job_.counters_.inserts + job_.counters_.modifies + job_.counters_.removes;
  const Duration used = job_.options_.processor_time ? job_.options_.processor_time() : Duration(0);
  MutexLock lock(job_.mutex_);
  auto& samples = job_.rate_samples_;
  samples.push_back({now, settled, records, used});
  while (samples.size() > 2 && samples[1].time <= now - limits::kRateWindow) samples.pop_front();
}

bool Conductor::Refusals::Look(int64_t count, TimePoint now) {
  if (count != seen) last = now;
  seen = count;
  return last > now - limits::kRefusalHolds;
}

void Conductor::NoteHolds(TimePoint now) {
  HeldTime::Reasons holds;
  const auto note = [&holds](HeldBy by, bool held) { holds[static_cast<size_t>(by)] = held; };
  const Counters& counters = job_.counters_;
  const bool copying = !job_.copied() && !job_.backfill_paused_;
  const bool stream_refuses =
      job_.wants_tail() && stream_reads_.Look(job_.tail_->polls_throttled(), now);
  const bool target_refuses = writes_.Look(counters.throttled + counters.unprocessed, now);
  const auto holds_back = [now](const InFlightLimit& limit) {
    return limit.last_throttled() > now - limits::kRefusalHolds || limit.late();
  };
  note(HeldBy::kSourceRead, stream_refuses || holds_back(job_.scan_limit_));
  note(HeldBy::kTargetWrite, target_refuses || holds_back(job_.write_limit_));
  // Who waits for capacity asks again at this pace.
  const TimePoint lately = now - 2 * limits::kCapacityLook;
  note(HeldBy::kReadCapacity, job_.read_capacity_.last_refused() > lately);
  note(HeldBy::kWriteCapacity, job_.write_capacity_.last_refused() > lately);
  const auto most = job_.write_limit_.most();
  note(HeldBy::kInFlight, copying && most && job_.write_limit_.in_flight() >= *most);
  note(HeldBy::kMemory, job_.credit_.waiting() > 0);
  note(HeldBy::kRechecks, copying && job_.rechecks_.Full());
  job_.held_.Look(now, holds);
}

void Conductor::BeginEnd(Outcome outcome, std::string reason, TimePoint now) {
  Log(outcome == Outcome::kDone ? LogLevel::kInfo : LogLevel::kError, "ending", reason);
  job_.held_.Look(now, {});
  phase_ = Phase::kDraining;
  outcome_ = outcome;
  ending_since_ = now;
  job_.gate_.Close();
  job_.StopReadingStreams();
  MutexLock lock(job_.mutex_);
  job_.state_ = JobState::kStopping;
  job_.end_reason_ = std::move(reason);
}

void Conductor::Drain(TimePoint now) {
  // Every write has a time-out of its own, so this ends.
  if (job_.gate_.in_flight() > 0) return;
  // Before the gate opened, a write of the process before may still have been on its way.
  clean_ = job_.rechecks_.count() == 0 && now >= job_.gate_.opens();
  checkpoint::Batch last = job_.SwitchOfStream();
  checkpoint::SetCleanStop(last, clean_);
  ticket_ = job_.ledger_.Stage(std::move(last));
  phase_ = Phase::kCommitting;
  ending_since_ = now;
}

void Conductor::Commit(TimePoint now) {
  const bool durable = job_.ledger_.IsDurable(ticket_);
  if (!durable && now < ending_since_ + limits::kStopPatience) return;
  phase_ = Phase::kEnded;
  MutexLock lock(job_.mutex_);
  if (!durable) {
    outcome_ = outcome_ == Outcome::kDataAtRisk ? outcome_ : Outcome::kFailed;
    job_.end_reason_ =
        "the checkpoint could not be written; the next start goes on from the last "
        "one that could (" +
        job_.end_reason_ + ")";
  }
  job_.state_ = EndState(!job_.gap_reason_.empty());
  job_.ended_ = outcome_;
  Log(LogLevel::kInfo, "ended", job_.end_reason_, {{"clean", clean_ ? "yes" : "no"}});
}

JobState Conductor::EndState(bool gap) const {
  switch (outcome_) {
    case Outcome::kRestart:
      return JobState::kStarting;
    case Outcome::kDone:
    case Outcome::kDegraded:
      return JobState::kDone;
    case Outcome::kDataAtRisk:
      if (gap) return JobState::kGap;
      return job_.resync_.step() == ResyncStep::kHeld ? JobState::kResync : JobState::kFailed;
    case Outcome::kFailed:
      break;
  }
  return JobState::kFailed;
}

}  // namespace ddbsync::replicator
