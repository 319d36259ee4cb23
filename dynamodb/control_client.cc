#include "dynamodb/control_client.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "dynamodb/limits.h"
#include "dynamodb/probe_key.h"
#include "dynamodb/table_call_internal.h"
#include "dynamodb/table_json_internal.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

constexpr aws::Operation Reading(std::string_view name) {
  return TableOperation(name, Effect::kReads, limits::kControlTimeout);
}
constexpr aws::Operation Changing(std::string_view name) {
  return TableOperation(name, Effect::kWrites, limits::kControlTimeout);
}
/// Answered with nothing at all.
constexpr aws::Operation ChangingSilently(std::string_view name) {
  aws::Operation operation = Changing(name);
  operation.may_be_empty = true;
  return operation;
}

constexpr aws::Operation kUpdateTable = Changing("UpdateTable");
constexpr aws::Operation kDescribeTtl = Reading("DescribeTimeToLive");
constexpr aws::Operation kUpdateTtl = Changing("UpdateTimeToLive");
constexpr aws::Operation kGetPolicy = Reading("GetResourcePolicy");
constexpr aws::Operation kPutPolicy = Changing("PutResourcePolicy");
constexpr aws::Operation kDeletePolicy = ChangingSilently("DeleteResourcePolicy");
constexpr aws::Operation kTag = ChangingSilently("TagResource");
constexpr aws::Operation kUntag = ChangingSilently("UntagResource");
constexpr aws::Operation kProbe =
    TableOperation("DeleteItem", Effect::kWrites, limits::kWriteTimeout);

/// How AWS refuses what is so already. It has no code of its own for it: a ValidationException, on
/// other servers a ResourceInUseException.
constexpr std::array<std::string_view, 5> kNothingToDo{
    "already has an enabled stream", "has no stream to disable", "TimeToLive is already enabled",
    "TimeToLive is already disabled", "TimeToLive is active on a different AttributeName"};
constexpr std::string_view kTtlTooSoon = "modified multiple times within a fixed interval";
constexpr std::string_view kDeniedByPolicy = "explicit deny in a resource-based policy";

Result<void> ConflictIfNothingToDo(Result<void> outcome) {
  if (outcome) return outcome;
  for (const std::string_view text : kNothingToDo) {
    if (Says(outcome.error(), text)) outcome.error().code = ErrorCode::kConflict;
  }
  return outcome;
}

Result<TtlStatus> ParseTtlStatus(const std::string& text) {
  for (const TtlStatus status :
       {TtlStatus::kEnabling, TtlStatus::kEnabled, TtlStatus::kDisabling, TtlStatus::kDisabled}) {
    if (ToString(status) == text) return status;
  }
  return Fail(ErrorCode::kCorrupt, "The time to live has the unknown status " + text + ".");
}

/// Servers that do not know conditions carry the delete out, of a key that nobody has.
json ProbeBody(std::string_view table, const KeySchema& schema) {
  return {{"TableName", table},
          {"Key", json::parse(ProbeKey(schema))},
          {"ConditionExpression", "attribute_exists(#key) AND attribute_not_exists(#key)"},
          {"ExpressionAttributeNames", {{"#key", schema.partition.name}}}};
}

}  // namespace

std::string_view ToString(TtlStatus status) {
  switch (status) {
    case TtlStatus::kEnabling:
      return "ENABLING";
    case TtlStatus::kEnabled:
      return "ENABLED";
    case TtlStatus::kDisabling:
      return "DISABLING";
    case TtlStatus::kDisabled:
      return "DISABLED";
  }
  return "unknown";
}

Result<void> ControlClient::EnableStream(std::string_view table, StreamView view) {
  const json body = {
      {"TableName", table},
      {"StreamSpecification", {{"StreamEnabled", true}, {"StreamViewType", ToString(view)}}}};
  return ConflictIfNothingToDo(
      CheckWritten(kUpdateTable, client_.Call(kUpdateTable, body.dump()), "TableDescription"));
}

Result<void> ControlClient::DisableStream(std::string_view table) {
  const json body = {{"TableName", table}, {"StreamSpecification", {{"StreamEnabled", false}}}};
  return ConflictIfNothingToDo(
      CheckWritten(kUpdateTable, client_.Call(kUpdateTable, body.dump()), "TableDescription"));
}

