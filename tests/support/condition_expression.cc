#include "tests/support/condition_expression.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr const char* kInvalid = "Invalid ConditionExpression: ";

/// Words, and brackets by themselves.
std::vector<std::string> Tokens(std::string_view text) {
  std::vector<std::string> tokens;
  bool in_word = false;
  for (const char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    const bool bracket = c == '(' || c == ')';
    if (bracket) tokens.emplace_back(1, c);
    if (!space && !bracket) {
      if (!in_word) tokens.emplace_back();
      tokens.back() += c;
    }
    in_word = !space && !bracket;
  }
  return tokens;
}

/// The attribute meant by a name or its placeholder, which is noted as used.
std::string Resolve(const std::string& name, const json& names, std::set<std::string>& used) {
  if (!name.starts_with('#')) {
    if (name.find_first_of(".[") == std::string::npos) return name;
    RefuseInvalid(kInvalid + ("The fake service does not know paths: " + name));
  }
  const auto found = names.find(name);
  if (found == names.end()) {
    RefuseInvalid(kInvalid +
                  ("An expression attribute name used in the document path is not defined; "
                   "attribute name: " +
                   name));
  }
  used.insert(name);
  return found->get<std::string>();
}

void CheckAllUsed(const json& names, const std::set<std::string>& used) {
  for (const auto& [name, attribute] : names.items()) {
    if (used.contains(name)) continue;
    RefuseInvalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {" +
                  name + "}");
  }
}

}  // namespace

bool ConditionHolds(const json& request, const json& item) {
  const json names = request.value("ExpressionAttributeNames", json::object());
  if (!request.contains("ConditionExpression")) {
    if (names.empty()) return true;
    RefuseInvalid("ExpressionAttributeNames can only be specified when using expressions");
  }
  // function ( name ), joined by AND
  constexpr size_t kTermTokens = 4;
  const std::vector<std::string> tokens =
      Tokens(request.at("ConditionExpression").get<std::string>());
  std::set<std::string> used;
  bool holds = true;
  for (size_t i = 0;; i += kTermTokens + 1) {
    const bool shape = i + kTermTokens <= tokens.size() && tokens[i + 1] == "(" &&
                       tokens[i + 3] == ")" &&
                       (tokens[i] == "attribute_exists" || tokens[i] == "attribute_not_exists");
    if (!shape) RefuseInvalid(std::string(kInvalid) + "The fake service does not know it");
    const bool exists = item.contains(Resolve(tokens[i + 2], names, used));
    holds = holds && exists == (tokens[i] == "attribute_exists");
    if (i + kTermTokens == tokens.size()) break;
    if (tokens[i + kTermTokens] != "AND") {
      RefuseInvalid(std::string(kInvalid) + "The fake service knows AND only");
    }
  }
  CheckAllUsed(names, used);
  return holds;
}

}  // namespace ddbsync::fake
