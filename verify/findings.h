#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "aws/server_clock.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "checkpoint/ledger.h"
#include "verify/buckets.h"
#include "verify/differences.h"
#include "verify/records.h"
#include "verify/status.h"
#include "verify/suspects.h"
#include "verify/walk.h"

namespace ddbsync::verify {

/// Everything that a run knows: how far its walks are, sums, suspects, differences. A page's
/// findings and the cursor behind it are staged in one step, so that no key is passed over by a
/// crash. Any thread.
class Findings {
 public:
  /// `ledger` and `server_clock` (the source's) outlive this.
  Findings(RunRecord run, State restored, checkpoint::Ledger& ledger,
           aws::ServerClock& server_clock, TimePoint now);

  // For walkers.

  /// A segment that is one walker's until Note* says that it is finished, or GiveBack.
  struct Work {
    Table table = Table::kSource;
    bool digesting = false;
    int total_segments = 0;
    WalkedSegment segment;
    size_t buckets = 0;                                  ///< digesting
    std::shared_ptr<const std::vector<bool>> differing;  ///< buckets to look into; null: all
  };
  /// Of the other table if `preferred` has none; none at all: nothing to walk now.
  [[nodiscard]] std::optional<Work> TakeSegment(Table preferred);
  void GiveBack(const Work& work);
  /// A page was read and `work.segment` moved behind it.
  void NoteDigested(const Work& work, std::span<const Buckets::Addition> additions);
  void NoteCompared(const Work& work, std::vector<Suspect> found, TimePoint now);
  /// Keys that changed, to be compared; their first sighting is now.
  void NoteSuspects(std::vector<Suspect> found, TimePoint now);
  /// Walkers wait.
  [[nodiscard]] bool TooManySuspects() const;

  // For resolvers.

  [[nodiscard]] std::vector<Suspect> TakeDue(TimePoint now, size_t count, TimePoint& next_due);
  void PutBack(const Suspect& suspect, TimePoint due);
  void SettleEqual(const Suspect& suspect);
  void SettleDifferent(const Suspect& suspect, Difference difference);
  void SettleUndecided(const Suspect& suspect);

  // For the conductor.

  [[nodiscard]] Phase phase() const;
  [[nodiscard]] bool walked() const;
  [[nodiscard]] bool settled() const;
  /// Makes the sums durable as they are, with the cursors that they belong to.
  void StageSums();
  /// After both tables were digested: compares the sums, and looks into what differs.
  void BeginComparing();
  void BeginSettling();
  /// All of this generation is settled.
  void EndGeneration(bool watching);
  /// `full`: both tables are walked again; else only standing differences are looked at again, and
  /// what NoteSuspects adds.
  void BeginGeneration(bool full, TimePoint now);
  /// Standing differences are looked at again.
  void SuspectStanding(TimePoint now);

  void FillStatus(Status& status) const;
  [[nodiscard]] std::vector<Difference> List(size_t most, WallTime before) const;

 private:
  [[nodiscard]] Walk& walk(Table table) REQUIRES(mutex_) {
    return walks_[static_cast<size_t>(table)];
  }
  void MakeWalks() REQUIRES(mutex_);
  void CompareSums() REQUIRES(mutex_);
  void ForgetWalks(checkpoint::Batch& batch) REQUIRES(mutex_);
  void AddSuspects(std::vector<Suspect> found, TimePoint now, checkpoint::Batch& batch)
      REQUIRES(mutex_);
  void SuspectStanding(TimePoint now, checkpoint::Batch& batch) REQUIRES(mutex_);
  void Forget(const Suspect& suspect, checkpoint::Batch& batch) REQUIRES(mutex_);
  void StageSumsLocked() REQUIRES(mutex_);
  [[nodiscard]] double Progress(const Status& status) const REQUIRES(mutex_);

  checkpoint::Ledger& ledger_;
  aws::ServerClock& server_clock_;

  mutable Mutex mutex_;
  RunRecord run_ GUARDED_BY(mutex_);
  Walk walks_[kTables] GUARDED_BY(mutex_);
  std::optional<Buckets> sums_[kTables] GUARDED_BY(mutex_);
  int64_t summed_[kTables] GUARDED_BY(mutex_) = {};  ///< items in sums_, once all are
  std::string digests_[kTables] GUARDED_BY(mutex_);  ///< likewise, of all of them
  std::shared_ptr<const std::vector<bool>> differing_ GUARDED_BY(mutex_);
  Suspects suspects_ GUARDED_BY(mutex_);
  Differences differences_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::verify
