#include "replicator/fence.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/planted_bug.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

FencedRead::FencedRead(FencedRead&& other) noexcept
    : fence_(std::exchange(other.fence_, nullptr)), counter_(other.counter_), kind_(other.kind_) {}

FencedRead& FencedRead::operator=(FencedRead&& other) noexcept {
  std::swap(fence_, other.fence_);
  std::swap(counter_, other.counter_);
  std::swap(kind_, other.kind_);
  return *this;
}

FencedRead::~FencedRead() {
  if (fence_ != nullptr) fence_->EndRead(counter_, kind_);
}

size_t Fence::Hash::operator()(std::string_view key) const {
  return XXH3_64bits(key.data(), key.size());
}

FencedRead Fence::BeginRead() {
  MutexLock lock(mutex_);
  reads_.insert(counter_);
  return {this, counter_, FencedRead::Kind::kConsistent};
}

std::optional<FencedRead> Fence::BeginEventualRead(TimePoint now) {
  if (options_.eventual_margin <= Duration::zero()) return std::nullopt;
  MutexLock lock(mutex_);
  AgeMoments(now);
  const bool too_early = now < eventual_from_ && !Planted(PlantedBug::kEventualReadAtOnce);
  if (too_early || aged_counter_ < floor_) return std::nullopt;
  const uint64_t counter = Planted(PlantedBug::kTouchesCountFromTheRead) ? counter_ : aged_counter_;
  eventual_reads_.insert(counter);
  return FencedRead(this, counter, FencedRead::Kind::kEventual);
}

void Fence::EndRead(uint64_t counter, FencedRead::Kind kind) {
  MutexLock lock(mutex_);
  auto& reads = kind == FencedRead::Kind::kEventual ? eventual_reads_ : reads_;
  reads.erase(reads.find(counter));
  ForgetWhatNobodyNeeds();
}

Fence::Verdict Fence::Judge(std::string_view key, uint64_t read_counter) {
  const bool off = Planted(PlantedBug::kFenceOff) || Planted(PlantedBug::kPutIfAbsent);
  if (off) return on_wire_.contains(key) ? Verdict::kBusy : Verdict::kAdmitted;
  if (read_counter < floor_) return Verdict::kStale;
  if (!touched_.empty()) {
    const auto touched = touched_.find(key);
    if (touched != touched_.end() && touched->second > read_counter) return Verdict::kTouched;
  }
  if (on_wire_.contains(key)) return Verdict::kBusy;
  return Verdict::kAdmitted;
}

void Fence::Admit(std::span<Candidate> candidates) {
  MutexLock lock(mutex_);
  for (Candidate& candidate : candidates) {
    candidate.verdict = Judge(candidate.key, candidate.read_counter);
    if (candidate.verdict == Verdict::kAdmitted) on_wire_.insert(candidate.key);
  }
}

Fence::Verdict Fence::AdmitRepair(std::string_view key, uint64_t read_counter, TimePoint now) {
  MutexLock lock(mutex_);
  const Verdict verdict = Judge(key, read_counter);
  if (verdict != Verdict::kAdmitted) return verdict;
  on_wire_.insert(key);
  Remember(key, now);
  return verdict;
}

bool Fence::MayHaveBeenTouched(std::string_view key, const FencedRead& read) {
  MutexLock lock(mutex_);
  return Judge(key, read.counter()) != Verdict::kAdmitted;
}

void Fence::Release(std::span<const std::string_view> keys) {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    for (const std::string_view key : keys) {
      const size_t released = on_wire_.erase(key);
      DDBSYNC_CHECK(released == 1);
      if (waiting_.empty()) continue;
      const auto waiting = waiting_.find(key);
      if (waiting == waiting_.end()) continue;
      for (Waker& waker : waiting->second) woken.push_back(std::move(waker));
      waiting_.erase(waiting);
    }
  }
  for (const Waker& waker : woken) waker.Wake();
}

bool Fence::Touch(std::span<const std::string_view> keys, TimePoint now, const Waker& waker) {
  MutexLock lock(mutex_);
  bool clear = true;
  for (const std::string_view key : keys) {
    Remember(key, now);
    const auto on_wire = on_wire_.find(key);
    if (on_wire == on_wire_.end()) continue;
    // One waker is enough: the tail touches again and then finds the next.
    if (clear) waiting_[*on_wire].push_back(waker);
    clear = false;
  }
  AgeMoments(now);
  ForgetWhatNobodyNeeds();
  return clear || Planted(PlantedBug::kTailIgnoresFencedWrites);
}

void Fence::Remember(std::string_view key, TimePoint now) {
  ++counter_;
  latest_ = std::max(latest_, now);
  if (options_.eventual_margin > Duration::zero()) NoteMoment(now);
  if (reads_.empty() && !EventualReadsAreNear()) {
    floor_ = counter_;  // a later read sees what this touch is about
    return;
  }
  const auto found = touched_.find(key);
  if (found != touched_.end()) {
    found->second = counter_;
  } else {
    touched_.emplace(std::string(key), counter_);
  }
  log_.push_back({counter_, std::string(key)});
  bytes_ += key.size() + limits::kFenceEntryOverhead;
  if (bytes_ > options_.max_bytes) MakeRoom();
}

bool Fence::EventualReadsAreNear() const {
  const Duration margin = options_.eventual_margin;
  return margin > Duration::zero() && latest_ + margin + limits::kFenceMoment >= eventual_from_;
}

void Fence::NoteMoment(TimePoint now) {
  if (!moments_.empty() && now - moments_.back().first < limits::kFenceMoment) {
    moments_.back().last = std::max(moments_.back().last, now);
    moments_.back().counter = counter_;
  } else {
    moments_.push_back({now, now, counter_});
  }
}

void Fence::AgeMoments(TimePoint now) {
  latest_ = std::max(latest_, now);
  while (!moments_.empty() && moments_.front().last < now - options_.eventual_margin) {
    aged_counter_ = moments_.front().counter;
    moments_.pop_front();
  }
}

void Fence::ForgetWhatNobodyNeeds() {
  // Needed are touches later than the oldest read that may still be judged by them, and for
  // eventually consistent reads those that the next one will be judged by.
  uint64_t needed_after = counter_;
  const bool forgets = Planted(PlantedBug::kFenceForgets);
  const auto keep_for = [&](const std::multiset<uint64_t>& reads) {
    if (!reads.empty() && !forgets) needed_after = std::min(needed_after, *reads.begin());
  };
  keep_for(reads_);
  if (EventualReadsAreNear()) {
    needed_after = std::min(needed_after, aged_counter_);
    keep_for(eventual_reads_);
  }
  needed_after = std::max(needed_after, floor_);
  if (!forgets) floor_ = needed_after;
  while (!log_.empty() && log_.front().counter <= needed_after) {
    const Touched& oldest = log_.front();
    const auto found = touched_.find(oldest.key);
    if (found != touched_.end() && found->second == oldest.counter) touched_.erase(found);
    bytes_ -= oldest.key.size() + limits::kFenceEntryOverhead;
    log_.pop_front();
  }
}

void Fence::MakeRoom() {
  if (EventualReadsAreNear()) {
    eventual_from_ = latest_ + options_.eventual_margin + options_.eventual_pause;
    ++eventual_pauses_;
    ForgetWhatNobodyNeeds();
  }
  if (bytes_ > options_.max_bytes) floor_ = counter_;
}

int Fence::eventual_pauses() const {
  MutexLock lock(mutex_);
  return eventual_pauses_;
}

size_t Fence::touched_bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace ddbsync::replicator
