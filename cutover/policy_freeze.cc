#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/planted_bug.h"
#include "cutover/freeze.h"
#include "cutover/limits.h"

namespace ddbsync::cutover {
namespace {

using nlohmann::json;
using Kind = Progress::Kind;

/// All by which an item can come to be, change or go.
json WriteActions() {
  return json::array({"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
                      "dynamodb:BatchWriteItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate",
                      "dynamodb:PartiQLDelete"});
}

json Statement(const std::string& arn, const std::vector<std::string>& exempt) {
  json statement = {{"Sid", PolicyFreeze::kStatement},
                    {"Effect", "Deny"},
                    {"Principal", "*"},
                    {"Action", WriteActions()},
                    {"Resource", arn}};
  if (!exempt.empty()) statement["Condition"] = {{"ArnNotLike", {{"aws:PrincipalArn", exempt}}}};
  return statement;
}

/// The policy's statements, of which the service leaves a single one without its list.
json StatementsOf(const json& policy) {
  const auto found = policy.find("Statement");
  if (found == policy.end()) return json::array();
  return found->is_array() ? *found : json::array({*found});
}

bool IsOurs(const json& statement) {
  return statement.is_object() && statement.contains("Sid") &&
         statement["Sid"] == PolicyFreeze::kStatement;
}

json Parse(const std::optional<dynamodb::ResourcePolicy>& policy) {
  if (!policy) return {{"Version", "2012-10-17"}, {"Statement", json::array()}};
  return json::parse(policy->json, nullptr, /*allow_exceptions=*/false);
}

bool HasOurs(const std::optional<dynamodb::ResourcePolicy>& policy) {
  const json parsed = Parse(policy);
  return parsed.is_object() && std::ranges::any_of(StatementsOf(parsed), IsOurs);
}

std::string Expected(const std::optional<dynamodb::ResourcePolicy>& policy) {
  return policy ? policy->revision : std::string(dynamodb::kNoPolicy);
}

}  // namespace

PolicyFreeze::PolicyFreeze(dynamodb::ControlClient control, std::string table, std::string arn,
                           dynamodb::KeySchema schema, std::vector<std::string> exempt)
    : control_(control),
      table_(std::move(table)),
      arn_(std::move(arn)),
      schema_(std::move(schema)),
      exempt_(std::move(exempt)) {}

Progress PolicyFreeze::Prepare(TimePoint) {
  using Answer = dynamodb::WriteProbe::Answer;
  const dynamodb::WriteProbe probe = control_.ProbeDenied(table_, schema_);
  if (probe.answer == Answer::kAllowed) return Progress::Done();
  return Progress::Failed(
      "a freeze by policy is known to act when a delete that can change nothing is denied; now, "
      "without one, it must be allowed and is not (dynamodb:DeleteItem): " +
      probe.reason);
}

Progress PolicyFreeze::Engage(TimePoint now) {
  return in_place_ ? AwaitDenial(now) : PutStatement(now);
}

Progress PolicyFreeze::Look(const std::string& doing) {
  auto policy = control_.GetResourcePolicy(arn_);
  if (!policy) return Progress::After(policy.error(), doing);
  policy_ = *std::move(policy);
  looked_ = true;
  return Progress::Wait(Duration::zero(), doing);
}

Progress PolicyFreeze::PutStatement(TimePoint) {
  const std::string doing = "deny writes by the source's resource policy";
  if (!looked_) {
    Progress looked = Look(doing);
    if (looked_ && HasOurs(policy_)) in_place_ = true;
    return looked;
  }
  looked_ = false;  // whatever comes of it, the policy is another one then
  json policy = Parse(policy_);
  if (!policy.is_object()) {
    return Progress::Failed("the source's resource policy is not one that can be added to");
  }
  json statements = StatementsOf(policy);
  statements.push_back(Statement(arn_, exempt_));
  policy["Statement"] = std::move(statements);
  const auto put = control_.PutResourcePolicy(arn_, policy.dump(), Expected(policy_));
  if (!put) return Progress::After(put.error(), doing);
  in_place_ = true;
  return Progress::Wait(limits::kProbePause, doing);
}

Progress PolicyFreeze::AwaitDenial(TimePoint now) {
  if (Planted(PlantedBug::kSealBeforeFreezeActs)) return Progress::Done();
  using Answer = dynamodb::WriteProbe::Answer;
  const dynamodb::WriteProbe probe = control_.ProbeDenied(table_, schema_);
  if (probe.answer != Answer::kDenied) {
    denied_since_.reset();
    return Progress::Wait(
        limits::kProbePause,
        probe.answer == Answer::kAllowed
            ? "the policy is in place and does not act yet, or these keys are exempt from it"
            : "it cannot be told whether the policy acts: " + probe.reason);
  }
  if (!denied_since_) denied_since_ = now;
  if (now - *denied_since_ >= limits::kEffectiveFor) return Progress::Done();
  return Progress::Wait(limits::kProbePause, "writes are denied; waiting until everywhere");
}

Progress PolicyFreeze::Check(TimePoint) {
  using Answer = dynamodb::WriteProbe::Answer;
  const dynamodb::WriteProbe probe = control_.ProbeDenied(table_, schema_);
  switch (probe.answer) {
    case Answer::kDenied:
      return Progress::Done();
    case Answer::kAllowed:
      return Progress::Failed("the freeze was lost: a write to the source is allowed again");
    case Answer::kUnknown:
      break;
  }
  return Progress::Wait(limits::kProbePause,
                        "it cannot be told whether the freeze acts: " + probe.reason);
}

Progress PolicyFreeze::Lift(TimePoint now) {
  Progress progress = removed_since_ ? AwaitPermission(now) : RemoveStatement(now);
  if (progress.kind != Kind::kFailed) return progress;
  return Progress::Wait(limits::kThawRetry, progress.text + "; writes may still be denied");
}

Progress PolicyFreeze::RemoveStatement(TimePoint now) {
  const std::string doing = "let writes in again by the source's resource policy";
  if (!looked_) {
    Progress looked = Look(doing);
    if (looked_ && !HasOurs(policy_)) {
      looked_ = false;
      removed_since_ = now;
    }
    return looked;
  }
  looked_ = false;
  json policy = Parse(policy_);
  json others = json::array();
  for (const json& statement : StatementsOf(policy)) {
    if (!IsOurs(statement)) others.push_back(statement);
  }
  Result<void> removed;
  if (others.empty()) {
    removed = control_.DeleteResourcePolicy(arn_, policy_->revision);
  } else {
    policy["Statement"] = std::move(others);
    const auto put = control_.PutResourcePolicy(arn_, policy.dump(), policy_->revision);
    if (!put) removed = std::unexpected(put.error());
  }
  if (!removed) return Progress::After(removed.error(), doing);
  return Progress::Wait(limits::kControlLook, doing);
}

/// A look may be behind, and a statement of unknown outcome may still be on its way: it is believed
/// that there is none when it is seen to be gone once more, later, and writes are let in.
Progress PolicyFreeze::AwaitPermission(TimePoint now) {
  using Answer = dynamodb::WriteProbe::Answer;
  const std::string waiting = "waiting until writes are let in everywhere";
  if (now - *removed_since_ < limits::kLateControlCall) {
    return Progress::Wait(limits::kLateControlCall - (now - *removed_since_), waiting);
  }
  if (!looked_) {
    Progress looked = Look(waiting);
    if (looked_ && HasOurs(policy_)) removed_since_.reset();
    return looked;
  }
  looked_ = false;
  const dynamodb::WriteProbe probe = control_.ProbeDenied(table_, schema_);
  if (probe.answer == Answer::kDenied) {
    return Progress::Wait(limits::kProbePause, waiting + ": " + probe.reason);
  }
  if (probe.answer == Answer::kUnknown) {
    Log(LogLevel::kWarning, "cutover_thaw", "it cannot be told whether writes are let in",
        {{"reason", probe.reason}});
  }
  return Progress::Done();
}

}  // namespace ddbsync::cutover
