// Gates on what a run will do: can writes be stopped, may the stream be ended, may these keys?
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cutover/gates_internal.h"
#include "cutover/limits.h"
#include "cutover/permissions.h"
#include "cutover/stream_origin.h"

namespace ddbsync::cutover {
namespace {

std::string Regions(const dynamodb::TableDescription& table) {
  std::vector<std::string> regions;
  for (const dynamodb::Replica& replica : table.replicas) regions.push_back(replica.region);
  return Join(regions, ", ");
}

/// A policy lies on one table of a global table; writes to its replicas come in by replication.
std::string WhyNoPolicy(const GateFacts& facts) {
  if (!facts.source->replicas.empty()) {
    return "it is a global table, and its replicas would go on being written to: " +
           Regions(*facts.source);
  }
  if (!facts.source_policy) return "its policy is " + Unknown(facts.source_policy.error());
  size_t bytes = limits::kStatementBytes;
  for (const std::string& principal : facts.options.exempt) bytes += principal.size();
  if (*facts.source_policy) bytes += (*facts.source_policy)->json.size();
  if (bytes > limits::kMostPolicyBytes) return "its policy has no room for another statement";
  return "";
}

Gate Freeze(const GateFacts& facts) {
  const std::string name = "freeze";
  const std::string limit = "writes to the source can be stopped, TTL deletes among them";
  if (!facts.source) {
    return MakeGate(name, false, "source " + Unknown(facts.source.error()), limit, LookAgain());
  }
  if (!facts.source_ttl) {
    return MakeGate(name, false, "source's TTL " + Unknown(facts.source_ttl.error()), limit,
                    LookAgain());
  }
  if (facts.source_ttl->status == dynamodb::TtlStatus::kEnabling) {
    return MakeGate(name, false, "the source's TTL is being turned on, and cannot be turned off",
                    limit, "wait until it is ENABLED; AWS takes one change of it an hour");
  }
  const std::string replicas = facts.source->replicas.empty()
                                   ? ""
                                   : ", at its replicas in " + Regions(*facts.source) + " too";
  switch (facts.options.freeze) {
    case FreezeBy::kManual:
      return MakeGate(name, true, "you stop the writers" + replicas + " and say so", limit, "");
    case FreezeBy::kHook:
      return MakeGate(name, facts.has_hook,
                      facts.has_hook ? "by your hook" + replicas : "no hook is configured", limit,
                      "configure a hook, or take --freeze manual");
    case FreezeBy::kPolicy:
      break;
  }
  const std::string objection = WhyNoPolicy(facts);
  return MakeGate(name, objection.empty(),
                  objection.empty() ? "by a resource policy on " + facts.source->name
                                    : "no resource policy: " + objection,
                  limit,
                  facts.source->replicas.empty()
                      ? "take --freeze hook or --freeze manual"
                      : "take --freeze hook, with a hook that stops the writers of all replicas");
}

/// Of a global table whose replicas follow each other through their streams.
bool StreamIsFixed(const dynamodb::TableDescription& table) {
  if (table.replicas.empty()) return false;
  const auto json = nlohmann::json::parse(table.json, nullptr, false);
  return !json.is_object() || json.value("MultiRegionConsistency", "") != "STRONG";
}

Gate StreamOwnership(const GateFacts& facts) {
  const std::string name = "stream_ownership";
  const std::string limit = "a stream that may be ended, for all who read it";
  if (facts.options.drain == DrainBy::kQuiesce) {
    return MakeGate(name, true, "the stream stays as it is (--drain quiesce)", limit, "");
  }
  if (!facts.source) {
    return MakeGate(name, false, "source " + Unknown(facts.source.error()), limit, LookAgain());
  }
  if (!facts.source->stream_view) {
    return MakeGate(name, false, "the source's stream is off", limit,
                    "copy again into an empty table with another --state");
  }
  if (StreamIsFixed(*facts.source)) {
    return MakeGate(name, false, "a global table's stream cannot be turned off", limit,
                    "take --drain quiesce");
  }
  const StreamOrigin origin = JudgeOrigin(facts.source->latest_stream_arn, facts.record.start_time);
  if (origin.ours) return MakeGate(name, true, "ours: " + origin.how, limit, "");
  return MakeGate(name, facts.options.seal_foreign,
                  (facts.options.seal_foreign ? "ended as asked (--seal-foreign): "
                                              : "ddbsync did not turn it on: ") +
                      origin.how,
                  limit,
                  "if nobody else reads it add --seal-foreign; or take --drain quiesce, which "
                  "compares everything while writes stand still");
}

const Permission* Find(const GateFacts& facts, const std::string& action) {
  if (!facts.permissions) return nullptr;
  const auto found = std::ranges::find(*facts.permissions, action, &Permission::action);
  return found == facts.permissions->end() ? nullptr : &*found;
}

/// Those for the cut-over itself, or for the way back.
Gate Permissions(const GateFacts& facts, bool for_reverse, std::string name) {
  std::vector<std::string> proven, missing;
  for (const PermissionNeed& need : PermissionNeeds(facts)) {
    if (need.for_reverse != for_reverse) continue;
    const Permission* permission = Find(facts, need.action);
    if (permission == nullptr) {
      missing.push_back(need.action + " is unknown: not asked");
    } else if (permission->answer == Permission::Answer::kProven) {
      proven.push_back(need.action);
    } else {
      const bool denied = permission->answer == Permission::Answer::kDenied;
      missing.push_back(need.action + (denied ? " is denied: " : " is unknown: ") +
                        permission->reason);
    }
  }
  const bool ok = missing.empty();
  if (ok && proven.empty()) proven.push_back("none is needed");
  return MakeGate(std::move(name), ok, ok ? Join(proven, ", ") : Join(missing, "; "),
                  "each call is proven, by one that changes nothing",
                  "give the keys these permissions, and look again");
}

Gate ReversePreflight(const GateFacts& facts) {
  const std::string name = "reverse_preflight";
  Gate gate = Permissions(facts, true, name);
  if (!facts.target) {
    return MakeGate(name, false, "target " + Unknown(facts.target.error()), gate.limit,
                    LookAgain());
  }
  // The policy outlives the commit, or somebody could write to a table that nobody follows.
  if (facts.options.freeze == FreezeBy::kPolicy && facts.options.exempt.empty()) {
    return MakeGate(name, false, "the policy would deny the writes of the way back", gate.limit,
                    "name the principal of the job of the way back with --exempt");
  }
  gate.observed = (facts.target->stream_view ? "the target's stream is on; "
                                             : "the target's stream will be turned on; ") +
                  gate.observed;
  return gate;
}

}  // namespace

void JudgeMeans(const GateFacts& facts, std::vector<Gate>& gates) {
  gates.push_back(Freeze(facts));
  gates.push_back(StreamOwnership(facts));
  gates.push_back(Permissions(facts, false, "permissions"));
  if (facts.options.reverse) gates.push_back(ReversePreflight(facts));
}

}  // namespace ddbsync::cutover
