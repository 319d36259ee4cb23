#include "tests/support/fake_dynamodb.h"

#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"
#include "tests/support/service.h"

namespace ddbsync::fake {
namespace {

/// The latest stream of a table; null when there is none.
Stream* StreamOfTable(State& state, std::string_view table) {
  const auto found = state.tables.find(table);
  if (found == state.tables.end()) return nullptr;
  const auto stream = state.streams.find(found->second.stream_arn);
  return stream == state.streams.end() ? nullptr : &stream->second;
}

}  // namespace

std::string_view HttpReply::Header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (known == name) return value;
  }
  return {};
}

FakeDynamoDb::FakeDynamoDb(const Clock& clock, Options options)
    : service_(std::make_unique<Service>(clock, std::move(options))) {}

FakeDynamoDb::~FakeDynamoDb() = default;

FaultPlan& FakeDynamoDb::faults() {
  return service_->plan;
}

HttpReply FakeDynamoDb::Handle(std::string_view target, std::string_view body, const Fault& fault,
                               std::string_view key_id) {
  return service_->Handle(target, body, fault, key_id);
}

FakeDynamoDb::Ticket FakeDynamoDb::Submit(TimePoint at, std::string_view target,
                                          std::string_view body, const Fault& fault,
                                          std::string_view key_id) {
  return service_->Submit(at, target, body, fault, key_id);
}

std::optional<HttpReply> FakeDynamoDb::Collect(Ticket ticket) {
  return service_->Collect(ticket);
}

void FakeDynamoDb::Hasten(Ticket ticket, TimePoint at) {
  service_->Hasten(ticket, at);
}

void FakeDynamoDb::Abandon(Ticket ticket) {
  service_->Abandon(ticket);
}

void FakeDynamoDb::Land() {
  service_->With([](State&) {});
}

void FakeDynamoDb::SetAlarm(std::function<void(TimePoint)> alarm) {
  service_->SetAlarm(std::move(alarm));
}

void FakeDynamoDb::SetWriteObserver(std::function<void(const AppliedWrite&)> observer) {
  service_->With([&](State& state) { state.observer = std::move(observer); });
}

std::map<std::string, std::string> FakeDynamoDb::Items(std::string_view table) {
  return service_->With([&](State& state) {
    std::map<std::string, std::string> items;
    const auto found = state.tables.find(table);
    if (found == state.tables.end()) return items;
    for (const auto& [position, item] : found->second.items) {
      items.emplace(item.key_json, item.json);
    }
    return items;
  });
}

std::vector<ShardSummary> FakeDynamoDb::Shards(std::string_view table) {
  return service_->With([&](State& state) {
    std::vector<ShardSummary> shards;
    const Stream* stream = StreamOfTable(state, table);
    if (stream == nullptr) return shards;
    for (const auto& shard : stream->shards()) {
      shards.push_back(
          {shard->id, shard->parent_id, !shard->closed.has_value(), shard->records.size()});
    }
    return shards;
  });
}

size_t FakeDynamoDb::CountItems(std::string_view table) {
  return service_->With([&](State& state) -> size_t {
    const auto found = state.tables.find(table);
    return found == state.tables.end() ? 0 : found->second.items.size();
  });
}

std::vector<PartitionLoad> FakeDynamoDb::Partitions(std::string_view table) {
  return service_->With([&](State& state) {
    std::vector<PartitionLoad> loads;
    const auto found = state.tables.find(table);
    if (found == state.tables.end()) return loads;
    for (const Table::Bucket& bucket : found->second.partitions) {
      loads.push_back({bucket.rate, bucket.taken, bucket.refused,
                       std::chrono::floor<std::chrono::milliseconds>(bucket.last_taken)});
    }
    return loads;
  });
}

BatchTally FakeDynamoDb::Batches() {
  return service_->With([](State& state) { return state.batches; });
}

bool FakeDynamoDb::SplitShard(std::string_view table, std::string_view shard_id) {
  return service_->With([&](State& state) {
    Stream* stream = StreamOfTable(state, table);
    return stream != nullptr && stream->Split(shard_id, state.now);
  });
}

bool FakeDynamoDb::RollShard(std::string_view table, std::string_view shard_id) {
  return service_->With([&](State& state) {
    Stream* stream = StreamOfTable(state, table);
    return stream != nullptr && stream->Roll(shard_id, state.now);
  });
}

bool FakeDynamoDb::RollAllShards(std::string_view table) {
  bool all = true;
  for (const ShardSummary& shard : Shards(table)) {
    if (shard.open) all = RollShard(table, shard.id) && all;
  }
  return all;
}

bool FakeDynamoDb::DeleteByTtl(std::string_view table, std::string_view key_json) {
  return service_->With([&](State& state) {
    const auto found = state.tables.find(table);
    auto key = nlohmann::json::parse(key_json, nullptr, false);
    if (found == state.tables.end() || !key.is_object()) return false;
    const std::string status = TtlStatusOf(state, found->second);
    if (status != "ENABLED" && status != "DISABLING") return false;
    try {
      const Position position = PositionOfKey(found->second.schema, key);
      return state.Write(found->second, position, key.dump(), std::nullopt, true).has_value();
    } catch (const Refusal&) {
      return false;
    }
  });
}

std::pair<std::string, std::string> FakeDynamoDb::Policies(std::string_view table) {
  return service_->With([&](State& state) {
    const auto text = [](const PolicyChange* change) {
      return change != nullptr && change->policy ? change->policy->text() : std::string();
    };
    const auto found = state.tables.find(table);
    if (found == state.tables.end() || found->second.policies.empty()) {
      return std::pair<std::string, std::string>();
    }
    return std::pair(text(&found->second.policies.back()),
                     text(PolicyInEffect(state, found->second, state.now)));
  });
}

void FakeDynamoDb::AdvanceTime(Duration by) {
  service_->Advance(by);
}

WallTime FakeDynamoDb::Now() {
  return service_->With(
      [](State& state) { return std::chrono::floor<std::chrono::milliseconds>(state.now); });
}

std::map<std::string, uint64_t> FakeDynamoDb::Counts() {
  return service_->Counts();
}

}  // namespace ddbsync::fake
