#pragma once

#include <string>
#include <vector>

#include "aws/backoff.h"
#include "checkpoint/records.h"
#include "checkpoint/store.h"
#include "dynamodb/table.h"
#include "replicator/job.h"

namespace ddbsync::replicator {

/// What a job starts from, once nothing speaks against it.
struct StartingPoint {
  dynamodb::TableDescription source;
  dynamodb::TableDescription target;
  checkpoint::State state;       ///< empty at a first start
  checkpoint::JobRecord record;  ///< to be written before the first read, if state.job is none
  bool read_back = false;        ///< the stream carries no new images
  std::string lost_stream;       ///< why the stream of the checkpoint is not the source's any more
  /// The copy is begun again after a gap: `record` is a new one, `resync` is to be written with it,
  /// and `forgotten` takes away how far the copy before it was. The state has none of that left.
  bool begins_again = false;
  checkpoint::Batch forgotten;
  std::string not_watched;  ///< why the target cannot be, though it was asked for; empty: it can
  std::string waits_for;    ///< it would be begun again, but for this; empty: nothing
  /// Of a first start into a target that is not empty, or of one that begins again.
  std::optional<checkpoint::ResyncRecord> resync;
  bool stream_ends = false;  ///< a cut-over ended it, or was about to; what it holds is read
};

/// Looks at both tables, the stream, the permissions and the checkpoint before anything is touched,
/// and gathers every fault. Only when there is none does it make the target table and turn the
/// stream on, where asked. Used once, by one thread; blocks.
class Preflight {
 public:
  Preflight(const JobOptions& options, const Side& source, const Side& target,
            checkpoint::Store& store, Clock& clock)
      : options_(options), source_(source), target_(target), store_(store), clock_(clock) {}

  [[nodiscard]] std::expected<StartingPoint, std::vector<Error>> Run();
  /// The faults alone; makes nothing.
  [[nodiscard]] std::vector<Error> Look();

 private:
  void LoadCheckpoint();
  void LookAtSource();
  void CheckCutover();
  void CheckTargetIsNotLive();
  void LookAtStream();
  void LookAtNewStream();
  void CheckStreamAfterGap();
  [[nodiscard]] bool FollowsSealedStream() const;
  void CheckSince();
  void LookAtTarget();
  void CompareTables();
  void CompareWithCheckpoint();
  void CheckEmptyTarget();
  void ProbeWrites();
  void ProbeSourcePermissions();
  void ProbeStreamPermissions(const std::string& stream_arn);
  /// Its status; empty when it cannot be listed.
  std::string ProbeStream(const Side& side, const dynamodb::KeySchema& key,
                          const std::string& stream_arn);
  void LookAtWatchedStream();

  void MakeTarget();
  void EnableStream();
  void WaitForStream();
  void FillRecord();
  void BeginAgain();

  void Fault(ErrorCode code, std::string message, std::string context = {});
  void Fault(const Side& side, const std::string& doing, const Error& error);
  [[nodiscard]] bool wants_tail() const { return options_.phases != Phases::kBackfillOnly; }
  [[nodiscard]] bool wants_backfill() const { return options_.phases != Phases::kTailOnly; }
  /// Its source is a table that a cut-over made live, and its stream the one prepared then.
  [[nodiscard]] bool IsWayBack() const { return !options_.stream_arn.empty(); }
  [[nodiscard]] bool begins_anew() const { return !point_.state.job || point_.begins_again; }

  const JobOptions& options_;
  const Side& source_;
  const Side& target_;
  checkpoint::Store& store_;
  Clock& clock_;
  aws::RetryBudget budget_;

  StartingPoint point_;
  std::vector<Error> faults_;
  bool source_found_ = false;
  bool target_found_ = false;
  bool target_to_make_ = false;
  bool stream_to_enable_ = false;
  bool stream_enabling_ = false;
  bool target_has_items_ = false;
};

}  // namespace ddbsync::replicator
