#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "checkpoint/records.h"
#include "tests/support/fake_dynamodb.h"

namespace ddbsync::simulation {

/// A promise that was broken: its name in docs/guarantees.md, and how it showed.
struct Violation {
  std::string invariant;
  std::string what;
};

/// Everything that happened to a source table and to its copy, and the judgement of each write of
/// the copy by it. Not the engine's idea of what happened: the tables' own.
///
/// Each put of the source is unlike all others, so a put of the copy tells which version it is. A
/// delete does not: it is taken for whichever deletion speaks best for the engine, so that what is
/// called a violation is one. One thread.
class History {
 public:
  struct Options {
    Duration staleness{0};   ///< how old what a scan finds may be; zero for consistent reads
    bool read_back = false;  ///< the stream has keys only: what is written is read at the source
  };
  explicit History(Options options) : options_(options) {}

  // The observers of the two tables.
  void OnSource(const fake::AppliedWrite& write);
  void OnTarget(const fake::AppliedWrite& write);

  /// T0, as soon as it is known.
  void SetStart(WallTime start);
  /// The copy is begun again, from another T0: what was lost until then is the copy's to bring, and
  /// none of it the tail's. Without effect when that is T0 already.
  void BeginAgain(WallTime start);
  /// A process begins from what is durable. What an earlier one did beyond that is done again.
  void BeginLife(const checkpoint::State& durable);
  /// The consistent point: from now on, in this life, each key follows the source's order.
  void BeginOrder() { ordered_ = true; }
  /// That changes were lost is recorded: nothing may be written any more.
  void EndWrites() { ended_ = true; }

  /// Everything that is recorded as done is on the target, or on the durable list of what is
  /// compared again (I2); nothing recorded before is taken back (I7).
  void CheckDurable(const checkpoint::State& durable, WallTime now);
  /// Every change before that is on the target (I9: a watermark is no guess).
  void CheckWatermark(WallTime watermark);
  /// The target takes nothing since `since`, and the job calls itself ready. That is a lie once a
  /// change of a shard which it has been following is waiting for longer than `allowed` (I9).
  void CheckReadyInOutage(WallTime since, WallTime now, Duration allowed);
  /// All that was there when the copy began, and has not changed since, is on the target (I8).
  void CheckBackfillComplete();
  /// The two tables, as their services hold them.
  void CheckEqual(const std::map<std::string, std::string>& source,
                  const std::map<std::string, std::string>& target,
                  const std::string& invariant = "I1");

  void Violate(std::string invariant, std::string what);
  [[nodiscard]] const std::optional<Violation>& violation() const { return violation_; }

  [[nodiscard]] uint64_t changes() const { return changes_.size(); }
  [[nodiscard]] uint64_t target_writes() const { return target_writes_; }

 private:
  struct Version {
    std::optional<std::string> item;  ///< none: deleted, or not there yet
    WallTime at;
    std::string shard;     ///< empty: in no stream
    uint64_t ordinal = 0;  ///< its record's place in the stream
    bool counted = false;  ///< among its shard's unapplied changes
  };
  struct Key {
    std::string name;
    uint64_t hash = 0;
    std::vector<Version> versions = {Version{}};  ///< the first: not there yet
    std::unordered_map<std::string, size_t> by_item;
    size_t ever = 0;     ///< the newest version that the target may have had
    size_t now = 0;      ///< the version that it has, unless it is absent
    bool absent = true;  ///< on the target
    size_t low = 0;      ///< the oldest that the last write of this life may have been
    size_t covered = 0;  ///< recorded as done when this life began
    size_t settled = 0;  ///< no older one may be written in this life, nor this one
  };
  struct Change {
    Key* key;
    size_t version;
  };
  /// Part of a segment, by the hashes of its keys.
  struct Copied {
    int segment;
    uint64_t first, last;  ///< inclusive
  };
  struct Shard {
    std::string stream;    ///< its ARN
    std::string ancestor;  ///< the nearest with a change
    uint64_t unapplied = 0;
    bool followed = false;  ///< a change of it was applied by the tail in this life
  };

  [[nodiscard]] Key& KeyOf(std::string_view key_json);
  void OnTargetPut(Key& key, const fake::AppliedWrite& write);
  void OnTargetDelete(Key& key, const fake::AppliedWrite& write);
  /// The first change that the target never had; none: it had them all.
  [[nodiscard]] const Change* OldestUnapplied();
  void CheckOrder(Key& key, size_t oldest, size_t newest);
  void CheckDeletion(const Key& key);
  void CheckLineage(const Key& key, const Version& version);
  void CheckStreamBefore(const Key& key, const Version& version);
  void Applied(Key& key, size_t version);
  [[nodiscard]] static size_t LatestDeletion(const Key& key);
  // The newest version that the target may have now, or may ever have had: an item that is absent
  // may be so by the latest deletion.
  [[nodiscard]] static size_t Has(const Key& key);
  [[nodiscard]] static size_t Had(const Key& key);
  /// The stream's records count from then on; what lies a little before T0 too.
  [[nodiscard]] WallTime Earliest() const;
  /// Left to the tail, for it changed when the copy may have read it.
  [[nodiscard]] bool ChangedSinceStart(const Key& key) const;
  /// A deletion that was lost: a copy made again does not bring it, the removal after it does.
  [[nodiscard]] bool LeftToRemoval(const Key& key) const;
  [[nodiscard]] bool Concerns(const Change& change) const;
  [[nodiscard]] bool IsRecorded(const Change& change, const checkpoint::State& durable) const;
  /// What the copy is recorded past.
  [[nodiscard]] static std::vector<Copied> CopiedParts(const checkpoint::State& durable);
  [[nodiscard]] static std::set<std::string> Rechecked(const checkpoint::State& durable);
  void CheckSegments(const checkpoint::State& durable, const std::set<std::string>& rechecked);
  [[nodiscard]] std::string Tell(const Key& key) const;
  void CheckNothingTakenBack(const checkpoint::State& durable, WallTime now);
  void CheckShardsNotTakenBack(const checkpoint::State& durable, WallTime now);

  const Options options_;
  std::map<std::string, Key, std::less<>> keys_;
  std::vector<Change> changes_;  ///< those with a record, in the order of time
  size_t first_unapplied_ = 0;
  std::map<std::string, Shard> shards_;
  std::optional<WallTime> start_;  ///< T0
  WallTime not_before_;            ///< changes before that are no tail's any more
  bool ordered_ = false;
  bool copied_ = false;  ///< the copy is complete, in whichever life
  bool ended_ = false;   ///< no write is due any more
  uint64_t target_writes_ = 0;
  checkpoint::State durable_;  ///< as seen last
  WallTime looked_;            ///< ... and when
  std::optional<Violation> violation_;
};

}  // namespace ddbsync::simulation