Result<TimeToLive> ControlClient::DescribeTimeToLive(std::string_view table) {
  return ParseAnswer<TimeToLive>(
      kDescribeTtl, client_.Call(kDescribeTtl, json({{"TableName", table}}).dump()),
      [](const json& answer) -> Result<TimeToLive> {
        const json& described = answer.at("TimeToLiveDescription");
        const Result<TtlStatus> status = ParseTtlStatus(described.at("TimeToLiveStatus"));
        if (!status) return std::unexpected(status.error());
        return TimeToLive{.status = *status, .attribute = TextOr(described, "AttributeName", "")};
      });
}

Result<TtlUpdate> ControlClient::UpdateTimeToLive(std::string_view table,
                                                  std::string_view attribute, bool enabled) {
  const json body = {
      {"TableName", table},
      {"TimeToLiveSpecification", {{"AttributeName", attribute}, {"Enabled", enabled}}}};
  const Result<void> updated = ConflictIfNothingToDo(
      CheckWritten(kUpdateTtl, client_.Call(kUpdateTtl, body.dump()), "TimeToLiveSpecification"));
  if (updated) return TtlUpdate::kAccepted;
  if (Says(updated.error(), kTtlTooSoon)) return TtlUpdate::kTooSoon;
  return std::unexpected(updated.error());
}

Result<std::optional<ResourcePolicy>> ControlClient::GetResourcePolicy(std::string_view arn) {
  const Result<std::string> answer = client_.Call(kGetPolicy, json({{"ResourceArn", arn}}).dump());
  if (!answer && RefusedWith(answer.error(), kGetPolicy, "PolicyNotFoundException")) {
    return std::nullopt;
  }
  return ParseAnswer<std::optional<ResourcePolicy>>(kGetPolicy, answer, [](const json& found) {
    return ResourcePolicy{.json = found.at("Policy"), .revision = found.at("RevisionId")};
  });
}

Result<std::string> ControlClient::PutResourcePolicy(std::string_view arn,
                                                     std::string_view policy_json,
                                                     std::string_view expected) {
  DDBSYNC_CHECK(!expected.empty());
  const json body = {
      {"ResourceArn", arn}, {"Policy", policy_json}, {"ExpectedRevisionId", expected}};
  const Result<std::string> answer = client_.Call(kPutPolicy, body.dump());
  if (!answer) return std::unexpected(answer.error());
  const Result<std::string> revision = ParseAnswer<std::string>(
      kPutPolicy, answer, [](const json& put) { return put.at("RevisionId").get<std::string>(); });
  if (!revision) return Unclear(kPutPolicy, revision.error().message);
  return revision;
}

Result<void> ControlClient::DeleteResourcePolicy(std::string_view arn, std::string_view expected) {
  DDBSYNC_CHECK(!expected.empty());
  const json body = {{"ResourceArn", arn}, {"ExpectedRevisionId", expected}};
  return CheckAcknowledged(kDeletePolicy, client_.Call(kDeletePolicy, body.dump()));
}

Result<void> ControlClient::TagResource(std::string_view arn, std::span<const Tag> tags) {
  json listed = json::array();
  for (const Tag& tag : tags) listed.push_back({{"Key", tag.key}, {"Value", tag.value}});
  const json body = {{"ResourceArn", arn}, {"Tags", std::move(listed)}};
  return CheckAcknowledged(kTag, client_.Call(kTag, body.dump()));
}

Result<void> ControlClient::UntagResource(std::string_view arn, std::span<const std::string> keys) {
  json listed = json::array();
  for (const std::string& key : keys) listed.push_back(key);
  const json body = {{"ResourceArn", arn}, {"TagKeys", std::move(listed)}};
  return CheckAcknowledged(kUntag, client_.Call(kUntag, body.dump()));
}

WriteProbe ControlClient::ProbeDenied(std::string_view table, const KeySchema& schema) {
  const Result<std::string> answer = client_.Call(kProbe, ProbeBody(table, schema).dump());
  if (answer) {
    return {.answer = WriteProbe::Answer::kUnknown,
            .reason = "the server did not heed the condition of the delete"};
  }
  const Error& error = answer.error();
  if (RefusedWith(error, kProbe, "ConditionalCheckFailedException")) {
    return {.answer = WriteProbe::Answer::kAllowed, .reason = ""};
  }
  const bool denied = error.code == ErrorCode::kDenied && Says(error, kDeniedByPolicy);
  return {.answer = denied ? WriteProbe::Answer::kDenied : WriteProbe::Answer::kUnknown,
          .reason = ToString(error)};
}

}  // namespace ddbsync::dynamodb
