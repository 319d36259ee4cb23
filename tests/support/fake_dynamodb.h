#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "tests/support/faults.h"
#include "tests/support/options.h"

namespace ddbsync::fake {

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// Empty when there is none. Names are compared as spelled here.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

/// A write that reached a table, no-op writes included; for tests that keep histories.
struct AppliedWrite {
  std::string_view table;
  std::string_view key_json;
  const std::string* before = nullptr;  ///< item JSON; null: there was none
  const std::string* after = nullptr;   ///< null: a delete
  WallTime at;
  bool sender_gone = false;         ///< it landed after its sender had given up
  std::string_view principal = {};  ///< the ARN of who sent it; empty: time to live
  // Its record in the table's stream; all empty when there is none.
  std::string_view stream_arn = {};
  std::string_view shard_id = {};
  std::string_view ancestor_shard_id = {};  ///< the nearest that ever had a record; empty: none
  std::string_view sequence_number = {};
};

struct ShardSummary {
  std::string id;
  std::string parent_id;
  bool open = false;
  size_t records = 0;  ///< not yet trimmed
};

/// BatchWriteItem calls, and what the partitions' limits did to them.
struct BatchTally {
  uint64_t all = 0;
  uint64_t refused = 0;  ///< ProvisionedThroughputExceededException: nothing could be written
  uint64_t cut = 0;      ///< part came back as UnprocessedItems
};

/// What a partition of a table gave so far.
struct PartitionLoad {
  double rate = 0;       ///< its limit, in units per second
  double units = 0;      ///< written
  uint64_t refused = 0;  ///< writes
  WallTime last;         ///< when something was written last
};

/// DynamoDB and DynamoDB Streams in memory, checked against AWS's rules by the contract suite. The
/// same seed, clock and requests give the same answers to the byte. Safe from any thread; one
/// request is carried out at a time.
///
/// Time is the monotonic side of the clock, so a machine's calendar clock that jumps does not reach
/// the service. Requests can be submitted to be carried out later, which is how a network's delays
/// and writes that land late are made; they outlive whoever sent them.
class FakeDynamoDb {
 public:
  /// `clock` outlives the fake.
  FakeDynamoDb(const Clock& clock, Options options);
  ~FakeDynamoDb();

  FaultPlan& faults();

  /// Carries a request out now. `target` as in X-Amz-Target. Of faults, those are honoured which
  /// concern the service or the bytes of its answer; the rest is the transport's. The sender's
  /// principal is arn:aws:iam::ACCOUNT:user/KEY_ID, or user/anonymous without one; policies of
  /// resources tell senders by it.
  HttpReply Handle(std::string_view target, std::string_view body, const Fault& fault = {},
                   std::string_view key_id = {});

  using Ticket = uint64_t;
  /// The request is carried out at `at`, whatever becomes of its sender. What it may do is judged
  /// now, as a service that let it in does not judge again.
  Ticket Submit(TimePoint at, std::string_view target, std::string_view body,
                const Fault& fault = {}, std::string_view key_id = {});
  /// The answer, once; nothing before its time.
  std::optional<HttpReply> Collect(Ticket ticket);
  /// It is carried out at `at` if it was to be later; for requests whose sender is gone sooner.
  void Hasten(Ticket ticket, TimePoint at);
  /// The answer will not be asked for.
  void Abandon(Ticket ticket);
  /// Carries out what is due. Every other call does so first; only an observer needs it.
  void Land();
  /// Told when a submitted request falls due, so that a simulation can call Land in time (from
  /// SimExecutor::At) and observers see each write when it happens.
  void SetAlarm(std::function<void(TimePoint)> alarm);

  /// Called for each write, in order, under the fake's lock: it may not call back.
  void SetWriteObserver(std::function<void(const AppliedWrite&)> observer);

  /// All items of a table, by key; both normalised, compact JSON. Empty when there is no table.
  std::map<std::string, std::string> Items(std::string_view table);
  std::vector<ShardSummary> Shards(std::string_view table);  ///< of its latest stream
  [[nodiscard]] size_t CountItems(std::string_view table);
  /// In the order of the hash space; empty before the first write, or without limits.
  std::vector<PartitionLoad> Partitions(std::string_view table);
  [[nodiscard]] BatchTally Batches();  ///< to all tables

  // False when there is no such table or open shard.
  bool SplitShard(std::string_view table, std::string_view shard_id);
  bool RollShard(std::string_view table, std::string_view shard_id);
  bool RollAllShards(std::string_view table);
  /// As DynamoDB's time to live deletes: the record says so, and no policy forbids it. False when
  /// there is no such item, or the time to live is off (DISABLED, or ENABLING still).
  bool DeleteByTtl(std::string_view table, std::string_view key_json);

  /// The policy of a table and the one in effect, which may still be the one before; "" for none.
  std::pair<std::string, std::string> Policies(std::string_view table);

  /// The service's time runs ahead of the clock by so much more.
  void AdvanceTime(Duration by);
  [[nodiscard]] WallTime Now();
  /// Requests carried out, by operation.
  std::map<std::string, uint64_t> Counts();

 private:
  class Service;
  const std::unique_ptr<Service> service_;
};

}  // namespace ddbsync::fake
