#include "tests/support/attribute.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/support/base64.h"
#include "tests/support/decimal.h"
#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

// Developer guide, "Quotas" and "Item sizes and formats".
constexpr int kMaxDepth = 32;  // the last level is for scalars
constexpr size_t kMaxNameBytes = 65535;
constexpr size_t kContainerBytes = 3;
constexpr size_t kElementBytes = 1;

std::string& Text(json& value, const char* type) {
  auto* text = value.get_ptr<std::string*>();
  if (text != nullptr) return *text;
  const char* found = value.is_number()    ? "NUMBER_VALUE"
                      : value.is_boolean() ? (value.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE")
                      : value.is_object()  ? "Start of structure or map found where not expected."
                                           : nullptr;
  if (found == nullptr || value.is_object()) {
    RefuseMalformed(found != nullptr ? found : "Unexpected field type");
  }
  const bool binary = std::string_view(type).starts_with('B');
  RefuseMalformed(std::string(found) + " cannot be converted to " + (binary ? "Blob" : "String"));
}

size_t NormaliseBinary(json& value) {
  std::string& text = Text(value, "B");
  const auto bytes = DecodeBase64(text);
  if (!bytes) RefuseMalformed("\"" + text + "\" can not be converted to a Blob");
  text = EncodeBase64(*bytes);
  return bytes->size();
}

size_t NormaliseNumber(json& value) {
  std::string& text = Text(value, "N");
  const Decimal number = ParseDecimal(text);
  text = ToPlainText(number);
  return StoredBytes(number);
}

size_t NormaliseScalar(char type, json& value) {
  if (type == 'S') return Text(value, "S").size();
  return type == 'N' ? NormaliseNumber(value) : NormaliseBinary(value);
}

size_t NormaliseSet(char type, json& value) {
  if (!value.is_array()) RefuseMalformed("Unexpected field type");
  if (value.empty()) {
    RefuseInvalid(type == 'B' ? "One or more parameter values were invalid: Binary sets should not "
                                "be empty"
                  : type == 'S'
                      ? "One or more parameter values were invalid: An string set  may not be empty"
                      : "One or more parameter values were invalid: An number set  may not be "
                        "empty");
  }
  size_t bytes = 0;
  for (json& element : value) bytes += NormaliseScalar(type, element);
  std::sort(value.begin(), value.end());
  if (std::adjacent_find(value.begin(), value.end()) == value.end()) return bytes;
  if (type == 'N') RefuseInvalid("Input collection contains duplicates");
  std::string elements;
  for (const json& element : value) {
    elements.append(elements.empty() ? "" : ", ").append(element.get<std::string>());
  }
  RefuseInvalid("One or more parameter values were invalid: Input collection [" + elements + "]" +
                (type == 'B' ? "of type BS" : "") + " contains duplicates.");
}

size_t NormaliseValue(json& value, int depth);

size_t NormaliseMap(json& map, int depth) {
  if (!map.is_object()) RefuseMalformed("Unexpected field type");
  size_t bytes = 0;
  for (auto& [name, value] : map.items()) {
    if (name.empty()) RefuseInvalid("Empty attribute name");
    if (name.size() > kMaxNameBytes) {
      RefuseInvalid(
          "One or more parameter values were invalid: Attribute name is too large, must be less "
          "than 65536 bytes");
    }
    bytes += name.size() + NormaliseValue(value, depth);
  }
  return bytes;
}

size_t NormaliseContainer(bool list, json& value, int depth) {
  if (depth + 1 >= kMaxDepth) {
    RefuseInvalid(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
        "beyond supported limit");
  }
  const size_t overhead = kContainerBytes + kElementBytes * value.size();
  if (!list) return overhead + NormaliseMap(value, depth + 1);
  if (!value.is_array()) RefuseMalformed("Unexpected field type");
  size_t bytes = overhead;
  for (json& element : value) bytes += NormaliseValue(element, depth + 1);
  return bytes;
}

size_t NormaliseValue(json& value, int depth) {
  if (!value.is_object()) RefuseMalformed("Unexpected field type");
  for (auto member = value.begin(); member != value.end();) {
    member = member->is_null() ? value.erase(member) : std::next(member);
  }
  if (value.empty()) {
    RefuseInvalid(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  }
  if (value.size() > 1) {
    RefuseInvalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported datatypes");
  }
  const std::string& type = value.begin().key();
  json& content = value.begin().value();
  if (type == "S" || type == "N" || type == "B") return NormaliseScalar(type[0], content);
  if (type == "SS" || type == "NS" || type == "BS") return NormaliseSet(type[0], content);
  if (type == "L" || type == "M") return NormaliseContainer(type == "L", content, depth);
  if (type == "BOOL") {
    if (!content.is_boolean()) RefuseMalformed("Unexpected token received from parser");
    return 1;
  }
  if (type == "NULL") {
    if (!content.is_boolean()) RefuseMalformed("Unexpected token received from parser");
    if (content.get<bool>()) return 1;
    RefuseInvalid(
        "One or more parameter values were invalid: Null attribute value types must have the value "
        "of true");
  }
  RefuseInvalid(
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
}

}  // namespace

size_t NormaliseItem(json& item) {
  return NormaliseMap(item, 0);
}

}  // namespace ddbsync::fake
