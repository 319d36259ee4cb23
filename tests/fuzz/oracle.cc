#include "tests/fuzz/oracle.h"

#include <algorithm>
#include <set>

#include "tests/support/base64.h"
#include "tests/support/decimal.h"
#include "tests/support/refusal.h"

namespace ddbsync::fuzz {
namespace {

using dynamodb::KeyAttribute;
using dynamodb::KeySchema;
using dynamodb::KeyType;
using nlohmann::json;

/// Sees whether a name comes twice in one object. `names` holds one set per open object.
bool IsNewName(json::parse_event_t event, const json& value,
               std::vector<std::set<std::string>>& names) {
  if (event == json::parse_event_t::object_start) names.emplace_back();
  if (event == json::parse_event_t::object_end) names.pop_back();
  if (event != json::parse_event_t::key) return true;
  return names.back().insert(value.get<std::string>()).second;
}

std::optional<std::string> ValueText(const KeyAttribute& attribute, const json& value) {
  const std::string tag(1, dynamodb::TypeTag(attribute.type));
  if (!value.is_object() || value.size() != 1 || !value.contains(tag)) return std::nullopt;
  if (!value.at(tag).is_string()) return std::nullopt;
  const std::string text = value.at(tag);
  if (attribute.type != KeyType::kNumber) return text;
  return NumberText(text);
}

bool AppendPart(const KeyAttribute& attribute, const json& item, std::string& key) {
  if (!item.contains(attribute.name)) return false;
  const std::optional<std::string> text = ValueText(attribute, item.at(attribute.name));
  if (!text) return false;
  key += dynamodb::TypeTag(attribute.type);
  for (const int shift : {24, 16, 8, 0}) key += static_cast<char>(text->size() >> shift);
  key += *text;
  return true;
}

constexpr int kDeepest = 32;  // lists and maps within each other: developer guide, "Quotas"

std::optional<json> NormalScalar(char type, const json& value) {
  if (!value.is_string()) return std::nullopt;
  const std::string text = value;
  if (type == 'S') return value;
  if (type == 'N') {
    if (!NumberText(text)) return std::nullopt;
    return fake::ToPlainText(fake::ParseDecimal(text));
  }
  const std::optional<std::string> bytes = fake::DecodeBase64(text);
  if (!bytes || fake::EncodeBase64(*bytes) != text) return std::nullopt;
  return value;
}

std::optional<json> NormalSet(char type, const json& value) {
  if (!value.is_array()) return std::nullopt;
  std::set<json> members;
  for (const json& member : value) {
    const std::optional<json> normal = NormalScalar(type, member);
    if (!normal || !members.insert(*normal).second) return std::nullopt;
  }
  return json(members);
}

std::optional<json> NormalValue(const json& value, int depth);

/// Members of a map or elements of a list.
std::optional<json> NormalElements(json elements, int depth) {
  if (depth > kDeepest) return std::nullopt;
  for (json& element : elements) {
    std::optional<json> normal = NormalValue(element, depth);
    if (!normal) return std::nullopt;
    element = std::move(*normal);
  }
  return elements;
}

std::optional<json> NormalContent(const std::string& type, const json& content, int depth) {
  if (type == "S" || type == "N" || type == "B") return NormalScalar(type[0], content);
  if (type == "SS" || type == "NS" || type == "BS") return NormalSet(type[0], content);
  if (type == "M" && content.is_object()) return NormalElements(content, depth + 1);
  if (type == "L" && content.is_array()) return NormalElements(content, depth + 1);
  if (type == "BOOL" && content.is_boolean()) return content;
  if (type == "NULL" && content == true) return content;
  return std::nullopt;
}

std::optional<json> NormalValue(const json& value, int depth) {
  if (!value.is_object() || value.size() != 1) return std::nullopt;
  const std::string& type = value.begin().key();
  const std::optional<json> content = NormalContent(type, value.begin().value(), depth);
  if (!content) return std::nullopt;
  return json{{type, *content}};
}

}  // namespace

std::optional<json> ParseJson(std::string_view text) {
  // Never part of JSON; nlohmann takes it for the end of the text.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  bool repeated = false;
  std::vector<std::set<std::string>> names;
  const auto watch = [&](int /*depth*/, json::parse_event_t event, json& value) {
    repeated = repeated || !IsNewName(event, value, names);
    return true;
  };
  json document = json::parse(text, watch, /*allow_exceptions=*/false);
  if (repeated || document.is_discarded()) return std::nullopt;
  return document;
}

const json& Member(const json& object, const char* name) {
  static const json absent;
  const auto found = object.find(name);
  return found == object.end() ? absent : *found;
}

std::optional<std::string> KeyOf(const json& item, const KeySchema& schema) {
  std::string key;
  if (!item.is_object() || !AppendPart(schema.partition, item, key)) return std::nullopt;
  if (schema.sort && !AppendPart(*schema.sort, item, key)) return std::nullopt;
  return key;
}

std::optional<std::vector<std::string>> KeysOf(const json& items, const KeySchema& schema) {
  if (!items.is_array()) return std::nullopt;
  std::vector<std::string> keys;
  for (const json& item : items) {
    std::optional<std::string> key = KeyOf(item, schema);
    if (!key) return std::nullopt;
    keys.push_back(std::move(*key));
  }
  return keys;
}

std::optional<std::string> NumberText(std::string_view text) {
  try {
    const fake::Decimal number = fake::ParseDecimal(text);
    if (number.digits.empty()) return "0";
    const auto length = static_cast<int>(number.digits.size());
    return (number.negative ? "-" : "") + number.digits + "e" +
           std::to_string(number.exponent - length);
  } catch (const fake::Refusal&) {
    return std::nullopt;
  }
}

std::optional<json> NormalItem(const json& item) {
  if (!item.is_object()) return std::nullopt;
  return NormalElements(item, 0);
}

bool IsConsumedCapacity(const json& capacity) {
  if (capacity.is_null()) return true;
  if (capacity.is_array()) {
    return std::ranges::all_of(capacity, [](const json& of_a_table) {
      return of_a_table.is_object() && IsConsumedCapacity(of_a_table);
    });
  }
  if (!capacity.is_object()) return false;
  const auto units = capacity.find("CapacityUnits");
  return units == capacity.end() || units->is_number();
}

const std::vector<KeySchema>& Schemas() {
  static const std::vector<KeySchema> schemas = {
      {.partition = {"id", KeyType::kString}, .sort = {}},
      {.partition = {"id", KeyType::kString}, .sort = KeyAttribute{"at", KeyType::kNumber}},
      {.partition = {"id", KeyType::kBinary}, .sort = {}}};
  return schemas;
}

}  // namespace ddbsync::fuzz
