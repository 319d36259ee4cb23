#include "verify/walk.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "base/error.h"

namespace ddbsync::verify {

Walk::Walk(int total, const std::vector<int>& segments) : total_(total) {
  for (const int segment : segments) {
    segments_.push_back({.segment = segment});
    waiting_.push_back(segment);
  }
}

WalkedSegment* Walk::Find(int segment) {
  const auto found = std::ranges::lower_bound(segments_, segment, {}, &WalkedSegment::segment);
  return found != segments_.end() && found->segment == segment ? &*found : nullptr;
}

void Walk::Restore(const WalkedSegment& segment) {
  if (Find(segment.segment) == nullptr) return;
  Advance(segment);
  if (segment.finished) std::erase(waiting_, segment.segment);
}

std::optional<WalkedSegment> Walk::Take() {
  if (waiting_.empty()) return std::nullopt;
  const int segment = waiting_.front();
  waiting_.pop_front();
  return *Find(segment);
}

void Walk::GiveBack(int segment) {
  waiting_.push_front(segment);
}

void Walk::Advance(const WalkedSegment& segment) {
  WalkedSegment* known = Find(segment.segment);
  DDBSYNC_CHECK(known != nullptr && !known->finished);
  items_ += segment.items - known->items;
  bytes_ += segment.bytes - known->bytes;
  *known = segment;
  if (segment.finished) ++finished_;
}

std::vector<WalkedSegment> Walk::Begun() const {
  std::vector<WalkedSegment> begun;
  for (const WalkedSegment& segment : segments_) {
    if (segment.finished || !segment.cursor.empty()) begun.push_back(segment);
  }
  return begun;
}

std::vector<int> ChooseSample(int total, int count, uint64_t seed) {
  std::vector<int> all(static_cast<size_t>(total));
  std::iota(all.begin(), all.end(), 0);
  if (count >= total) return all;
  std::mt19937_64 random(seed);
  // By hand, because std::shuffle's choice is each library's own and a run may be resumed.
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    std::swap(all[i], all[i + random() % (all.size() - i)]);
  }
  all.resize(static_cast<size_t>(count));
  std::ranges::sort(all);
  return all;
}

}  // namespace ddbsync::verify
