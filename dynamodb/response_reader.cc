#include "dynamodb/response_reader_internal.h"

#include "dynamodb/json_text.h"
#include "dynamodb/limits.h"

namespace ddbsync::dynamodb {
ondemand::parser& ThreadParser(size_t body_bytes) {
  static thread_local ondemand::parser parser;
  const bool outgrown = parser.capacity() > limits::kKeptParserBytes;
  if (outgrown && body_bytes <= limits::kKeptParserBytes) parser = ondemand::parser();
  return parser;
}

void EnsurePadding(std::string& body) {
  if (body.capacity() < body.size() + simdjson::SIMDJSON_PADDING) {
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  }
}

std::string PaddedCopy(std::string_view body) {
  std::string copy;
  copy.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  copy.append(body);
  return copy;
}

bool EscapedNameIs(const char* raw_name, std::string_view name) {
  const char* end = raw_name;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  std::string unescaped;
  return AppendUnescaped(std::string_view(raw_name, end), unescaped) && unescaped == name;
}

std::string_view RawString(ondemand::value& value) {
  const std::string_view token = TrimRight(value.raw_json_token());
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') {
    throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  }
  return token.substr(1, token.size() - 2);
}

std::string_view RawObject(ondemand::value& value) {
  ondemand::object object = value.get_object();
  return TrimRight(object.raw_json());
}

double ConsumedUnits(ondemand::value& value) {
  const auto of_table = [](ondemand::value table) {
    double units = 0;
    for (ondemand::field member : table.get_object()) {
      if (NameIs(member, "CapacityUnits")) units = member.value().get_double();
    }
    return units;
  };
  if (value.type() != ondemand::json_type::array) return of_table(value);
  double units = 0;
  for (ondemand::value table : value.get_array()) units += of_table(table);
  return units;
}

Result<void> KeyReader::TakeValue(const KeyAttribute& attribute, ondemand::value value) {
  if (texts_.Has(attribute)) {
    return Fail(ErrorCode::kCorrupt, "An item has the attribute \"" + attribute.name +
                                         "\" twice; the response is damaged.");
  }
  const auto wrong_type = [&] {
    return Fail(ErrorCode::kInvalid, "An item's key attribute \"" + attribute.name +
                                         "\" is not of the key's type " + TypeTag(attribute.type) +
                                         ".");
  };
  const char tag[] = {TypeTag(attribute.type)};
  std::optional<std::string_view> text;
  for (ondemand::field member : value.get_object()) {  // {"S":"..."}
    if (text || !NameIs(member, std::string_view(tag, 1))) return wrong_type();
    text = RawString(member.value());
  }
  if (!text) return wrong_type();
  texts_.Note(attribute, *text);
  return {};
}

Result<std::string_view> ReadItem(ondemand::document& document, ondemand::value& value,
                                  const KeySchema& schema, std::string& keys) {
  const char* start = value.raw_json_token().data();
  KeyReader key(schema);
  for (auto member : value.get_object()) {
    if (Result<void> taken = key.Take(member); !taken) {
      return std::unexpected(std::move(taken.error()));
    }
  }
  if (Result<void> appended = key.texts().AppendTo(keys); !appended) {
    return std::unexpected(std::move(appended.error()));
  }
  const char* next_token = document.current_location();
  return TrimRight(std::string_view(start, next_token));
}

std::unexpected<Error> NotAResponse(std::string_view operation, std::string_view why) {
  return Fail(ErrorCode::kCorrupt,
              "What came back is not an answer to " + std::string(operation) + ": " +
                  std::string(why) +
                  ". If it happens again, see that the endpoint is DynamoDB and "
                  "no proxy changes its answers.");
}

}  // namespace ddbsync::dynamodb
