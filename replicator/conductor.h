#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/task.h"
#include "checkpoint/ledger.h"
#include "replicator/job.h"

namespace ddbsync::replicator {

class LiveJob;

/// Decides what the job as a whole does next, from what its parts report. The one place where a job
/// ends:
///
///   running ──stop asked, done, failed, gap with --on-gap stop or resync──▶ draining
///                                                                   (gate shut, reads stop)
///   draining ──no write on the wire──▶ committing (clean-stop marker, if nothing is unclear)
///   committing ──durable, or patience over──▶ ended
///
/// A gap that is held shuts the gate and stays running, so that status is served. A Task of
/// Lane::kControl; its job outlives it.
class Conductor final : public Task {
 public:
  explicit Conductor(LiveJob& job) : job_(job) {}
  Next Step(TimePoint now) override;

 private:
  enum class Phase { kRunning, kDraining, kCommitting, kEnded };

  void Run(TimePoint now);
  void Drain(TimePoint now);
  void Commit(TimePoint now);
  void BeginEnd(Outcome outcome, std::string reason, TimePoint now);
  void NoteState(TimePoint now);
  void LookAfterTail(TimePoint now);
  void FavourTail();
  void ResumeTailInNeed();
  void TellOfConsistentReads();
  void SampleRates(TimePoint now);
  void NoteHolds(TimePoint now);
  [[nodiscard]] bool NeverAllowedToWrite(TimePoint now);
  [[nodiscard]] JobState EndState(bool gap) const;

  /// A count that rises with each refusal, and when it did last.
  struct Refusals {
    int64_t seen = 0;
    TimePoint last = TimePoint::min();
    /// Whether it rose lately.
    bool Look(int64_t count, TimePoint now);
  };

  LiveJob& job_;
  Refusals stream_reads_, writes_;
  Phase phase_ = Phase::kRunning;
  Outcome outcome_ = Outcome::kDone;
  TimePoint next_look_;
  int eventual_pauses_ = 0;  ///< that were told
  TimePoint ending_since_;
  bool clean_ = false;
  checkpoint::Ledger::Ticket ticket_ = 0;
};

}  // namespace ddbsync::replicator
