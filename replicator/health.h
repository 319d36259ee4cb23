#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"

namespace ddbsync::replicator {

/// Who last had trouble with what, so that status can say why the job is not faster. A part's
/// trouble stands until it reports success. Also the place where a part says that the job must end.
/// Any thread.
class Health {
 public:
  /// `part` is a short stable name: "scan", "tail", "target writes", ...
  void Trouble(const std::string& part, const Error& error, TimePoint now);
  /// Cheap while all is well. `which`: of several such parts, as in "tail SHARD".
  void Success(std::string_view part, std::string_view which = {});

  /// The job cannot go on; the first one counts.
  void Fatal(Error error);
  [[nodiscard]] std::optional<Error> fatal() const;

  /// True when the part has been refused (kDenied) for at least `grace`.
  [[nodiscard]] bool DeniedFor(const std::string& part, Duration grace, TimePoint now) const;

  /// The oldest trouble that stands, as text; empty when there is none.
  [[nodiscard]] std::string Reason(TimePoint now) const;
  /// The latest ever.
  [[nodiscard]] std::string last_warning() const;

 private:
  struct Standing {
    std::string text;
    TimePoint since;
    ErrorCode code;
  };
  mutable Mutex mutex_;
  std::atomic<size_t> standing_count_ = 0;  ///< of standing_, to be read without the lock
  std::map<std::string, Standing> standing_ GUARDED_BY(mutex_);
  std::optional<Error> fatal_ GUARDED_BY(mutex_);
  std::string last_warning_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::replicator
