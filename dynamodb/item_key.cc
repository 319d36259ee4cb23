#include "dynamodb/item_key.h"

#include "dynamodb/json_text.h"
#include "dynamodb/response_reader_internal.h"

namespace ddbsync::dynamodb {
namespace {

constexpr std::string_view kItem = "a question for an item";

void AppendMember(std::string_view name, std::string_view raw_value, std::string& object) {
  object += object.empty() ? '{' : ',';
  AppendQuoted(name, object);
  object += ':';
  object += raw_value;
}

}  // namespace

Result<std::string> KeyJson(std::string_view item_json, const KeySchema& schema) {
  const std::string body = PaddedCopy(item_json);
  std::string partition;
  std::string sort;
  Result<void> read =
      ReadMembers(kItem, body, [&](ondemand::document&, ondemand::field& member) -> Result<void> {
        if (NameIs(member, schema.partition.name)) {
          partition = RawObject(member.value());
        } else if (schema.sort && NameIs(member, schema.sort->name)) {
          sort = RawObject(member.value());
        }
        return {};
      });
  // An item without a whole key is told by the same words everywhere.
  Result<std::string> checked = CanonicalKey(item_json, schema);
  if (!checked) return checked;
  if (!read) return std::unexpected(std::move(read.error()));
  std::string object;
  AppendMember(schema.partition.name, partition, object);
  if (schema.sort) AppendMember(schema.sort->name, sort, object);
  object += '}';
  return object;
}

Result<std::string> CanonicalKey(std::string_view item_json, const KeySchema& schema) {
  const std::string body = PaddedCopy(item_json);
  KeyReader key(schema);
  Result<void> read = ReadMembers(
      kItem, body, [&](ondemand::document&, ondemand::field& member) { return key.Take(member); });
  std::string canonical;
  if (read) read = key.texts().AppendTo(canonical);
  if (!read) return std::unexpected(std::move(read.error()));
  return canonical;
}

}  // namespace ddbsync::dynamodb
