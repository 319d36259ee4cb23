#include "tests/support/resource_policy.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr size_t kMaxPolicyBytes = size_t{20} * 1024;  // API reference of PutResourcePolicy
constexpr int kArnParts = 6;

[[noreturn]] void RefusePolicy(const std::string& why) {
  RefuseInvalid("The resource-based policy is not valid: " + why);
}

char Lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// "*" stands for anything, "?" for one character.
bool Matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return Matches(pattern.substr(1), text) || (!text.empty() && Matches(pattern, text.substr(1)));
  }
  const bool same = !text.empty() && (pattern.front() == '?' || pattern.front() == text.front());
  return same && Matches(pattern.substr(1), text.substr(1));
}

/// Part by part: no pattern reaches beyond a colon, but in the last part.
bool ArnMatches(std::string_view pattern, std::string_view arn) {
  for (int part = 1; part < kArnParts; ++part) {
    const size_t in_pattern = pattern.find(':');
    const size_t in_arn = arn.find(':');
    if (in_pattern == std::string_view::npos || in_arn == std::string_view::npos) return false;
    if (!Matches(pattern.substr(0, in_pattern), arn.substr(0, in_arn))) return false;
    pattern.remove_prefix(in_pattern + 1);
    arn.remove_prefix(in_arn + 1);
  }
  return Matches(pattern, arn);
}

std::vector<std::string> Texts(const json& one_or_many) {
  if (one_or_many.is_string()) return {one_or_many.get<std::string>()};
  if (one_or_many.is_array() && !one_or_many.empty()) {
    return one_or_many.get<std::vector<std::string>>();
  }
  RefusePolicy("a text, or a list of them, is expected instead of " + one_or_many.dump());
}

const json& Member(const json& statement, const char* name) {
  const auto found = statement.find(name);
  if (found == statement.end()) RefusePolicy(std::string("a statement has no ") + name);
  return *found;
}

void CheckResource(const json& statement, const std::string& arn) {
  const std::vector<std::string> resources = Texts(Member(statement, "Resource"));
  const bool meant = std::ranges::any_of(
      resources, [&](const std::string& resource) { return resource == "*" || resource == arn; });
  if (!meant) RefusePolicy("no Resource of a statement is " + arn);
}

/// Whom a denial leaves alone.
std::vector<std::string> Exempt(const json& statement) {
  std::vector<std::string> exempt;
  const json condition = statement.value("Condition", json::object());
  for (const auto& [test, keys] : condition.items()) {
    if (test != "ArnNotEquals" && test != "ArnNotLike") {
      RefusePolicy("the fake service does not know the condition " + test);
    }
    for (const auto& [key, values] : keys.items()) {
      if (key != "aws:PrincipalArn") {
        RefusePolicy("the fake service does not know the condition key " + key);
      }
      std::ranges::move(Texts(values), std::back_inserter(exempt));
    }
  }
  return exempt;
}

/// "dynamodb:PutItem" to "putitem".
std::vector<std::string> Actions(const json& statement) {
  constexpr std::string_view kService = "dynamodb:";
  std::vector<std::string> actions = Texts(Member(statement, "Action"));
  for (std::string& action : actions) {
    std::ranges::transform(action, action.begin(), Lower);
    if (!action.starts_with(kService)) RefusePolicy("the action " + action + " is another's");
    action.erase(0, kService.size());
  }
  return actions;
}

}  // namespace

ResourcePolicy ResourcePolicy::Parse(const std::string& document, const std::string& resource_arn) {
  if (document.size() > kMaxPolicyBytes) RefusePolicy("it is longer than 20 KB");
  json policy = json::parse(document, nullptr, /*allow_exceptions=*/false);
  if (!policy.is_object() || !policy.contains("Statement")) RefusePolicy("it has no Statement");
  json& statements = policy["Statement"];
  if (statements.is_object()) statements = json::array({statements});
  ResourcePolicy parsed;
  for (json& statement : statements) {
    CheckMembers(statement, {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"});
    std::vector<std::string> actions = Actions(statement);
    CheckResource(statement, resource_arn);
    const json& principal = Member(statement, "Principal");
    const json& effect = Member(statement, "Effect");
    if (effect == "Deny") {
      if (principal != "*" && principal != json({{"AWS", "*"}})) {
        RefusePolicy("the fake service knows denials for the Principal \"*\" only");
      }
      parsed.denials_.push_back({std::move(actions), Exempt(statement)});
    } else if (effect != "Allow") {
      RefusePolicy("an Effect is neither Allow nor Deny");
    }
    json& action = statement["Action"];
    if (action.is_array() && action.size() == 1) action = json(action[0]);
  }
  parsed.text_ = policy.dump();
  return parsed;
}

bool ResourcePolicy::Denies(std::string_view principal_arn, std::string_view action) const {
  std::string name(action);
  std::ranges::transform(name, name.begin(), Lower);
  return std::ranges::any_of(denials_, [&](const Denial& denial) {
    const auto is_action = [&](const std::string& pattern) { return Matches(pattern, name); };
    const auto is_sender = [&](const std::string& arn) { return ArnMatches(arn, principal_arn); };
    return std::ranges::any_of(denial.actions, is_action) &&
           std::ranges::none_of(denial.exempt, is_sender);
  });
}

}  // namespace ddbsync::fake
