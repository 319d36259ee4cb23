#pragma once

#include <optional>
#include <set>
#include <string>

#include "aws/backoff.h"
#include "base/mutex.h"
#include "base/task.h"
#include "dynamodb/streams_client.h"

namespace ddbsync::streams {

/// What Discovery finds, page by page. Called from its steps, never concurrently.
class ListingObserver {
 public:
  virtual ~ListingObserver() = default;
  virtual void OnPage(const dynamodb::StreamPage& page) = 0;
  /// The pages since the last OnListingComplete were the whole stream. `began`: server's time.
  virtual void OnListingComplete(WallTime began, const std::string& stream_status) = 0;
  /// kNotFound: the stream does not exist (any more). Others pass by themselves.
  virtual void OnListingTrouble(const Error& error, int failures) = 0;
};

/// Walks DescribeStream, one page a step, at most ten calls a second (limit of the API).
///
/// A *whole listing* is made at once, then every half minute (every second while the stream has no
/// shard yet), and when it is asked for. A *look* is made soon after shards ended, and again, ever
/// slower, until a child of each is listed: first from the last shard known, which finds what is
/// new in one call; then from the oldest shard whose children are missing, because a child may be
/// listed late and out of order. A server that refuses to start at a shard it does not know is
/// asked for a whole listing instead. The children of a disabled stream's shards are not looked
/// for: it has none.
///
/// Owner: the executor, until Step is Done. LookForChildren and Stop may be called from any thread.
class Discovery final : public Task {
 public:
  /// References outlive the task.
  Discovery(std::string stream_arn, dynamodb::StreamsClient& client, ListingObserver& observer,
            aws::RetryBudget& budget);

  Next Step(TimePoint now) override EXCLUDES(mutex_);

  [[nodiscard]] const std::string& stream_arn() const { return stream_arn_; }
  /// The shard ended and no child of it is known: look for its children soon. The owner wakes the
  /// task afterwards.
  void LookForChildren(const std::string& shard_id) EXCLUDES(mutex_);
  /// A whole listing is wanted that begins at `due` or soon after; of several wishes the earliest
  /// counts, and the next one is for the listing after it. The owner wakes the task afterwards.
  void ListAt(TimePoint due) EXCLUDES(mutex_);
  /// The next step is Done. The owner wakes the task afterwards.
  void Stop() EXCLUDES(mutex_);

 private:
  enum class Walk { kNone, kWhole, kLook };

  [[nodiscard]] bool Begin(TimePoint now) EXCLUDES(mutex_);
  void BeginWhole();
  [[nodiscard]] TimePoint WholeDue() const REQUIRES(mutex_);
  [[nodiscard]] TimePoint LookDue() const;
  [[nodiscard]] TimePoint NextBegin() EXCLUDES(mutex_);
  Next TakePage(const dynamodb::StreamPage& page);
  void CrossOff(const dynamodb::StreamPage& page) EXCLUDES(mutex_);
  void Complete(const std::string& status);
  Next OnError(Error error);

  // Constant after construction.
  const std::string stream_arn_;
  dynamodb::StreamsClient& client_;
  ListingObserver& observer_;

  // The steps' own.
  aws::Backoff backoff_;
  Walk walk_ = Walk::kNone;
  std::string start_;       // ExclusiveStartShardId of the next page
  WallTime began_;          // this walk, server's time
  TimePoint walk_began_;    // this walk
  bool any_shard_ = false;  // listed in this walk
  bool any_child_ = false;  // of an ended shard, listed in this walk
  bool disabled_ = false;   // the stream, as of the last page
  std::string last_known_;  // the largest id ever listed; ids grow with time
  TimePoint whole_due_ = TimePoint::min();
  TimePoint whole_began_;                  // the last that was completed
  std::optional<TimePoint> last_look_;     // when it began
  int looks_in_vain_ = 0;                  // in a row
  TimePoint call_due_ = TimePoint::min();  // no call before
  std::optional<Duration> pause_;          // from the next step on, which knows the time

  Mutex mutex_;
  std::set<std::string> childless_ GUARDED_BY(mutex_);  // ended, no child listed since
  bool hurry_ GUARDED_BY(mutex_) = false;               // a shard was added to them
  std::optional<TimePoint> wanted_ GUARDED_BY(mutex_);  // a whole listing, at that time
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace ddbsync::streams
