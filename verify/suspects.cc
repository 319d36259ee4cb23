#include "verify/suspects.h"

#include <utility>

#include "verify/limits.h"

namespace ddbsync::verify {

Fate Judge(Suspect& suspect, const Image& source, const Image& target, WallTime at, bool live) {
  ++suspect.looks;
  if (source == target) return Fate::kEqual;
  const auto last = std::exchange(suspect.look, Suspect::Look{source, at});
  if (!live) {
    if (last && last->source == source) return Fate::kDiffers;
    return Unproven(suspect);
  }
  // It changes all the time. The target had all that the job promises if it was where the source
  // was at the last look.
  const bool in_step = last && last->source != source && last->source == target;
  suspect.in_step = in_step ? suspect.in_step + 1 : 0;
  return suspect.in_step >= limits::kLooksInStep ? Fate::kEqual : Fate::kDiffers;
}

Fate Unproven(const Suspect& suspect) {
  return suspect.looks >= limits::kMostLooks ? Fate::kUndecided : Fate::kLookAgain;
}

void Suspects::Add(Suspect suspect, TimePoint due) {
  const std::string key = suspect.key;
  const auto [entry, added] = entries_.try_emplace(key, Entry{std::move(suspect), due});
  if (added) by_due_.emplace(due, key);
}

std::vector<Suspect> Suspects::TakeDue(TimePoint now, size_t count, TimePoint& next_due) {
  std::vector<Suspect> due;
  while (!by_due_.empty() && by_due_.begin()->first <= now && due.size() < count) {
    const auto taken = by_due_.extract(by_due_.begin());
    due.push_back(entries_.find(taken.value().second)->second.suspect);
  }
  next_due = by_due_.empty() ? TimePoint::max() : by_due_.begin()->first;
  return due;
}

void Suspects::PutBack(const Suspect& suspect, TimePoint due) {
  const auto entry = entries_.find(suspect.key);
  if (entry == entries_.end()) return;
  entry->second = {suspect, due};
  by_due_.emplace(due, suspect.key);
}

void Suspects::Remove(std::string_view key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return;
  by_due_.erase({entry->second.due, entry->first});
  entries_.erase(entry);
}

}  // namespace ddbsync::verify
