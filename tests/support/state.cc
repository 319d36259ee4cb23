#include "tests/support/state.h"

#include <algorithm>
#include <utility>

#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

/// "arn:aws:dynamodb:us-east-1:000000000000:table/orders" to "orders".
std::string_view NameIn(std::string_view name_or_arn) {
  const size_t slash = name_or_arn.rfind(":table/");
  return slash == std::string_view::npos ? name_or_arn : name_or_arn.substr(slash + 7);
}

}  // namespace

Table& State::TableOf(const std::string& name_or_arn, bool any_status) {
  const auto found = tables.find(NameIn(name_or_arn));
  if (found == tables.end() || (!any_status && now < found->second.active)) {
    RefuseNotFound(any_status ? "Requested resource not found: Table: " + name_or_arn + " not found"
                              : "Requested resource not found");
  }
  return found->second;
}

Stream& State::StreamOf(const std::string& arn) {
  if (!arn.starts_with("arn:") || arn.find("/stream/") == std::string::npos) {
    RefuseInvalid("Invalid StreamArn");
  }
  const auto found = streams.find(arn);
  if (found == streams.end()) {
    RefuseNotFound("Requested resource not found: Stream: " + arn + " not found");
  }
  return found->second;
}

void State::CheckPolicy(const Table& table, std::string_view action) const {
  const PolicyChange* change = PolicyInEffect(*this, table, admitted);
  if (change == nullptr || !change->policy || !change->policy->Denies(principal, action)) return;
  RefuseDenied("User: " + principal +
               " is not authorized to perform: dynamodb:" + std::string(action) +
               " on resource: " + table.arn + " with an explicit deny in a resource-based policy");
}

std::optional<StoredItem> State::Write(Table& table, const Position& position,
                                       const std::string& key_json, std::optional<StoredItem> item,
                                       bool by_ttl) {
  std::optional<StoredItem> before;
  const auto found = table.items.find(position);
  if (found != table.items.end()) before = std::move(found->second);
  const StoredItem* after = nullptr;
  if (item) {
    StoredItem& stored = found != table.items.end() ? found->second : table.items[position];
    stored = std::move(*item);
    after = &stored;
  } else if (found != table.items.end()) {
    table.items.erase(found);
  }
  table.bytes += after != nullptr ? after->bytes : 0;
  table.bytes -= before ? before->bytes : 0;
  const bool changed =
      (after != nullptr) != before.has_value() || (after != nullptr && after->json != before->json);
  if (changed && options.staleness > Duration::zero()) {
    table.replaced.push_back({now, position, before});
  }
  const Shard* shard = nullptr;
  if (changed && table.stream_on) {
    Stream& stream = streams.at(table.stream_arn);
    if (stream.Records(now)) {
      shard =
          stream.Append(HashOf(position), now, Change{before ? &*before : nullptr, after, by_ttl});
    }
  }
  if (observer) {
    AppliedWrite write{table.name,
                       key_json,
                       before ? &before->json : nullptr,
                       after != nullptr ? &after->json : nullptr,
                       std::chrono::floor<std::chrono::milliseconds>(now),
                       sender_gone,
                       by_ttl ? std::string_view() : principal};
    std::string sequence_number;
    if (shard != nullptr) {
      sequence_number = SequenceText(shard->records.back().ordinal);
      write.stream_arn = table.stream_arn;
      write.shard_id = shard->id;
      write.ancestor_shard_id = shard->ancestor_id;
      write.sequence_number = sequence_number;
    }
    observer(write);
  }
  return before;
}

bool State::TakeWriteUnits(Table& table, const Position& position, double units) {
  if (options.partition_write_units <= 0) return true;
  constexpr double kHashes = 18446744073709551616.0;  // 2^64
  const double depth = std::chrono::duration<double>(options.partition_burst).count();
  const int count = std::max(options.partitions, 1);
  // Every partition starts with a full bucket.
  for (int i = static_cast<int>(table.partitions.size()); i < count; ++i) {
    const auto exception = options.partition_exceptions.find(i);
    const double rate = exception != options.partition_exceptions.end()
                            ? exception->second
                            : options.partition_write_units;
    Table::Bucket& full = table.partitions.emplace_back();
    full.rate = rate;
    full.units = rate * depth;
    full.filled = now;
  }
  const double share = static_cast<double>(HashOf(position)) / kHashes;
  const int index = std::min(static_cast<int>(share * count), count - 1);
  Table::Bucket& bucket = table.partitions[static_cast<size_t>(index)];
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.units = std::min(bucket.units + seconds * bucket.rate, bucket.rate * depth);
  bucket.filled = now;
  // As on AWS, a write goes through while anything is left, and may overdraw.
  if (bucket.units <= 0) {
    ++bucket.refused;
    return false;
  }
  bucket.units -= units;
  bucket.taken += units;
  bucket.last_taken = now;
  return true;
}

Overlay State::StaleView(const Table& table) {
  if (options.staleness <= Duration::zero()) return {};
  return table.AsOf(now - random.UpTo(options.staleness));
}

void State::CatchUp() {
  for (auto& [name, table] : tables) {
    while (!table.replaced.empty() && table.replaced.front().at < now - options.staleness) {
      table.replaced.pop_front();
    }
  }
  for (auto& [arn, stream] : streams) stream.CatchUp(now);
  std::erase_if(streams, [&](const auto& entry) { return entry.second.Expired(now); });
}

}  // namespace ddbsync::fake
