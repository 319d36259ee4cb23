#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "aws/server_clock.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "checkpoint/ledger.h"
#include "checkpoint/records.h"
#include "replicator/most_extra.h"

namespace ddbsync::replicator {

enum class ResyncStep {
  kNone,      ///< none is under way
  kCopying,   ///< until the consistent point
  kCounting,  ///< how many rows only the target has
  kRemoving,  ///< those rows
  kHeld,      ///< there are more than may be removed: a person must decide
};
std::string_view ToString(ResyncStep step);

/// A change was lost that no resync which is under way makes up for.
[[nodiscard]] bool GapStands(const checkpoint::State& state);

/// The durable story of a copy after which the target has to be rid of rows that the source does
/// not have, and of the losses that it makes up for:
///
///   copying ──consistent──▶ counting ──few──▶ removing ──none left──▶ complete: the losses count
///      ▲                     │    ▲              │                    no more, in one batch
///      │                     │    └─more came────┘
///   a further loss         many
///   begins it again          ▼
///                           held ──the next start, with a higher bound──▶ counting
///
/// What is lost meanwhile overtakes it. Any thread.
class Resync {
 public:
  /// As found, or as begun by this start; `gaps`: the records of losses. The last two outlive this.
  Resync(std::optional<checkpoint::ResyncRecord> record, std::set<std::string> gaps,
         const MostExtra& most, checkpoint::Ledger& ledger, aws::ServerClock& server_clock);

  /// Stages that changes were lost, of a shard or, with an empty id, of the whole stream. A resync
  /// under way counts for nothing from then on.
  void RecordGap(const std::string& shard_id, const std::string& reason);
  /// Losses on record.
  [[nodiscard]] int64_t gaps() const;

  /// How far the copy is: whether all of it is made, and up to when all changes are on the target.
  void Look(bool copied, std::optional<WallTime> watermark);
  /// Every change made before the end of the copy is on the target, as seen in this process.
  [[nodiscard]] bool consistent() const;

  [[nodiscard]] ResyncStep step() const;
  [[nodiscard]] bool under_way() const { return step() != ResyncStep::kNone; }
  [[nodiscard]] std::optional<checkpoint::ResyncRecord> record() const;
  /// Why the job is not in step yet, and what to do if something is to be done; empty: it is none
  /// of this one's.
  [[nodiscard]] std::string Reason() const;

  // For who removes the rows (verify/extras_removal.h), once it is consistent. Without effect when
  // it was overtaken.

  void BeginCounting();
  /// So many rows has the target, and so many of them the source has not; `some_keys` of them as
  /// JSON, one a line. Removing begins, or is held.
  void NoteCount(int64_t target_rows, int64_t extra_rows, std::string some_keys);
  /// One more may be removed: recorded with, or before, what the caller stages next. False: the
  /// bound is reached.
  [[nodiscard]] bool TakeRemoval();
  [[nodiscard]] bool RemovalsExhausted() const;
  /// What keeps the counting or removing from going on; empty: nothing any more.
  void NoteTrouble(std::string trouble);
  /// No row is left that only the target has.
  void Complete();

 private:
  [[nodiscard]] bool UnderWay() const REQUIRES(mutex_) {
    return record_ && checkpoint::IsUnderWay(*record_);
  }
  [[nodiscard]] ResyncStep Step() const REQUIRES(mutex_);
  [[nodiscard]] std::string HeldReason() const REQUIRES(mutex_);
  void StageRecord() REQUIRES(mutex_);

  const MostExtra most_;
  checkpoint::Ledger& ledger_;
  aws::ServerClock& server_clock_;

  mutable Mutex mutex_;
  std::optional<checkpoint::ResyncRecord> record_ GUARDED_BY(mutex_);
  std::set<std::string> gaps_ GUARDED_BY(mutex_);
  std::optional<WallTime> copied_at_ GUARDED_BY(mutex_);  ///< seen in this process
  bool consistent_ GUARDED_BY(mutex_) = false;
  std::string trouble_ GUARDED_BY(mutex_);
};

/// The record of one that begins now.
[[nodiscard]] checkpoint::ResyncRecord NewResync(
    const std::optional<checkpoint::ResyncRecord>& last, std::string_view cause, std::string reason,
    WallTime began);

}  // namespace ddbsync::replicator
