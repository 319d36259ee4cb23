#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/server_clock.h"
#include "base/mutex.h"
#include "base/task.h"
#include "checkpoint/ledger.h"
#include "checkpoint/records.h"

namespace ddbsync::replicator {

/// The durable list of keys with a write of unknown outcome, which may still land late. A key
/// enters before any position that covers it is staged, and leaves only after a repair
/// (recheck_task.h) that began a settle time after the key's last such write. Any thread.
///
/// How long it becomes: a target that answers nothing settles nothing, so no new page is read, and
/// the keys of the pages in hand (--memory) are all there is. One that answers some writes lets the
/// job go on and list keys faster than they are repaired; past limits::kMostRechecks the backfill
/// stops writing until repairs have brought the list down. The tail is never held: repairs wait for
/// its watermark. It adds at most the keys that the application changed meanwhile.
class Rechecks {
 public:
  /// The first two outlive this. Restored keys settle anew from `now`.
  Rechecks(checkpoint::Ledger& ledger, aws::ServerClock& server_clock, Duration settle,
           const std::vector<checkpoint::Recheck>& restored, TimePoint now);

  /// An attempt to write the key ended at `now` with an unknown outcome.
  void Note(std::string_view key, std::string_view key_json, TimePoint now);

  struct Due {
    std::string key;
    std::string key_json;
    uint64_t generation;  ///< of the last ambiguous attempt
  };
  /// At most `count` keys that have settled, longest first, for one repairer: nobody else gets them
  /// until it calls Resolve or Postpone, or until they are noted anew. When there are none
  /// `next_due` says when to ask again (TimePoint::max(): nothing is listed).
  [[nodiscard]] std::vector<Due> TakeDue(TimePoint now, size_t count, TimePoint& next_due);

  /// The repair of `due` was acknowledged, or proved needless. Stays when an attempt became
  /// ambiguous meanwhile.
  void Resolve(const Due& due);
  /// The repair could not be made now; the key's turn comes again at `until`.
  void Postpone(const Due& due, TimePoint until);

  [[nodiscard]] bool Has(std::string_view key) const;
  [[nodiscard]] int64_t count() const;
  /// So many are listed that only repairs and the tail may write.
  [[nodiscard]] bool Full() const;

 private:
  struct Entry {
    std::string key_json;
    uint64_t generation;
    TimePoint due;
  };

  checkpoint::Ledger& ledger_;
  aws::ServerClock& server_clock_;
  const Duration settle_;

  void Reschedule(const std::string& key, Entry& entry, TimePoint due) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::set<std::pair<TimePoint, std::string>> by_due_ GUARDED_BY(mutex_);
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
  uint64_t last_generation_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ddbsync::replicator
