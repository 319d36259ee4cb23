#include "replicator/segment_lanes.h"

#include <algorithm>
#include <iterator>

#include "base/planted_bug.h"
#include "dynamodb/batch.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

/// A write costs a unit for each KB begun (developer guide); of JSON here, which is near enough.
double UnitsOf(const SegmentLanes::Item& item) {
  constexpr size_t kUnitBytes = 1024;
  return static_cast<double>(1 + item.view->json.size() / kUnitBytes);
}

}  // namespace

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
  const auto [found, is_new] = lanes_.try_emplace(page.segment);
  Lane& lane = found->second;
  if (is_new) {
    lane.segment = page.segment;
    // Most likely of the same partition: what that takes need not be found out anew.
    if (found != lanes_.begin()) {
      const Lane& neighbour = std::prev(found)->second;
      lane.pace = neighbour.pace.ForNeighbour(/*shared=*/!neighbour.empty());
    }
  }
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
    if (!dealt.empty() && bytes + size > dynamodb::kBatchBytes) break;
    bytes += size;
    dealt.push_back(item);
    lane.PopFront();
    ready_.pop_front();
    lane.place = Place::kEmpty;
    lane.not_before = lane.pace.OnDealt(UnitsOf(item), now);
    if (lane.empty()) continue;
    PauseUntil(lane, lane.not_before);
    const bool naive = Planted(PlantedBug::kNoDealing) && lane.place == Place::kReady;
    if (naive) std::ranges::rotate(ready_, ready_.end() - 1);
  }
  return dealt;
}

void SegmentLanes::OnWritten(const Item& item, TimePoint now) {
  item.lane->pace.OnWritten(UnitsOf(item), now);
}

void SegmentLanes::Return(const Item& item, Cause cause, TimePoint now) {
  Lane& lane = *item.lane;
  lane.returned.push_front(item);
  const TimePoint rested =
      cause == Cause::kRefused ? lane.pace.OnRefused(UnitsOf(item), now) : lane.pace.OnFailed(now);
  PauseUntil(lane, std::max(lane.not_before, rested));
}

void SegmentLanes::Hold(const Item& item, TimePoint until) {
  Lane& lane = *item.lane;
  lane.returned.push_front(item);
  PauseUntil(lane, std::max(lane.not_before, until));
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

SegmentLanes::Throttled SegmentLanes::LookForThrottles(TimePoint now) const {
  Throttled found;
  for (const auto& [segment, lane] : lanes_) {
    if (lane.empty()) continue;
    ++found.waiting;
    if (lane.pace.IsThrottled(now)) found.segments.push_back(segment);
  }
  return found;
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
