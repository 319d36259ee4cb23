#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aws/backoff.h"
#include "aws/server_clock.h"
#include "base/task.h"
#include "dynamodb/client.h"
#include "replicator/health.h"
#include "replicator/pace.h"
#include "verify/findings.h"

namespace ddbsync::verify {

/// One of the two tables, for those who read it.
struct ComparedTable {
  dynamodb::Client& client;
  std::string name;   ///< or ARN
  std::string label;  ///< "source a", for messages
  replicator::CapacityBucket& capacity;
  std::atomic<double> units{0};             ///< read so far
  std::atomic<double> units_per_page{256};  ///< what the newest page cost: a full one is 1 MB
};

/// What all tasks of a run share; members outlive them.
struct RunContext {
  ComparedTable& source;
  ComparedTable& target;
  const dynamodb::KeySchema& schema;
  Findings& findings;
  replicator::Health& health;
  aws::RetryBudget& budget;
  aws::ServerClock& server_clock;    ///< of the source
  replicator::InFlightLimit& scans;  ///< of both tables
  const std::atomic<bool>& stopped;
  const Clock& clock;

  [[nodiscard]] ComparedTable& Of(Table table) const {
    return table == Table::kSource ? source : target;
  }
  [[nodiscard]] ComparedTable& OtherThan(Table table) const {
    return table == Table::kSource ? target : source;
  }
};

/// Reads segments of either table, page by page, and looks into the items:
///
///   taking ──a segment──▶ reading ──digesting──▶ noted, next page
///     ▲                     ▲   │
///     │ segment finished    │   └──comparing──▶ looking up ──all keys of the page──┐
///     └─────────────────────┴──────────────────────── noted ◀──────────────────────┘
///
/// A page of the source is looked up to find what is missing or different, one of the target to
/// find what is extra. A Task of Lane::kScan, one call a step.
class Walker final : public Task {
 public:
  Walker(int slot, const RunContext& context)
      : context_(context),
        preferred_(slot % 2 == 0 ? Table::kSource : Table::kTarget),
        backoff_(context.budget, static_cast<uint64_t>(slot)) {}

  Next Step(TimePoint now) override;

 private:
  void LetOthersLook();
  Next Take();
  Next Read(TimePoint now);
  Next Scan(TimePoint now, std::optional<Duration>& took);
  Next LookUp(TimePoint now);
  void TakeDigests();
  void ChooseKeys();
  Result<void> Compare(const dynamodb::BatchGetResult& result, WallTime read_at);
  [[nodiscard]] Result<void> NoteIfDifferent(const dynamodb::ItemView& item,
                                             std::string_view other_json, WallTime read_at);
  void EndPage(TimePoint now);
  Next OnError(const ComparedTable& table, const Error& error);

  const RunContext context_;
  const Table preferred_;
  aws::Backoff backoff_;

  std::optional<Findings::Work> work_;
  std::optional<dynamodb::ItemPage> page_;
  WallTime page_read_at_;
  size_t next_item_ = 0;                          ///< of the page, not looked at yet
  std::vector<const dynamodb::ItemView*> asked_;  ///< in the next lookup
  std::vector<std::string> keys_json_;            ///< of the same
  size_t asked_bytes_ = 0;
  std::vector<Suspect> found_;
};

/// The digest of an item's JSON. Errors: as dynamodb::DigestItem.
[[nodiscard]] Result<Image> ImageOf(std::string_view item_json);

}  // namespace ddbsync::verify
