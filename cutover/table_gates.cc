// Gates on the two tables: are they the right ones, and can the target stand in for the source?
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cutover/gates_internal.h"
#include "cutover/limits.h"
#include "cutover/schema_parity.h"

namespace ddbsync::cutover {
namespace {

using dynamodb::TableDescription;
using dynamodb::TtlStatus;

/// What could not be found out of both tables; empty: they are known.
std::string UnknownTable(const GateFacts& facts) {
  if (!facts.source) return "source " + Unknown(facts.source.error());
  if (!facts.target) return "target " + Unknown(facts.target.error());
  return "";
}

Gate Identity(const GateFacts& facts) {
  const std::string name = "identity";
  const std::string limit = "the tables and the stream of the checkpoint";
  if (std::string unknown = UnknownTable(facts); !unknown.empty()) {
    return MakeGate(name, false, unknown, limit, LookAgain());
  }
  const checkpoint::JobRecord& record = facts.record;
  if (record.job_id.empty()) {
    return MakeGate(name, false, "unknown: there is no checkpoint", limit,
                    "run `ddbsync start` and look again");
  }
  std::vector<std::string> others;
  if (facts.source->Identity() != record.source_identity) {
    others.push_back("the source is another table than was copied (" + facts.source->Identity() +
                     ", was " + record.source_identity + ")");
  }
  if (facts.target->Identity() != record.target_identity) {
    others.push_back("the target is another table than was filled (" + facts.target->Identity() +
                     ", was " + record.target_identity + ")");
  }
  if (!facts.source->stream_view || facts.source->latest_stream_arn != record.stream_arn) {
    others.push_back("the source's stream is not the one that is followed (" + record.stream_arn +
                     ")");
  }
  return MakeGate(name, others.empty(), others.empty() ? "unchanged" : Join(others, "; "), limit,
                  "copy again into an empty table with another --state");
}

/// A table that is being changed refuses a change.
Gate TablesActive(const GateFacts& facts) {
  const std::string name = "tables_active";
  const std::string limit = "both ACTIVE";
  if (std::string unknown = UnknownTable(facts); !unknown.empty()) {
    return MakeGate(name, false, unknown, limit, LookAgain());
  }
  return MakeGate(name, facts.source->status == "ACTIVE" && facts.target->status == "ACTIVE",
                  "source " + facts.source->status + ", target " + facts.target->status, limit,
                  "wait until the tables are ACTIVE");
}

/// TTL deletes at the target would be overtaken by nothing: the source's item may live on.
std::vector<std::string> TtlFaults(const GateFacts& facts) {
  std::vector<std::string> faults;
  if (!facts.source_ttl) faults.push_back("source's TTL " + Unknown(facts.source_ttl.error()));
  if (!facts.target_ttl) {
    faults.push_back("target's TTL " + Unknown(facts.target_ttl.error()));
  } else if (TtlActs(*facts.target_ttl)) {
    faults.push_back("the target's TTL is " + std::string(ToString(facts.target_ttl->status)));
  }
  return faults;
}

Gate SchemaParity(const GateFacts& facts) {
  const std::string name = "schema_parity";
  const std::string limit = "the source's key and indexes, ACTIVE; the target's TTL off";
  if (std::string unknown = UnknownTable(facts); !unknown.empty()) {
    return MakeGate(name, false, unknown, limit, LookAgain());
  }
  std::vector<std::string> faults = SchemaFaults(*facts.source, *facts.target);
  const size_t indexes = facts.source->global_indexes.size();
  std::ranges::move(TtlFaults(facts), std::back_inserter(faults));
  if (!faults.empty()) {
    return MakeGate(name, false, Join(faults, "; "), limit,
                    "give the target what it lacks and wait until its indexes are ACTIVE; turn its "
                    "TTL off (the commit turns it on as it is at the source)");
  }
  const bool ttl = TtlActs(*facts.source_ttl);
  return MakeGate(
      name, true,
      fmt::format("same key, {} global indexes; TTL {}", indexes,
                  ttl ? "on at the source (" + facts.source_ttl->attribute + ")" : "off at both"),
      limit, "");
}

/// The bound that somebody has set for a table on demand; none: none.
std::optional<double> OnDemandBound(const TableDescription& table) {
  const auto json = nlohmann::json::parse(table.json, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto throughput = json.find("OnDemandThroughput");
  if (throughput == json.end() || !throughput->is_object()) return std::nullopt;
  const auto units = throughput->find("MaxWriteRequestUnits");
  if (units == throughput->end() || !units->is_number() || *units <= 0) return std::nullopt;
  return units->get<double>();
}

/// Write units that a change takes, by the tables' own idea of their items.
double UnitsOfAWrite(const TableDescription& source) {
  if (source.item_count <= 0) return 1;
  const double bytes =
      static_cast<double>(source.size_bytes) / static_cast<double>(source.item_count);
  return std::max(1.0, std::ceil(bytes / limits::kBytesPerWriteUnit));
}

Gate TargetCapacity(const GateFacts& facts) {
  const std::string name = "target_capacity";
  const std::string limit = "on demand, or write units for the source's peak";
  if (std::string unknown = UnknownTable(facts); !unknown.empty()) {
    return MakeGate(name, false, unknown, limit, LookAgain());
  }
  const auto bound =
      facts.target->on_demand ? OnDemandBound(*facts.target) : facts.target->write_units;
  if (!bound) return MakeGate(name, true, "on demand", limit, "");
  if (!facts.peak_records_per_second) {
    return MakeGate(name, false, "unknown: the job has not kept up with the source yet", limit,
                    "wait until the job has caught up");
  }
  const double units = UnitsOfAWrite(*facts.source);
  const double peak = *facts.peak_records_per_second * units;
  std::string observed = fmt::format(
      "{:.0f} write units {}, the peak was at least {:.0f} ({:.0f} changes a second since this "
      "process started, {:.0f} units each by the average item)",
      *bound, facts.target->on_demand ? "at most" : "provisioned", peak,
      *facts.peak_records_per_second, units);
  if (!facts.source->on_demand) {
    observed += fmt::format("; the source has {:.0f}", facts.source->write_units);
  }
  return MakeGate(name, *bound >= peak, observed, limit,
                  "give " + facts.target->name + " more write units, or make it on demand");
}

}  // namespace

void JudgeTables(const GateFacts& facts, std::vector<Gate>& gates) {
  gates.push_back(Identity(facts));
  gates.push_back(TablesActive(facts));
  gates.push_back(SchemaParity(facts));
  gates.push_back(TargetCapacity(facts));
}

}  // namespace ddbsync::cutover
