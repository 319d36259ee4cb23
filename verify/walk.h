#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace ddbsync::verify {

/// Which of the two tables.
enum class Table { kSource, kTarget };
inline constexpr size_t kTables = 2;

/// How far a segment of a walk is: all before the cursor is looked at, and its findings are noted.
struct WalkedSegment {
  int segment = 0;
  std::string cursor = {};  ///< raw JSON of LastEvaluatedKey; empty: from the start
  bool finished = false;    ///< a page without LastEvaluatedKey was looked at
  int64_t items = 0;
  int64_t bytes = 0;
  friend bool operator==(const WalkedSegment&, const WalkedSegment&) = default;
};

/// A scan of one table by several walkers, a segment each. Not thread-safe.
class Walk {
 public:
  Walk() = default;
  /// `segments` of `total` are walked, all of them or a sample.
  Walk(int total, const std::vector<int>& segments);

  /// As it was; of segments that this walk has.
  void Restore(const WalkedSegment& segment);

  /// A segment for one walker, until it is finished or given back; none: no more.
  [[nodiscard]] std::optional<WalkedSegment> Take();
  void GiveBack(int segment);
  /// A page was looked at.
  void Advance(const WalkedSegment& segment);

  [[nodiscard]] int total() const { return total_; }
  [[nodiscard]] bool finished() const { return finished_ == segments_.size(); }
  [[nodiscard]] size_t segments() const { return segments_.size(); }
  [[nodiscard]] size_t segments_finished() const { return finished_; }
  [[nodiscard]] int64_t items() const { return items_; }
  [[nodiscard]] int64_t bytes() const { return bytes_; }
  /// All that were begun.
  [[nodiscard]] std::vector<WalkedSegment> Begun() const;

 private:
  [[nodiscard]] WalkedSegment* Find(int segment);

  int total_ = 0;
  std::vector<WalkedSegment> segments_;  ///< by number
  std::deque<int> waiting_;
  size_t finished_ = 0;
  int64_t items_ = 0, bytes_ = 0;
};

/// `count` of 0 .. total-1 at random, in ascending order; the same seed gives the same.
[[nodiscard]] std::vector<int> ChooseSample(int total, int count, uint64_t seed);

}  // namespace ddbsync::verify
