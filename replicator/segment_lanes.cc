#include "replicator/segment_lanes.h"

#include <algorithm>

#include "dynamodb/batch.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

SegmentLanes::Item SegmentLanes::Lane::Front() {
  if (!returned.empty()) return returned.front();
  const Rest& first = rest.front();
  return {first.page, &first.page->items.items()[first.next], this};
}

void SegmentLanes::Lane::PopFront() {
  if (!returned.empty()) {
    returned.pop_front();
  } else if (++rest.front().next == rest.front().page->items.items().size()) {
    rest.pop_front();
  }
}

SegmentLanes::Lane& SegmentLanes::LaneOf(const BackfillPage& page) {
  Lane& lane = lanes_[page.segment];
  lane.segment = page.segment;
  return lane;
}

void SegmentLanes::Add(BackfillPage& page) {
  Lane& lane = LaneOf(page);
  lane.rest.push_back({&page, 0});
  if (lane.place == Place::kEmpty) PauseUntil(lane, lane.not_before);
}

std::vector<SegmentLanes::Item> SegmentLanes::Deal(TimePoint now) {
  while (!paused_.empty() && paused_.begin()->first <= now) {
    Put(lanes_.at(paused_.begin()->second), Place::kReady);
  }
  std::vector<Item> dealt;
  dealt.reserve(dynamodb::kMaxBatchOps);
  size_t bytes = 0;
  while (!ready_.empty() && dealt.size() < dynamodb::kMaxBatchOps) {
    Lane& lane = *ready_.front();
    const Item item = lane.Front();
    const size_t size = item.view->json.size() + dynamodb::kOpOverheadBytes;
    if (!dealt.empty() && bytes + size > dynamodb::kMaxBatchBytes) break;
    bytes += size;
    dealt.push_back(item);
    lane.PopFront();
    ready_.pop_front();
    lane.place = Place::kEmpty;
    if (!lane.empty()) Put(lane, Place::kReady);
  }
  return dealt;
}

void SegmentLanes::Return(const Item& item, TimePoint now) {
  Lane& lane = *item.lane;
  lane.returned.push_front(item);
  if (lane.not_before > now) {
    PauseUntil(lane, lane.not_before);  // by an item of the same batch
    return;
  }
  lane.pause = std::clamp<Duration>(lane.pause * 2, limits::kFirstLeftoverPause,
                                    limits::kLongestLeftoverPause);
  PauseUntil(lane, now + lane.pause);
}

void SegmentLanes::Hold(const Item& item, TimePoint until) {
  Lane& lane = *item.lane;
  lane.returned.push_front(item);
  PauseUntil(lane, until);
}

size_t SegmentLanes::Purge(const BackfillPage& page) {
  Lane& lane = LaneOf(page);
  size_t purged = std::erase_if(lane.returned, [&](const Item& i) { return i.page == &page; });
  std::erase_if(lane.rest, [&](const Rest& rest) {
    if (rest.page != &page) return false;
    purged += page.items.items().size() - rest.next;
    return true;
  });
  if (lane.empty()) Put(lane, Place::kEmpty);
  return purged;
}

TimePoint SegmentLanes::NextDue() const {
  if (!ready_.empty()) return TimePoint::min();
  return paused_.empty() ? TimePoint::max() : paused_.begin()->first;
}

void SegmentLanes::PauseUntil(Lane& lane, TimePoint until) {
  if (lane.place == Place::kPaused) Put(lane, Place::kEmpty);
  lane.not_before = until;
  Put(lane, until == TimePoint::min() ? Place::kReady : Place::kPaused);
}

void SegmentLanes::Put(Lane& lane, Place place) {
  if (lane.place == place) return;
  if (lane.place == Place::kReady) std::erase(ready_, &lane);
  if (lane.place == Place::kPaused) paused_.erase({lane.not_before, lane.segment});
  lane.place = place;
  if (place == Place::kReady) ready_.push_back(&lane);
  if (place == Place::kPaused) paused_.insert({lane.not_before, lane.segment});
}

}  // namespace ddbsync::replicator
