#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "checkpoint/batch.h"
#include "checkpoint/store.h"
#include "verify/difference.h"
#include "verify/status.h"
#include "verify/suspects.h"
#include "verify/walk.h"

namespace ddbsync::verify {

// What a verification knows, as records of a Store of its own (docs/checkpoint-format.md). The same
// envelope as the job's: kInvalid for records of a newer version, kCorrupt for damage.

/// Which run this is; written before anything else of it.
struct RunRecord {
  std::string source_identity = {};  ///< TableDescription::Identity()
  std::string target_identity = {};
  Form form = Form::kLive;
  std::string why = {};
  Phase phase = Phase::kComparing;
  bool extras_only = false;
  int64_t sample_ppm = 1'000'000;  ///< of the segments, in millionths
  int64_t seed = 0;
  int source_segments = 0;
  int target_segments = 0;
  int64_t buckets = 0;       ///< 0: no sums
  int64_t source_items = 0;  ///< the tables' own estimates
  int64_t target_items = 0;
  WallTime began = {};
  int generation = 1;
  std::optional<WallTime> completed = {};
  int64_t undecided = 0;
  int64_t repaired = 0;
  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

/// Everything of a run, as read at start.
struct State {
  std::optional<RunRecord> run;
  std::vector<WalkedSegment> walked[kTables];   ///< of the phase under way
  std::map<size_t, std::string> sums[kTables];  ///< Buckets::Piece by index
  bool old_digests = false;  ///< sums are of such as are no longer made: they can only be compared
  std::vector<Suspect> suspects;  ///< without their looks
  std::vector<Difference> differences;
};

[[nodiscard]] Result<State> LoadRun(checkpoint::Store& store);

void PutRun(checkpoint::Batch& batch, const RunRecord& run);
void PutSegment(checkpoint::Batch& batch, Table table, const WalkedSegment& segment);
void DeleteSegment(checkpoint::Batch& batch, Table table, int segment);
void PutSums(checkpoint::Batch& batch, Table table, size_t piece, std::string bytes);
void PutSuspect(checkpoint::Batch& batch, const Suspect& suspect);
void DeleteSuspect(checkpoint::Batch& batch, std::string_view key);
void PutDifference(checkpoint::Batch& batch, const Difference& difference);
void DeleteDifference(checkpoint::Batch& batch, std::string_view key);
/// All records of what is in the store.
[[nodiscard]] Result<void> DeleteAll(checkpoint::Store& store, checkpoint::Batch& batch);

}  // namespace ddbsync::verify
