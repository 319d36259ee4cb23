#include "replicator/dead_letters.h"

#include <utility>

#include "base/log.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

DeadLetters::DeadLetters(checkpoint::Ledger& ledger, aws::ServerClock& server_clock,
                         const std::vector<checkpoint::DeadLetter>& restored)
    : ledger_(ledger), server_clock_(server_clock) {
  for (const auto& letter : restored) keys_.insert(letter.key);
}

void DeadLetters::Add(std::string_view key, std::string_view key_json, std::string_view reason,
                      std::string_view origin) {
  checkpoint::Batch batch;
  checkpoint::PutDeadLetter(batch, {.key = std::string(key),
                                    .key_json = std::string(key_json),
                                    .reason = std::string(reason),
                                    .origin = std::string(origin),
                                    .time = server_clock_.Now()});
  MutexLock lock(mutex_);
  ledger_.Stage(std::move(batch));
  keys_.emplace(key);
  ++window_items_;
  ++window_refused_;
  if (window_refused_ * 2 > limits::kDeadLetterWindow || keys_.size() > limits::kMaxDeadLetters) {
    too_many_ = true;
  }
  last_reason_ = reason;
  // The checkpoint lists them all; thousands of alike lines would only hide other ones.
  if (keys_.size() <= limits::kLoggedDeadLetters) {
    Log(LogLevel::kWarning, "dead_letter", "the target refuses an item; the rest goes on",
        {{"reason", reason}, {"origin", origin}});
  }
}

void DeadLetters::OnAcknowledged(std::span<const std::string_view> keys) {
  MutexLock lock(mutex_);
  window_items_ += static_cast<int>(keys.size());
  if (window_items_ >= limits::kDeadLetterWindow) window_items_ = window_refused_ = 0;
  if (keys_.empty()) return;
  checkpoint::Batch batch;
  for (const std::string_view key : keys) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) continue;
    checkpoint::DeleteDeadLetter(batch, key);
    keys_.erase(found);
  }
  if (!batch.empty()) ledger_.Stage(std::move(batch));
}

int64_t DeadLetters::count() const {
  MutexLock lock(mutex_);
  return static_cast<int64_t>(keys_.size());
}

std::string DeadLetters::last_reason() const {
  MutexLock lock(mutex_);
  return last_reason_;
}

bool DeadLetters::TooMany() const {
  MutexLock lock(mutex_);
  return too_many_;
}

}  // namespace ddbsync::replicator
