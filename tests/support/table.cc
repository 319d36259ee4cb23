#include "tests/support/table.h"

namespace ddbsync::fake {

Overlay Table::AsOf(Instant time) const {
  Overlay overlay;
  for (auto change = replaced.rbegin(); change != replaced.rend() && change->at > time; ++change) {
    overlay[change->position] = change->before;
  }
  return overlay;
}

const StoredItem* Table::Next(const Position& from, const Overlay& overlay, Position& found) const {
  auto live = items.lower_bound(from);
  auto old = overlay.lower_bound(from);
  while (true) {
    if (old != overlay.end() && (live == items.end() || old->first <= live->first)) {
      if (live != items.end() && live->first == old->first) ++live;
      if (old->second) {
        found = old->first;
        return &*old->second;
      }
      ++old;
      continue;
    }
    if (live == items.end()) return nullptr;
    found = live->first;
    return &live->second;
  }
}

const StoredItem* Table::Get(const Position& position, const Overlay& overlay) const {
  if (const auto old = overlay.find(position); old != overlay.end()) {
    return old->second ? &*old->second : nullptr;
  }
  const auto live = items.find(position);
  return live == items.end() ? nullptr : &live->second;
}

}  // namespace ddbsync::fake
