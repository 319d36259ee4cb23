#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/ledger.h"
#include "checkpoint/records.h"
#include "replicator/dealer.h"
#include "replicator/pace.h"

namespace ddbsync::replicator {

/// The segments of the copy: which are open, how far each has been read and how far it is safe. A
/// segment's cursor is staged only after every item of the pages before it is settled, and
/// "finished" only after its own page without LastEvaluatedKey is (I2, I8). Any thread.
class Backfill final : public PageOwner {
 public:
  struct Options {
    int total_segments;
    int open_segments;  ///< at once
    /// What is written beside it: with few calls few pages are in hand. Outlives this. Null: as
    /// many as limits::kPagesAhead.
    const InFlightLimit* writes = nullptr;
  };

  /// `ledger` outlives this. `restored` are the checkpoint's segments; others begin at the start.
  Backfill(Options options, checkpoint::Ledger& ledger,
           const std::vector<checkpoint::SegmentRecord>& restored);
  ~Backfill() override;

  /// Opens the first segments. `open` is called, without a lock, for each segment to be scanned,
  /// also later when one ends and the next is opened; it spawns the scanner and gives its waker
  /// back.
  void Start(Dealer& dealer, std::function<Waker(int segment)> open);

  /// What a segment's scanner does next.
  struct Read {
    enum class Kind { kRead, kWait, kEnd };
    Kind kind;
    std::string cursor;  ///< kRead: ExclusiveStartKey; empty: from the start
  };
  [[nodiscard]] Read NextRead(int segment);

  /// The page that was read with NextRead's cursor. Dropped when the segment went back meanwhile:
  /// what is read next then begins elsewhere.
  void AddPage(std::shared_ptr<BackfillPage> page, TimePoint now);

  void OnPageSettled(BackfillPage& page, TimePoint now) override;
  void OnRefused() override;

  struct Progress {
    bool complete = false;
    int segments = 0, open = 0, finished = 0;
    int64_t items_read = 0, bytes_read = 0;
    /// As the checkpoint had them when this process began.
    int64_t items_settled_before = 0, items_written_before = 0, items_fenced_before = 0;
    TimePoint last_settled;  ///< when a page was settled last
  };
  [[nodiscard]] Progress GetProgress() const;
  [[nodiscard]] bool complete() const;

 private:
  struct Segment {
    checkpoint::SegmentRecord record;                 ///< what is safe
    std::deque<std::shared_ptr<BackfillPage>> pages;  ///< read and not safe, in scan order
    std::string read_cursor;                          ///< where the next read begins
    bool read_to_end = false;
    bool rereading = false;  ///< waits until all its pages are settled
    bool open = false;
    bool waits_for_room = false;
    Waker scanner;
  };

  /// As many as there is room for: `preferred` first, if it waits to be opened.
  [[nodiscard]] std::vector<int> TakeNextSegments(int preferred) REQUIRES(mutex_);
  void OpenSegments(const std::vector<int>& segments);
  [[nodiscard]] size_t PagesAhead() const REQUIRES(mutex_);
  /// The scanners that there is room for now.
  [[nodiscard]] std::vector<Waker> TakeWaiting() REQUIRES(mutex_);
  void Advance(Segment& segment) REQUIRES(mutex_);
  [[nodiscard]] std::vector<std::shared_ptr<BackfillPage>> BeginReread(Segment& segment,
                                                                       const BackfillPage& stale)
      REQUIRES(mutex_);

  const Options options_;
  checkpoint::Ledger& ledger_;
  Progress restored_;                       ///< the *_before counts; constant after construction
  Dealer* dealer_ = nullptr;                // constant after Start
  std::function<Waker(int segment)> open_;  // constant after Start

  mutable Mutex mutex_;
  std::vector<Segment> segments_ GUARDED_BY(mutex_);
  std::deque<int> to_open_ GUARDED_BY(mutex_);  ///< bit-reversed order: spread over the hash space
  int open_count_ GUARDED_BY(mutex_) = 0;
  int finished_ GUARDED_BY(mutex_) = 0;
  size_t pages_ GUARDED_BY(mutex_) = 0;         ///< of all segments
  size_t pages_behind_ GUARDED_BY(mutex_) = 0;  ///< the first of its segment, of all
  std::deque<int> waiting_ GUARDED_BY(mutex_);  ///< segments that wait for room
  bool refused_ GUARDED_BY(mutex_) = false;     ///< the target has refused items
  int64_t items_read_ GUARDED_BY(mutex_) = 0;
  TimePoint last_settled_ GUARDED_BY(mutex_);
};

/// 0 .. count-1 so that every prefix is spread evenly: by bit-reversed number.
[[nodiscard]] std::vector<int> SpreadOrder(int count);

/// Segments for a table of that size: many more than are open at once, none much larger than
/// limits::kBytesPerSegment.
[[nodiscard]] int ChooseSegments(int64_t table_bytes);

}  // namespace ddbsync::replicator
