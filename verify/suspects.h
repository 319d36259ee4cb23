#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "dynamodb/canonical_item.h"

namespace ddbsync::verify {

/// An item's digest; none: there is no item.
using Image = std::optional<dynamodb::Digest>;

/// A key whose items were not equal when they were looked at. While the source changes and a job
/// follows, that is no difference: the change may be on its way. It counts only when both were read
/// again, the target first, and when the job's watermark has passed that look no change of the key
/// was applied since it began: then the target had every change, and was not what the source was.
/// (To find the source twice the same is not enough: a key may be put and deleted in between.)
struct Suspect {
  std::string key = {};       ///< canonical bytes
  std::string key_json = {};  ///< as DynamoDB wants it
  WallTime since = {};        ///< server's time of the first sighting

  /// The last look at the source; none after a restart.
  struct Look {
    Image source;
    WallTime at;  ///< server's time when it was over
  };
  std::optional<Look> look = {};
  int looks = 0;
  int in_step = 0;  ///< looks in a row at which the target had what the source had at the last one
  int repairs = 0;  ///< asked for
};

enum class Fate { kEqual, kDiffers, kLookAgain, kUndecided };

/// Judges a further look, whose target was read before its source, and notes it. `live`: a job
/// follows, and kDiffers is to be proven (Resolver); else both sides are quiet, and what differs
/// twice in the same way does.
[[nodiscard]] Fate Judge(Suspect& suspect, const Image& source, const Image& target, WallTime at,
                         bool live);
/// The look was of a key that changed meanwhile: it proves nothing. kLookAgain or kUndecided.
[[nodiscard]] Fate Unproven(const Suspect& suspect);

/// Suspects by key, and when each is looked at next. Not thread-safe.
class Suspects {
 public:
  /// A key that is one already keeps its first sighting.
  void Add(Suspect suspect, TimePoint due);
  /// At most `count` that are due, longest first, for one resolver: nobody else gets them until
  /// they are put back or removed. When there are none `next_due` says when to ask again
  /// (TimePoint::max(): there is none).
  [[nodiscard]] std::vector<Suspect> TakeDue(TimePoint now, size_t count, TimePoint& next_due);
  void PutBack(const Suspect& suspect, TimePoint due);
  void Remove(std::string_view key);

  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Suspect suspect;
    TimePoint due;
  };
  std::map<std::string, Entry, std::less<>> entries_;
  std::set<std::pair<TimePoint, std::string>> by_due_;  ///< of those that nobody looks at
};

}  // namespace ddbsync::verify
