#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "aws/backoff.h"
#include "aws/server_clock.h"
#include "base/byte_credit.h"
#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/ledger.h"
#include "checkpoint/records.h"
#include "dynamodb/client.h"
#include "dynamodb/streams_client.h"
#include "replicator/counters.h"
#include "replicator/health.h"
#include "replicator/status.h"
#include "replicator/tail_queue.h"
#include "replicator/watermark.h"
#include "streams/discovery.h"
#include "streams/lineage.h"
#include "streams/reader_counters.h"
#include "streams/record_sink.h"
#include "streams/shard_reader.h"

namespace ddbsync::replicator {

/// Follows the source's stream: starts a reader for each shard whose parent is fully applied, turns
/// its pages into writes, and stages its position once they are acknowledged. Joins streams/ (what
/// to read) with checkpoint/ (what is safe). Any thread.
class Tail final : public streams::RecordSink, public streams::ListingObserver {
 public:
  struct Options {
    std::string stream_arn;
    std::string source_table;
    WallTime start_time;  ///< T0
    Duration poll_interval;
    bool read_back = false;  ///< the stream has no new images
    bool skip_ttl_deletes = false;
  };
  /// All outlive the tail; so does the executor's last step of any task that it spawned.
  struct Parts {
    Executor& executor;
    dynamodb::StreamsClient& streams;
    dynamodb::Client& source;
    const dynamodb::KeySchema& schema;
    checkpoint::Ledger& ledger;
    aws::ServerClock& server_clock;
    TailQueue& queue;
    ByteCredit& credit;
    aws::RetryBudget& budget;
    Counters& counters;
    Health& health;
    /// Changes were lost. Called without a lock; may come more than once.
    std::function<void(const std::string& shard_id, const std::string& reason)> on_gap;
    /// A cut-over ends the stream: that it has ended is no gap.
    std::function<bool()> end_is_expected;
  };

  Tail(Options options, Parts parts, const std::vector<checkpoint::ShardRecord>& restored);
  ~Tail() override;

  void Start();
  /// Reads no more. Pages in hand are still written if the writers go on.
  void Stop();
  void SetPaused(bool paused);
  /// Of all shards, from the next pause of each on.
  void SetPollInterval(Duration longest);

  /// A listing of the stream is wanted now.
  void ListSoon();
  /// The stream was ended as expected, and every shard of it is applied to its end: a listing begun
  /// limits::kLateChildren after the first that called it DISABLED named no other.
  [[nodiscard]] bool Ended() const;
  /// This stream says nothing of the time since then (Seam::NoteWritesResume).
  void NoteWritesResume(WallTime since);
  /// When the youngest change was made that was ever applied, by this process or one before.
  [[nodiscard]] std::optional<WallTime> last_change() const;
  /// Those that the checkpoint has a record of.
  [[nodiscard]] std::vector<std::string> RecordedShards() const;

  struct Progress {
    streams::Lineage::Counts shards;
    std::optional<WallTime> watermark;
    TimePoint last_progress;  ///< of the shard that has stood still longest
    int64_t polls_records = 0, polls_empty = 0, polls_failed = 0;
  };
  [[nodiscard]] Progress GetProgress() const;
  [[nodiscard]] std::optional<WallTime> watermark() const;
  /// Those that are being read.
  [[nodiscard]] std::vector<ShardStatus> Shards() const;
  /// Reads of the stream that the service throttled.
  [[nodiscard]] int64_t polls_throttled() const { return reader_counters_.polls_throttled; }
  [[nodiscard]] streams::ShardFamily Family(size_t most) const;

  // streams::RecordSink
  void Apply(const std::string& shard_id, std::shared_ptr<const dynamodb::RecordPage> page,
             std::function<void()> applied) override;
  void OnTip(const std::string& shard_id, WallTime since) override;
  void OnEnd(const std::string& shard_id) override;
  void OnLoss(const std::string& shard_id, const Error& error) override;
  void OnTrouble(const std::string& shard_id, const Error& error, int failures) override;

  // streams::ListingObserver
  void OnPage(const dynamodb::StreamPage& page) override;
  void OnListingComplete(WallTime began, const std::string& stream_status) override;
  void OnListingTrouble(const Error& error, int failures) override;

 private:
  struct Shard {
    std::shared_ptr<streams::ShardReader> reader;  ///< null: finished
    checkpoint::ShardRecord record;
    TimePoint last_progress;
  };

  void OnPageApplied(const std::string& shard_id, const dynamodb::RecordView& last);
  void Count(const dynamodb::RecordPage& page);
  void StartReadyShards();
  [[nodiscard]] std::vector<std::pair<std::string, std::shared_ptr<streams::ShardReader>>>
  MakeReaders() REQUIRES(mutex_);
  void RecordFinished(Shard& shard) REQUIRES(mutex_);
  void DropPassedMarks(WallTime began) REQUIRES(mutex_);
  void OnDisabled(WallTime began);
  void NoteChange(WallTime created) REQUIRES(mutex_);
  [[nodiscard]] std::optional<WallTime> WatermarkNow() const REQUIRES(mutex_);
  [[nodiscard]] bool LossMayReachStart() const;
  [[nodiscard]] bool FinishIfOfNoConcern(const std::string& shard_id);
  [[nodiscard]] TimePoint Now() const { return parts_.executor.clock().Now(); }

  const Options options_;
  const Parts parts_;
  const WallTime earliest_;  ///< T0 less its margin
  streams::ReaderCounters reader_counters_;
  std::shared_ptr<streams::Discovery> discovery_;

  mutable Mutex mutex_;
  streams::Lineage lineage_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Shard> shards_ GUARDED_BY(mutex_);
  Watermark watermark_ GUARDED_BY(mutex_);
  Waker discovery_waker_ GUARDED_BY(mutex_);
  TimePoint listed_at_ GUARDED_BY(mutex_);
  Duration poll_interval_ GUARDED_BY(mutex_);
  bool paused_ GUARDED_BY(mutex_) = false;
  std::optional<WallTime> disabled_since_ GUARDED_BY(mutex_);  ///< a listing began, and said so
  bool ended_ GUARDED_BY(mutex_) = false;
  std::optional<WallTime> writes_resumed_ GUARDED_BY(mutex_);
  std::optional<WallTime> last_change_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;  ///< no shard is started any more
};

}  // namespace ddbsync::replicator
