#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dynamodb/sequence_number.h"
#include "dynamodb/streams_client.h"

namespace ddbsync::streams {

/// What is durably known of a shard (checkpoint::ShardRecord without its home).
struct ShardProgress {
  std::string shard_id = {};
  std::string parent_id = {};
  dynamodb::SequenceNumber position = {};
  bool finished = false;
  WallTime finished_at = {};
};

/// A shard whose parent is fully applied: it may be read from `position` (empty: TRIM_HORIZON).
struct ReadyShard {
  std::string shard_id;
  std::string parent_id;
  dynamodb::SequenceNumber position;
};

/// A shard with changes of concern that left the stream before we read them.
struct LostShard {
  std::string shard_id;
  std::string reason;
};

/// Where a shard stands, for those who look.
enum class ShardPhase {
  kLost,     ///< changes of it left the stream unread; holds back its children
  kWaiting,  ///< for its parent
  kReading,
  kFinished,  ///< read to its end, or of no concern
};
[[nodiscard]] std::string_view ToString(ShardPhase phase);

struct ShardOfFamily {
  std::string shard_id;
  std::string parent_id;  ///< empty: none, or not known
  ShardPhase phase = ShardPhase::kWaiting;
};

struct ShardFamily {
  std::vector<ShardOfFamily> shards;
  size_t left_out = 0;
};

/// The family tree of a stream's shards: which may be read, which are finished, which are lost.
/// Pure bookkeeping: no calls, no threads, no clock of its own. Not thread-safe; its owner locks.
///
/// A child starts only when its parent is finished, whether or not the parent is listed as closed.
/// A shard counts as finished unread when it is closed and ended before `earliest` (a child was
/// created before it), or when a child of it was begun by an earlier process: its own marker was
/// deleted since. Nothing else is skipped:
///
///   - A shard that we know and did not finish, missed by two whole listings in a row, is lost.
///   - So is the beginning of a shard that became ready only after the stream's 24 h, unless they
///     end before `earliest`. It is ready all the same: what is left of it can be read.
///   - A parent that we never knew counts as finished once two whole listings in a row missed it
///   and
///     its own id says that it was created more than 24 h before the second: waiting longer could
///     only cost its children, which are younger, records of their own. Where the id does not tell
///     a time, the two listings decide alone, for the same reason. If it ended after `earliest`,
///     its records were of concern and never read, so it is named as lost too: the finished markers
///     are kept so long that a parent we did read is never unknown. A parent that ended before
///     `earliest` is of no concern as soon as one whole listing missed it.
///
/// A lost shard holds back its children until Finish says that its loss is dealt with.
class Lineage {
 public:
  /// Records older than `earliest` are of no concern (T0 less its margin).
  explicit Lineage(WallTime earliest);

  /// Before the first Observe. Order does not matter.
  void Restore(const ShardProgress& shard);

  /// One page of DescribeStream, in any order, repeats allowed. Nothing is concluded from a page.
  void Observe(std::span<const dynamodb::ShardDescription> shards);
  /// All pages since the last call together were a whole listing that began at `began`.
  void CompleteListing(WallTime began);

  /// Shards that may start now and did not yet; each is named once. Before the first whole listing
  /// only those that were restored with a position.
  [[nodiscard]] std::vector<ReadyShard> TakeReady();
  /// Shards found finished without reading, to be recorded; each once.
  [[nodiscard]] std::vector<std::string> TakeFinishedUnread();
  /// Each once. To be taken before TakeReady, which may name children of a lost parent.
  [[nodiscard]] std::vector<LostShard> TakeLost();
  /// Finished markers that may be deleted: 48 h old, no longer listed, and no child that is known
  /// waits to be begun; each once.
  [[nodiscard]] std::vector<std::string> TakeForgettable(WallTime now);

  /// Read to its end and everything applied, or lost and dealt with. Its children may be ready now.
  void Finish(const std::string& shard_id, WallTime now);

  /// True when the shard is finished and no child of it is known yet. Normal for ever on a stream
  /// that is disabled.
  [[nodiscard]] bool HasUnknownChildren(const std::string& shard_id) const;

  /// As listed or restored; empty when there is none or it is not known.
  [[nodiscard]] std::string ParentOf(const std::string& shard_id) const;

  /// True when a child of the shard was created before `earliest`: nothing in it is of concern, and
  /// its loss is no gap.
  [[nodiscard]] bool EndedBeforeEarliest(const std::string& shard_id) const;

  struct Counts {
    int reading = 0;
    int waiting = 0;  ///< for their parent, or lost
    int finished = 0;
  };
  [[nodiscard]] Counts Count() const;
  /// At most `most` shards, in the order of ShardPhase, the youngest of each first.
  [[nodiscard]] ShardFamily Family(size_t most) const;

 private:
  enum class State {
    kUnseen,    // named as a parent, never listed
    kTrimmed,   // as kUnseen, and counts as finished
    kWaiting,   // may not start yet
    kReading,   // named by TakeReady
    kFinished,  // read to its end, or of no concern
    kLost,
  };

  struct Node {
    State state = State::kUnseen;
    std::string parent_id;
    std::set<std::string> children;
    dynamodb::SequenceNumber position;
    bool begun = false;   // has a durable record, or was named by TakeReady
    bool closed = false;  // listed with its last sequence number
    bool listed = false;  // since the last whole listing was complete
    bool named_lost = false;
    int missed = 0;  // whole listings in a row without it
    WallTime finished_at;
  };
  using Nodes = std::map<std::string, Node>;

  static bool IsDone(const Node& node);
  void Adopt(const std::string& id, const std::string& parent_id);
  [[nodiscard]] bool HasChildCreatedBeforeEarliest(const Node& node) const;
  [[nodiscard]] bool HasBegunChild(const Node& node) const;
  [[nodiscard]] bool HoldsBackChild(const Node& node) const;
  [[nodiscard]] bool MayStart(const Node& node) const;
  [[nodiscard]] bool BeginningMayBeTrimmed(const std::string& id, const Node& node) const;
  void JudgeMissed(const std::string& id, Node& node);
  void JudgeUnseen(const std::string& id, Node& node);
  void Lose(const std::string& id, Node& node, std::string reason);
  void FinishUnread(const std::string& id);
  void Settle();
  void Erase(const std::string& id);

  const WallTime earliest_;
  Nodes nodes_;
  std::optional<WallTime> latest_listing_;  // when the last whole listing began
  bool changed_ = false;                    // since Settle
  std::vector<ReadyShard> ready_;
  std::vector<std::string> finished_unread_;
  std::vector<LostShard> lost_;
};

/// When the shard was made, from its name (`shardId-<20 digits of epoch milliseconds>-...`); none
/// when the name is of another form.
[[nodiscard]] std::optional<WallTime> CreatedFromId(std::string_view shard_id);

}  // namespace ddbsync::streams
