#include "replicator/health.h"

#include <utility>

#include "base/log.h"

namespace ddbsync::replicator {

void Health::Trouble(const std::string& part, const Error& error, TimePoint now) {
  MutexLock lock(mutex_);
  auto [found, is_new] = standing_.try_emplace(part);
  standing_count_.store(standing_.size(), std::memory_order_release);
  // Being refused is a state of its own, with its own beginning.
  const bool denied = error.code == ErrorCode::kDenied;
  if (is_new || denied != (found->second.code == ErrorCode::kDenied)) found->second.since = now;
  found->second.code = error.code;
  const std::string text = ToString(error);
  const bool changed = found->second.text != text;
  found->second.text = text;
  last_warning_ = part + ": " + text;
  // Said when it begins and when it changes; a long outage must not fill the log.
  if (is_new || (changed && error.code != ErrorCode::kThrottled)) {
    Log(LogLevel::kWarning, "trouble", text, {{"part", part}, {"code", ToString(error.code)}});
  }
}

void Health::Success(std::string_view part, std::string_view which) {
  // A trouble of this part was told by whoever tells its success now, or before that one began.
  if (standing_count_.load(std::memory_order_acquire) == 0) return;
  std::string name(part);
  if (!which.empty()) name.append(" ").append(which);
  MutexLock lock(mutex_);
  standing_.erase(name);
  standing_count_.store(standing_.size(), std::memory_order_release);
}

void Health::Fatal(Error error) {
  MutexLock lock(mutex_);
  if (!fatal_) fatal_ = std::move(error);
}

std::optional<Error> Health::fatal() const {
  MutexLock lock(mutex_);
  return fatal_;
}

bool Health::DeniedFor(const std::string& part, Duration grace, TimePoint now) const {
  MutexLock lock(mutex_);
  const auto found = standing_.find(part);
  return found != standing_.end() && found->second.code == ErrorCode::kDenied &&
         now - found->second.since >= grace;
}

std::string Health::Reason(TimePoint now) const {
  MutexLock lock(mutex_);
  const std::pair<const std::string, Standing>* oldest = nullptr;
  for (const auto& entry : standing_) {
    if (oldest == nullptr || entry.second.since < oldest->second.since) oldest = &entry;
  }
  if (oldest == nullptr) return "";
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now - oldest->second.since).count();
  return oldest->first + ": " + oldest->second.text + " (for " + std::to_string(seconds) + " s)";
}

std::string Health::last_warning() const {
  MutexLock lock(mutex_);
  return last_warning_;
}

}  // namespace ddbsync::replicator
