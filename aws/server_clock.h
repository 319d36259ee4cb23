#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"

namespace ddbsync::aws {

/// The service's time: its `Date` header carried forward by the monotonic clock, so that neither a
/// wrong wall clock nor one that jumps reaches what is compared with AWS's records. Before the
/// first Date it is the wall clock. Safe from any thread.
class ServerClock {
 public:
  explicit ServerClock(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] WallTime Now() const;

  /// `date` as in RFC 9110 ("Tue, 15 Nov 1994 08:12:31 GMT"), from 1970 to 2200; anything else is
  /// ignored.
  /// `round_trip`: how long ago the request that it answers was sent. A Date has whole seconds and
  /// travels, so the server's time is now between it and it + 1 s + round trip. The clock moves
  /// only when it is outside that range, and then to its start: it may run behind the server by the
  /// way of an answer, never ahead.
  void Observe(std::string_view date, Duration round_trip = {});

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  /// Server time = boot clock's reading + offset.
  std::optional<Duration> offset_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::aws
