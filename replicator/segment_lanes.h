#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_credit.h"
#include "base/clock.h"
#include "dynamodb/item_page.h"
#include "replicator/fence.h"
#include "replicator/lane_pace.h"

namespace ddbsync::replicator {

/// A page of a segment on its way to the target. Owned by Backfill; the dealer refers to it
/// until it has reported it settled. Until then what the dealer counts is the dealer's, under its
/// lock; what it reported stands still afterwards.
struct BackfillPage {
  BackfillPage(dynamodb::ItemPage page, ByteGrant bytes, FencedRead fenced_read, int from_segment,
               std::string start)
      : items(std::move(page)),
        grant(std::move(bytes)),
        read(std::move(fenced_read)),
        segment(from_segment),
        start_cursor(std::move(start)),
        item_bytes(items.item_bytes()),
        open(items.items().size()) {}

  dynamodb::ItemPage items;
  ByteGrant grant;
  FencedRead read;
  int segment;
  std::string start_cursor;  ///< what it was read with
  size_t item_bytes;         ///< of the items' JSON
  size_t open;               ///< items not settled yet; the dealer's
  int64_t written = 0;
  int64_t fenced = 0;    ///< dropped: the tail knows better
  bool stale = false;    ///< must be read again
  bool settled = false;  ///< reported; Backfill's, under its lock
};

/// The items that wait to be written, in a lane for each segment, dealt one of each lane a round.
/// An item that comes back goes to the front of its own lane, which may then pause: a throttled key
/// range holds back only itself. Not thread-safe: part of a dealer, under its lock.
class SegmentLanes {
  struct Lane;

 public:
  struct Item {
    BackfillPage* page;
    const dynamodb::ItemView* view;
    Lane* lane;
  };

  /// All items of a page, behind those of its segment that wait already.
  void Add(BackfillPage& page);
  /// Takes out what fits one batch; the rounds go on where the last batch ended.
  [[nodiscard]] std::vector<Item> Deal(TimePoint now);
  enum class Cause { kRefused, kFailed };
  /// Back to the front of its lane, which rests; if the target refused it, the lane also goes on
  /// more slowly.
  void Return(const Item& item, Cause cause, TimePoint now);
  /// Back to the front of its lane, which waits until then.
  void Hold(const Item& item, TimePoint until);
  static void OnWritten(const Item& item, TimePoint now);
  /// Drops what waits of a page; returns how many items.
  [[nodiscard]] size_t Purge(const BackfillPage& page);

  /// Of the lanes in which items wait.
  struct Throttled {
    int waiting = 0;            ///< lanes
    std::vector<int> segments;  ///< of those, what the target refuses items of
  };
  [[nodiscard]] Throttled LookForThrottles(TimePoint now) const;

  /// When there is something to deal; TimePoint::min(): now, TimePoint::max(): never.
  [[nodiscard]] TimePoint NextDue() const;

 private:
  enum class Place { kEmpty, kReady, kPaused };
  /// What is left of a page that has not been dealt yet.
  struct Rest {
    BackfillPage* page;
    size_t next;
  };
  struct Lane {
    int segment = 0;
    std::deque<Item> returned;  ///< before the rest
    std::deque<Rest> rest;
    TimePoint not_before = TimePoint::min();
    LanePace pace;
    Place place = Place::kEmpty;

    [[nodiscard]] bool empty() const { return returned.empty() && rest.empty(); }
    [[nodiscard]] Item Front();
    void PopFront();
  };

  [[nodiscard]] Lane& LaneOf(const BackfillPage& page);
  void Put(Lane& lane, Place place);
  void PauseUntil(Lane& lane, TimePoint until);

  std::map<int, Lane> lanes_;                   ///< by segment
  std::deque<Lane*> ready_;                     ///< each once, in the order of dealing
  std::set<std::pair<TimePoint, int>> paused_;  ///< until when, segment
};

}  // namespace ddbsync::replicator
