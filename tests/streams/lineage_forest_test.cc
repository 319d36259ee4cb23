// Lineage against random streams: whatever is listed, in whatever order and parts, a child never
// starts before its parent is finished, and every shard is read exactly once.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "streams/lineage.h"
#include "tests/streams/shards.h"

namespace ddbsync::streams {
namespace {

using dynamodb::SequenceNumber;
using dynamodb::ShardDescription;

constexpr int kForests = 50;
constexpr int kMostShards = 120;
constexpr int kMostSteps = 5000;

/// A stream's whole history, listed late and in parts, and a reader of it that may restart.
class Forest {
 public:
  explicit Forest(uint64_t seed) : random_(seed), lineage_(kSomeDay - hours(1)) {
    const int count = 1 + Below(kMostShards);
    for (int i = 0; i < count; ++i) Grow(i);
    Restart();
  }

  /// One random event.
  void Step() {
    switch (Below(10)) {
      case 0:
      case 1:
      case 2:
        return ListPart();
      case 3:
        return ListAll();
      case 4:
        if (Chance(0.1)) Restart();
        return;
      default:
        return FinishOne();
    }
  }

  /// What is still hidden appears, and everything is read.
  void Drain() {
    hidden_.clear();
    for (int i = 0; i < kMostSteps && finished_.size() < shards_.size(); ++i) {
      ListAll();
      FinishOne();
    }
  }

  [[nodiscard]] size_t shards() const { return shards_.size(); }
  [[nodiscard]] size_t finished() const { return finished_.size(); }
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  void Grow(int i) {
    const std::string id = IdOf(kSomeDay + seconds(i), std::to_string(i));
    std::string parent;
    if (i > 0 && Chance(0.8)) parent = shards_[Below(i)].id;
    // A shard with a child may be listed as open for a while: drawn anew at each listing.
    shards_.push_back(OpenShard(id, parent));
    parent_of_[id] = parent;
    if (Chance(0.3)) hidden_.insert(id);
  }

  ShardDescription AsListed(const ShardDescription& shard) {
    return Chance(0.5) ? ClosedShard(shard.id, shard.parent_id) : shard;
  }

  void ListPart() {
    std::vector<ShardDescription> page;
    for (const ShardDescription& shard : shards_) {
      if (!hidden_.contains(shard.id) && Chance(0.3)) page.push_back(AsListed(shard));
    }
    std::ranges::shuffle(page, random_);
    lineage_.Observe(page);
    Take();
  }

  void ListAll() {
    std::vector<ShardDescription> all;
    // Late ones appear; a parent is never more than a listing behind its child.
    std::erase_if(hidden_, [this](const std::string&) { return Chance(0.4); });
    for (const ShardDescription& shard : shards_) {
      if (!hidden_.contains(shard.id)) all.push_back(AsListed(shard));
    }
    std::ranges::shuffle(all, random_);
    const size_t half = all.size() / 2;
    lineage_.Observe(std::span(all).first(half));
    Take();
    lineage_.Observe(std::span(all).subspan(half));
    lineage_.CompleteListing(kSomeDay + hours(1));
    Take();
  }

  void FinishOne() {
    if (reading_.empty()) return;
    auto shard = reading_.begin();
    std::advance(shard, Below(static_cast<int>(reading_.size())));
    const std::string id = *shard;
    reading_.erase(shard);
    finished_.insert(id);
    lineage_.Finish(id, kSomeDay);
    Take();
  }

  void Restart() {
    std::destroy_at(&lineage_);
    std::construct_at(&lineage_, kSomeDay - hours(1));
    std::vector<std::string> ids;
    for (const auto& shard : shards_) ids.push_back(shard.id);
    std::ranges::shuffle(ids, random_);
    for (const std::string& id : ids) {
      const bool finished = finished_.contains(id);
      if (!finished && !reading_.contains(id)) continue;
      lineage_.Restore({.shard_id = id,
                        .parent_id = parent_of_[id],
                        .position = SequenceNumber(Chance(0.5) ? "5" : ""),
                        .finished = finished,
                        .finished_at = kSomeDay});
    }
    reading_.clear();
    Take();
  }

  void Take() {
    lost_ = lost_ || !lineage_.TakeLost().empty();
    if (!lineage_.TakeFinishedUnread().empty()) faults_.push_back("finished unread");
    for (const ReadyShard& shard : lineage_.TakeReady()) {
      const std::string& parent = parent_of_[shard.shard_id];
      if (!parent.empty() && !finished_.contains(parent)) {
        faults_.push_back(shard.shard_id + " before its parent");
      }
      if (finished_.contains(shard.shard_id)) faults_.push_back(shard.shard_id + " again");
      if (!reading_.insert(shard.shard_id).second) faults_.push_back(shard.shard_id + " twice");
    }
  }

  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint64_t>(bound)); }
  bool Chance(double probability) { return std::bernoulli_distribution(probability)(random_); }

  std::mt19937_64 random_;
  std::vector<ShardDescription> shards_;  // parents first
  std::map<std::string, std::string> parent_of_;
  std::set<std::string> hidden_;  // from listings, so far
  std::set<std::string> reading_;
  std::set<std::string> finished_;
  std::vector<std::string> faults_;
  bool lost_ = false;
  Lineage lineage_;
};

TEST(LineageForest, NoChildBeforeItsParentAndEveryShardExactlyOnce) {
  for (uint64_t seed = 1; seed <= kForests; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Forest forest(seed);
    for (int i = 0; i < 200; ++i) forest.Step();
    forest.Drain();
    ASSERT_TRUE(forest.faults().empty()) << forest.faults().front();
    ASSERT_EQ(forest.finished(), forest.shards());
    ASSERT_FALSE(forest.lost());
  }
}

}  // namespace
}  // namespace ddbsync::streams
