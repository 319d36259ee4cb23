#include "verify/difference.h"

#include <nlohmann/json.hpp>

#include "dynamodb/canonical_item.h"
#include "verify/limits.h"

namespace ddbsync::verify {
namespace {

using nlohmann::json;

bool Equal(const json& one, const json& other) {
  const auto digest = [](const json& value) {
    return dynamodb::DigestItem(json{{"value", value}}.dump());
  };
  const auto left = digest(one);
  const auto right = digest(other);
  return left && right && *left == *right;
}

}  // namespace

std::string_view ToString(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::kMissing:
      return "missing";
    case DifferenceKind::kExtra:
      return "extra";
    case DifferenceKind::kDifferent:
      return "different";
  }
  return "unknown";
}

std::vector<std::string> DifferingAttributes(std::string_view source_json,
                                             std::string_view target_json) {
  const json source = json::parse(source_json, nullptr, /*allow_exceptions=*/false);
  const json target = json::parse(target_json, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> names;
  if (!source.is_object() || !target.is_object()) return names;
  const auto add = [&](const std::string& name) {
    if (names.size() < limits::kNamedAttributes) names.push_back(name);
  };
  for (const auto& [name, value] : source.items()) {
    if (const auto other = target.find(name); other == target.end() || !Equal(value, *other)) {
      add(name);
    }
  }
  for (const auto& [name, value] : target.items()) {
    if (!source.contains(name)) add(name);
  }
  return names;
}

}  // namespace ddbsync::verify
