#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tests/support/options.h"
#include "tests/support/random.h"

namespace ddbsync::fake {

/// The fake's own time: nanoseconds since 1970.
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Normalised text, ready to be spliced into answers.
struct StoredItem {
  std::string json;
  std::string key_json;
  size_t bytes = 0;
  size_t key_bytes = 0;
};

/// What a write did to an item.
struct Change {
  const StoredItem* before = nullptr;  ///< null: there was none
  const StoredItem* after = nullptr;   ///< null: there is none
  bool by_ttl = false;
};

/// What is left of a change in a stream of some view type.
struct Record {
  uint64_t ordinal = 0;  ///< orders the whole stream; SequenceText shows it
  Instant at;
  Instant readable;  ///< GetRecords shows it from then on
  const char* event = "";
  std::string key_json;
  std::optional<std::string> new_image;
  std::optional<std::string> old_image;
  size_t bytes = 0;  ///< SizeBytes: the key and the images
  bool by_ttl = false;
};

/// A range of the hash space during a part of the stream's life.
struct Shard {
  std::string id;
  std::string parent_id;    ///< empty: none
  std::string ancestor_id;  ///< the nearest that ever had a record; empty: none
  uint64_t first_hash = 0;
  uint64_t last_hash = 0;  ///< inclusive
  uint64_t first_ordinal = 0;
  uint64_t last_ordinal = 0;  ///< meaningful when closed
  Instant opened;
  std::optional<Instant> closed;
  Instant listed;       ///< DescribeStream knows the shard from then on
  Instant seen_closed;  ///< ... and its end
  Instant rolls = Instant::max();
  Instant missed{};              ///< when a listing left it out last
  uint64_t trimmed_through = 0;  ///< ordinal of the last record that is gone
  std::deque<Record> records;
};

/// A sequence number's text: longer and longer, and within the lengths no order of text agrees with
/// the order of numbers.
std::string SequenceText(uint64_t ordinal);
/// None when it is not the text of any ordinal.
std::optional<uint64_t> OrdinalOf(std::string_view text);

/// One stream of a table: its shards, how they roll, split and are trimmed. Not thread-safe: behind
/// the fake's mutex.
class Stream {
 public:
  struct Identity {
    std::string arn, label, table, view;
    std::string key_schema_json;
  };
  Stream(Identity identity, const StreamOptions& options, Instant created, Instant enabled,
         uint64_t seed);

  const Identity& identity() const { return identity_; }
  Instant created() const { return created_; }
  std::string Status(Instant now) const;
  bool Records(Instant now) const { return !disabled_ && now >= enabled_; }
  /// True when everything it ever held is gone.
  bool Expired(Instant now) const { return disabled_ && now >= *disabled_ + options_.retention; }

  /// `change` has an image at least. The shard that has it now, as its newest record.
  const Shard* Append(uint64_t hash, Instant now, const Change& change);
  void Disable(Instant now);
  /// False when there is no such open shard.
  bool Split(std::string_view shard_id, Instant now);
  bool Roll(std::string_view shard_id, Instant now);
  /// Lets time do its work: rolls that are due, trim.
  void CatchUp(Instant now);

  /// In the order of DescribeStream.
  const std::deque<std::unique_ptr<Shard>>& shards() const { return shards_; }
  const Shard* Find(std::string_view shard_id) const;
  uint64_t last_ordinal() const { return ordinal_; }

 private:
  Shard& Open(const Shard* parent, uint64_t first_hash, uint64_t last_hash, Instant now);
  void Close(Shard& shard, Instant now);
  void Replace(Shard& shard, bool split, Instant now);
  void RollDue(Instant now);
  void Trim(Instant now);
  int OpenCount() const;
  Instant WithDelay(Instant now, Duration longest);

  const Identity identity_;
  const StreamOptions options_;
  const Instant created_;
  const Instant enabled_;
  std::optional<Instant> disabled_;
  Random random_;
  uint64_t ordinal_ = 0;
  int64_t last_id_ms_ = 0;
  Instant next_work_ = Instant::max();  ///< CatchUp has nothing to do before
  std::deque<std::unique_ptr<Shard>> shards_;
};

}  // namespace ddbsync::fake
