#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"
#include "tests/support/state.h"

// Revisions and their order of refusals as seen on AWS: a revision is the time of its change in
// milliseconds; putting again what is there changes nothing, and is never too soon.

namespace ddbsync::fake {
namespace {

using nlohmann::json;

Table& TableOfArn(State& state, const json& request) {
  const std::string arn = RequiredText(request, "ResourceArn");
  if (!arn.starts_with("arn:")) {
    RefuseInvalid("One or more parameter values were invalid: ARNs must start with 'arn:': " + arn);
  }
  if (arn.find("/stream/") != std::string::npos) {
    RefuseInvalid("The fake service does not know policies of streams");
  }
  return state.TableOf(arn, true);
}

const PolicyChange* Current(const Table& table) {
  const bool has_one = !table.policies.empty() && table.policies.back().policy;
  return has_one ? &table.policies.back() : nullptr;
}

void CheckRevision(const Table& table, const json& request) {
  const std::string expected = request.value("ExpectedRevisionId", "");
  if (expected.empty()) return;
  const PolicyChange* current = Current(table);
  if (expected == (current != nullptr ? current->revision : "NO_POLICY")) return;
  RefuseNoPolicy(
      "Resource-based policy not found for the provided ResourceArn: Requested update for policy "
      "with revision id " +
      expected + ", but " +
      (current != nullptr
           ? "the policy associated to target table " + table.name + " has another revision id"
           : "table " + table.name + " has no associated policy"));
}

/// Notes another policy, or that it was deleted; refuses so soon after the last. Returns its
/// revision.
std::string NoteChange(State& state, Table& table, std::optional<ResourcePolicy> policy) {
  using std::chrono::milliseconds;
  int64_t revision = std::chrono::floor<milliseconds>(state.now.time_since_epoch()).count();
  if (!table.policies.empty()) {
    const PolicyChange& last = table.policies.back();
    if (state.now < last.at + state.options.policy_pause) {
      RefuseRate(
          "Resource-based policy for table " + table.name + " modified within the previous " +
          std::to_string(std::chrono::floor<milliseconds>(state.options.policy_pause).count()) +
          " milliseconds. Please try again later.");
    }
    revision = std::max<int64_t>(revision, std::stoll(last.revision) + 1);
  }
  table.policies.push_back({state.now, std::to_string(revision), std::move(policy)});
  return table.policies.back().revision;
}

}  // namespace

const PolicyChange* PolicyInEffect(const State& state, const Table& table, Instant time) {
  const PolicyChange* in_effect = nullptr;
  for (const PolicyChange& change : table.policies) {
    if (change.at + state.options.policy_delay <= time) in_effect = &change;
  }
  return in_effect;
}

std::string GetResourcePolicy(State& state, json& request) {
  CheckMembers(request, {"ResourceArn"});
  const Table& table = TableOfArn(state, request);
  const PolicyChange* current = Current(table);
  if (current == nullptr) {
    RefuseNoPolicy("Resource-based policy not found for the provided ResourceArn: " + table.arn);
  }
  return json{{"Policy", current->policy->text()}, {"RevisionId", current->revision}}.dump();
}

std::string PutResourcePolicy(State& state, json& request) {
  CheckMembers(request, {"ResourceArn", "Policy", "ExpectedRevisionId"});
  Table& table = TableOfArn(state, request);
  ResourcePolicy policy = ResourcePolicy::Parse(RequiredText(request, "Policy"), table.arn);
  for (const char* action : {"PutResourcePolicy", "DeleteResourcePolicy"}) {
    if (!policy.Denies(state.principal, action)) continue;
    RefuseInvalid(
        "The policy would keep you from changing it again: ConfirmRemoveSelfResourceAccess is "
        "required");
  }
  CheckRevision(table, request);
  const PolicyChange* current = Current(table);
  const bool same = current != nullptr && current->policy->text() == policy.text();
  const std::string revision =
      same ? current->revision : NoteChange(state, table, std::move(policy));
  return json{{"RevisionId", revision}}.dump();
}

std::string DeleteResourcePolicy(State& state, json& request) {
  CheckMembers(request, {"ResourceArn", "ExpectedRevisionId"});
  Table& table = TableOfArn(state, request);
  CheckRevision(table, request);
  const PolicyChange* current = Current(table);
  if (current == nullptr) return "{}";
  const std::string removed = current->revision;
  NoteChange(state, table, std::nullopt);
  return json{{"RevisionId", removed}}.dump();
}

}  // namespace ddbsync::fake
