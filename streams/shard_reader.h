#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "aws/backoff.h"
#include "base/byte_credit.h"
#include "base/mutex.h"
#include "base/task.h"
#include "dynamodb/key_schema.h"
#include "dynamodb/sequence_number.h"
#include "dynamodb/streams_client.h"
#include "streams/reader_counters.h"
#include "streams/record_sink.h"

namespace ddbsync::streams {

/// Reads one shard to its end, a page at a time: the next page is asked for when every record of
/// the one before is applied, so that order per key needs no further machinery.
///
///   starting ──SetWaker──▶ seeking ──iterator──▶ reading ──records──▶ applying
///                             ▲                   │ ▲ │empty page        │
///                             │ iterator expired, │ │ └──┐               │
///                             │ refused, missing  │ ├────┘               │
///                             ├───────────────────┘ └─── applied ────────┤
///                             └── applied, and the page had no iterator ─┘
///
///   seeking, reading ── "trimmed" or "not found", three times in a row ──▶ lost
///   lost ── RestartFromHorizon ──▶ seeking
///   reading ── no next iterator and nothing new, at least twice in a row ──▶ ended
///   any but applying ── Stop ──▶ stopped
///
/// A page without a next iterator is the end only if, sought again after the last record read,
/// there is neither a record nor an iterator. AWS needs no second question (one billed call more a
/// shard); DynamoDB Local leaves the iterator out of open shards now and then.
///
/// Iterators are a cache (they expire after 15 minutes): the reader seeks by the sequence number of
/// the last record read. That is past what is applied while a page is in hand; what may be recorded
/// is for the sink to tell, which knows when `applied` is called.
///
/// Owner: the executor, until Step is Done. Steps never overlap; all other functions, and a page's
/// `applied`, may be called from any thread.
class ShardReader final : public Task, public std::enable_shared_from_this<ShardReader> {
 public:
  struct Options {
    std::string stream_arn;
    std::string shard_id;
    dynamodb::SequenceNumber position;  ///< last applied record; empty: TRIM_HORIZON
    Duration poll_interval;             ///< longest pause while recently active
    /// Without a position, begins with what is written from now on. Holds for the first iterator:
    /// a later one without a position is of the oldest record, so that nothing is passed over.
    bool from_latest = false;
  };

  /// References outlive the reader.
  ShardReader(Options options, const dynamodb::KeySchema& schema, dynamodb::StreamsClient& client,
              RecordSink& sink, ByteCredit& credit, aws::RetryBudget& budget,
              ReaderCounters& counters);

  /// Once, after Spawn, before which the first step does nothing.
  void SetWaker(Waker waker) EXCLUDES(mutex_);

  Next Step(TimePoint now) override EXCLUDES(mutex_);

  /// From the next pause on.
  void SetPollInterval(Duration longest) { poll_interval_ = longest; }
  /// After OnLoss: reads again from the oldest record that is left.
  void RestartFromHorizon() EXCLUDES(mutex_);
  /// Reads no more; the next step is Done unless a page is being applied, then after that.
  void Stop() EXCLUDES(mutex_);
  /// Neither reads nor ends until Resume; a call on its way and a page in hand are finished. For
  /// --all pauses and gaps.
  void Pause() EXCLUDES(mutex_);
  void Resume() EXCLUDES(mutex_);

 private:
  enum class State { kSeeking, kReading, kApplying, kEnded, kLost };
  struct GrantedPage;

  Next Seek(TimePoint now);
  Next Read(TimePoint now, const Waker& waker);
  Next TakePage(const std::shared_ptr<GrantedPage>& page);
  Next TakeNothingNew(const dynamodb::RecordPage& page);
  void ReportTip();
  Next OnError(const Error& error);
  Next OnLossAnswer(const Error& error);
  Next PauseFor(Duration pause);
  Next AfterPoll();
  void FollowIterator(const dynamodb::RecordPage& page);
  void SeekAgain();
  [[nodiscard]] bool IsRepeat(const dynamodb::RecordPage& page) const;
  [[nodiscard]] Duration PollPause();
  [[nodiscard]] Duration AtRandom(Duration shortest, Duration longest);
  void OnApplied() EXCLUDES(mutex_);

  // Constant after construction.
  const Options options_;
  const dynamodb::KeySchema& schema_;
  dynamodb::StreamsClient& client_;
  RecordSink& sink_;
  ByteCredit& credit_;
  ReaderCounters& counters_;
  std::atomic<Duration> poll_interval_;

  // The steps' own.
  aws::Backoff backoff_;
  std::mt19937_64 random_;
  State state_ = State::kSeeking;
  State after_apply_ = State::kReading;
  dynamodb::SequenceNumber read_position_;
  std::string iterator_;              // of kReading
  bool fresh_iterator_ = false;       // nothing was read with it yet
  bool seeks_latest_;                 // the first iterator
  std::optional<WallTime> answered_;  // the last poll that was, server's time; at first: made
  int loss_answers_ = 0;              // "trimmed" or "not found", in a row
  int end_answers_ = 0;               // pages without a next iterator, in a row

  // When to poll, and what an empty page means.
  TimePoint due_ = TimePoint::min();          // no call before
  std::optional<Duration> pause_;             // from the next step on, which knows the time
  std::optional<TimePoint> poll_began_;       // the last one that was answered
  WallTime poll_began_wall_;                  // server's time
  TimePoint last_active_ = TimePoint::min();  // a record came, or reading began
  bool behind_ = true;                        // an empty page does not count by itself
  bool more_at_once_ = false;                 // the last page promises a next one
  int empty_pages_ = 0;                       // in a row
  TimePoint first_empty_;                     // of them
  WallTime empty_began_wall_;                 // the last of them, server's time

  Mutex mutex_;
  std::optional<Waker> waker_ GUARDED_BY(mutex_);
  bool applied_ GUARDED_BY(mutex_) = false;
  bool restart_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool paused_ GUARDED_BY(mutex_) = false;
};

}  // namespace ddbsync::streams
