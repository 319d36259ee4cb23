#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/backoff.h"
#include "base/byte_credit.h"
#include "base/mutex.h"
#include "base/task.h"
#include "dynamodb/key_schema.h"
#include "dynamodb/streams_client.h"
#include "replicator/own_writes.h"
#include "replicator/status.h"
#include "replicator/watermark.h"
#include "streams/discovery.h"
#include "streams/reader_counters.h"
#include "streams/record_sink.h"
#include "streams/shard_reader.h"

namespace ddbsync::replicator {

/// Reads the target's own stream beside the job and counts what none of our writes explains
/// (--watch-target). Nothing of it is durable: it begins with what is written from now on, at each
/// start. The order of shards does not matter to it, so each is read as soon as it is listed.
///
/// It never holds up the job: its pages have a credit of their own, its calls a lane of their own,
/// and its troubles are told in its status alone. Any thread.
class TargetWatch final : public streams::RecordSink, public streams::ListingObserver {
 public:
  /// All outlive the watch; so does the executor's last step of any task that it spawned.
  struct Parts {
    Executor& executor;
    dynamodb::StreamsClient& streams;
    const dynamodb::KeySchema& schema;
    const OwnWrites& own_writes;
  };

  /// `off`: why there is no stream to read; empty: there is one.
  TargetWatch(std::string stream_arn, std::string off, Parts parts);
  ~TargetWatch() override;

  void Start();
  /// Reads no more.
  void Stop();
  [[nodiscard]] JobStatus::Watch Look() const;

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
    std::shared_ptr<streams::ShardReader> reader;  ///< null: ended, or closed before the watch
    dynamodb::SequenceNumber judged;               ///< the last one: pages may be read twice
    bool has_child = false;
    bool awaited = false;  ///< it was there before the watch, and nothing was read of it yet
    WallTime ended_at;
    std::optional<WallTime> judged_to;  ///< of one whose children count instead of it
    std::string trouble;                ///< why it is not read; empty: it is
  };
  using Started = std::vector<std::pair<std::string, std::shared_ptr<streams::ShardReader>>>;

  void Adopt(const dynamodb::ShardDescription& listed, Started& started) REQUIRES(mutex_);
  void Judge(const dynamodb::RecordView& record) EXCLUDES(mutex_);
  /// False for what the target's time to live deleted, which is nobody's mistake.
  bool CountForeign(const dynamodb::RecordView& record) EXCLUDES(mutex_);
  void LogForeign() EXCLUDES(mutex_);
  void SwitchedOff(const std::string& reason) EXCLUDES(mutex_);
  /// The shard answers. What was written to it before its first iterator is passed over.
  void NoteRead(Shard& shard) REQUIRES(mutex_);
  void NoteEnd(Shard& shard) REQUIRES(mutex_);
  /// Its children count instead of it, or nobody knows of any.
  void DropMark(const std::string& id, Shard& shard) REQUIRES(mutex_);
  [[nodiscard]] std::string Trouble() const REQUIRES(mutex_);
  [[nodiscard]] std::optional<double> LagSeconds() const REQUIRES(mutex_);
  [[nodiscard]] TimePoint Now() const { return parts_.executor.clock().Now(); }
  [[nodiscard]] WallTime ServerNow() const { return parts_.streams.aws().server_clock().Now(); }

  // Constant after construction.
  const Parts parts_;
  const std::shared_ptr<streams::Discovery> discovery_;

  aws::RetryBudget budget_;
  ByteCredit credit_;
  streams::ReaderCounters reader_counters_;

  mutable Mutex mutex_;
  Waker discovery_waker_ GUARDED_BY(mutex_);
  std::map<std::string, Shard> shards_ GUARDED_BY(mutex_);
  bool listed_ GUARDED_BY(mutex_) = false;   ///< as a whole, once
  bool stopped_ GUARDED_BY(mutex_) = false;  ///< no shard is started any more
  std::string off_ GUARDED_BY(mutex_);       ///< why there is no stream any more
  std::string listing_trouble_ GUARDED_BY(mutex_);
  Watermark judged_ GUARDED_BY(mutex_);        ///< how far each shard's records are
  WallTime reads_since_ GUARDED_BY(mutex_);    ///< of all that were there: the last one answered
  JobStatus::Watch found_ GUARDED_BY(mutex_);  ///< the counts and keys of it
  int64_t logged_ GUARDED_BY(mutex_) = 0;      ///< foreign writes that a line has told of
  std::optional<TimePoint> last_log_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::replicator
