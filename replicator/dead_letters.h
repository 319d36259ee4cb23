#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/server_clock.h"
#include "base/mutex.h"
#include "checkpoint/ledger.h"
#include "checkpoint/records.h"

namespace ddbsync::replicator {

/// Items that the target refuses for good. Staged with or before the position that passes them, so
/// that none is lost; the rest of the table goes on. Any thread.
class DeadLetters {
 public:
  /// Both outlive this. `restored` are the checkpoint's.
  DeadLetters(checkpoint::Ledger& ledger, aws::ServerClock& server_clock,
              const std::vector<checkpoint::DeadLetter>& restored);

  void Add(std::string_view key, std::string_view key_json, std::string_view reason,
           std::string_view origin);

  /// Writes of these keys were acknowledged: what was refused is superseded.
  void OnAcknowledged(std::span<const std::string_view> keys);

  [[nodiscard]] int64_t count() const;

  /// Why the latest one was refused.
  [[nodiscard]] std::string last_reason() const;

  /// True when so many items are refused that something is wrong with the whole: more than
  /// limits::kMaxDeadLetters, or more than half of the last limits::kDeadLetterWindow items.
  [[nodiscard]] bool TooMany() const;

 private:
  checkpoint::Ledger& ledger_;
  aws::ServerClock& server_clock_;

  mutable Mutex mutex_;
  std::set<std::string, std::less<>> keys_ GUARDED_BY(mutex_);
  int window_items_ GUARDED_BY(mutex_) = 0;
  int window_refused_ GUARDED_BY(mutex_) = 0;
  bool too_many_ GUARDED_BY(mutex_) = false;
  std::string last_reason_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::replicator
