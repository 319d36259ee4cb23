#include "replicator/rechecks.h"

#include <algorithm>
#include <utility>

#include "base/planted_bug.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

Rechecks::Rechecks(checkpoint::Ledger& ledger, aws::ServerClock& server_clock, Duration settle,
                   const std::vector<checkpoint::Recheck>& restored, TimePoint now)
    : ledger_(ledger), server_clock_(server_clock), settle_(settle) {
  for (const auto& recheck : restored) {
    Entry& entry = entries_[recheck.key];
    entry = Entry{recheck.key_json, ++last_generation_, now};
    Reschedule(recheck.key, entry, now + settle_);
  }
}

void Rechecks::Note(std::string_view key, std::string_view key_json, TimePoint now) {
  MutexLock lock(mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    found = entries_.emplace(std::string(key), Entry{std::string(key_json), 0, now}).first;
    checkpoint::Batch batch;
    checkpoint::PutRecheck(batch, {.key = std::string(key),
                                   .key_json = std::string(key_json),
                                   .last_attempt = server_clock_.Now()});
    if (!Planted(PlantedBug::kRecheckListInMemory)) ledger_.Stage(std::move(batch));
  }
  found->second.generation = ++last_generation_;
  const bool at_once = Planted(PlantedBug::kRecheckAtOnce);
  Reschedule(found->first, found->second, at_once ? now : now + settle_);
}

void Rechecks::Reschedule(const std::string& key, Entry& entry, TimePoint due) {
  by_due_.erase({entry.due, key});
  entry.due = due;
  by_due_.emplace(due, key);
}

std::vector<Rechecks::Due> Rechecks::TakeDue(TimePoint now, size_t count, TimePoint& next_due) {
  MutexLock lock(mutex_);
  std::vector<Due> due;
  while (!by_due_.empty() && by_due_.begin()->first <= now && due.size() < count) {
    const auto taken = by_due_.extract(by_due_.begin());
    const std::string& key = taken.value().second;
    const Entry& entry = entries_.find(key)->second;
    due.push_back({key, entry.key_json, entry.generation});
  }
  next_due = by_due_.empty() ? TimePoint::max() : by_due_.begin()->first;
  return due;
}

void Rechecks::Resolve(const Due& due) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(due.key);
  if (found == entries_.end() || found->second.generation != due.generation) return;
  by_due_.erase({found->second.due, found->first});
  entries_.erase(found);
  checkpoint::Batch batch;
  checkpoint::DeleteRecheck(batch, due.key);
  ledger_.Stage(std::move(batch));
}

void Rechecks::Postpone(const Due& due, TimePoint until) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(due.key);
  if (found == entries_.end()) return;
  Reschedule(found->first, found->second, std::max(found->second.due, until));
}

bool Rechecks::Has(std::string_view key) const {
  MutexLock lock(mutex_);
  return entries_.contains(key);
}

int64_t Rechecks::count() const {
  MutexLock lock(mutex_);
  return static_cast<int64_t>(entries_.size());
}

bool Rechecks::Full() const {
  MutexLock lock(mutex_);
  return entries_.size() > limits::kMostRechecks;
}

}  // namespace ddbsync::replicator
