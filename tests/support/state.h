#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/fake_dynamodb.h"
#include "tests/support/random.h"
#include "tests/support/table.h"

namespace ddbsync::fake {

/// What FakeDynamoDb keeps, and the steps its operations share. Behind its mutex.
struct State {
  State(Options chosen, FaultPlan& plan)
      : options(std::move(chosen)), faults(plan), random(options.seed) {}

  const Options options;
  FaultPlan& faults;
  Random random;
  Instant now;
  FaultKind fault = FaultKind::kNone;  ///< of the request in hand
  bool sender_gone = false;            ///< likewise
  Instant admitted;                    ///< likewise: when it was submitted
  std::string principal;               ///< likewise: the ARN of who sent it
  std::map<std::string, Table, std::less<>> tables;
  std::map<std::string, Stream, std::less<>> streams;  ///< by ARN; outlive their tables
  std::function<void(const AppliedWrite&)> observer;
  Instant last_stream_label;
  BatchTally batches;

  /// The table of a name or ARN. Refuses when there is none, or (unless `any_status`) when it is
  /// not ACTIVE yet.
  Table& TableOf(const std::string& name_or_arn, bool any_status = false);
  Stream& StreamOf(const std::string& arn);

  /// Refuses the request in hand when the policy of its table, as it was in effect when the request
  /// was submitted, denies its sender `action`.
  void CheckPolicy(const Table& table, std::string_view action) const;

  /// Puts (or with nothing, deletes) an item: stores, appends the stream's record unless nothing
  /// changed, tells the observer. Returns what was there.
  std::optional<StoredItem> Write(Table& table, const Position& position,
                                  const std::string& key_json, std::optional<StoredItem> item,
                                  bool by_ttl = false);

  /// Takes units from the position's partition; false when it has none left.
  bool TakeWriteUnits(Table& table, const Position& position, double units);
  /// What an eventually consistent read sees otherwise; empty when reads are never stale.
  Overlay StaleView(const Table& table);

  /// Time's work on tables and streams up to `now`.
  void CatchUp();
};

using Operation = std::string (*)(State& state, nlohmann::json& request);
/// Null when there is no such operation. `target` as in X-Amz-Target.
Operation FindOperation(std::string_view target);

// Requests: what an operation may be asked. A member that the fake does not know is refused, never
// ignored.
void CheckMembers(const nlohmann::json& request, std::initializer_list<std::string_view> known);
std::string RequiredText(const nlohmann::json& request, const char* member);
/// Refuses values outside [low, high]. `otherwise` when absent.
int64_t IntegerOr(const nlohmann::json& request, const char* member, int64_t low, int64_t high,
                  int64_t otherwise);
bool BoolOr(const nlohmann::json& request, const char* member, bool otherwise);

/// Checks an item against the table, normalises it in place and returns its stored form.
StoredItem PrepareItem(const State& state, const Table& table, nlohmann::json& item,
                       Position& position);

// Capacity units of one item, or of a page of items together.
double WriteUnits(size_t before_bytes, size_t after_bytes);
double ReadUnits(size_t bytes, bool consistent);
/// ",\"ConsumedCapacity\":{...}" when asked for and not switched off, else empty.
std::string ConsumedCapacity(const State& state, const nlohmann::json& request,
                             const std::string& table, double units);
/// The same as an array, one element for each table.
std::string ConsumedCapacities(const State& state, const nlohmann::json& request,
                               const std::map<std::string, double>& units);

/// "ENABLING", "ENABLED", "DISABLING" or "DISABLED".
std::string TtlStatusOf(const State& state, const Table& table);
/// The change of policy that is in effect at `time`; null when there was none yet.
const PolicyChange* PolicyInEffect(const State& state, const Table& table, Instant time);

// tables
std::string CreateTable(State& state, nlohmann::json& request);
std::string DeleteTable(State& state, nlohmann::json& request);
std::string DescribeTable(State& state, nlohmann::json& request);
std::string ListTables(State& state, nlohmann::json& request);
std::string UpdateTable(State& state, nlohmann::json& request);
std::string TagResource(State& state, nlohmann::json& request);
std::string UntagResource(State& state, nlohmann::json& request);
std::string ListTagsOfResource(State& state, nlohmann::json& request);
std::string DescribeTimeToLive(State& state, nlohmann::json& request);
std::string UpdateTimeToLive(State& state, nlohmann::json& request);
std::string GetResourcePolicy(State& state, nlohmann::json& request);
std::string PutResourcePolicy(State& state, nlohmann::json& request);
std::string DeleteResourcePolicy(State& state, nlohmann::json& request);
// items
std::string GetItem(State& state, nlohmann::json& request);
std::string PutItem(State& state, nlohmann::json& request);
std::string DeleteItem(State& state, nlohmann::json& request);
std::string UpdateItem(State& state, nlohmann::json& request);
std::string BatchGetItem(State& state, nlohmann::json& request);
std::string BatchWriteItem(State& state, nlohmann::json& request);
std::string Scan(State& state, nlohmann::json& request);
// streams
std::string ListStreams(State& state, nlohmann::json& request);
std::string DescribeStream(State& state, nlohmann::json& request);
std::string GetShardIterator(State& state, nlohmann::json& request);
std::string GetRecords(State& state, nlohmann::json& request);

}  // namespace ddbsync::fake
