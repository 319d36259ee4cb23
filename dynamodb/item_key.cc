#include "dynamodb/item_key.h"

#include "dynamodb/response_reader_internal.h"

namespace ddbsync::dynamodb {
namespace {

constexpr std::string_view kItem = "a question for an item";

/// Reads `body`, an item with padding behind it, into `key`; its canonical bytes.
Result<std::string> Read(const std::string& body, KeyReader& key) {
  Result<void> read = ReadMembers(
      kItem, body, [&](ondemand::document&, ondemand::field& member) { return key.Take(member); });
  std::string canonical;
  if (read) read = key.texts().AppendTo(canonical);
  if (!read) return std::unexpected(std::move(read.error()));
  return canonical;
}

}  // namespace

Result<std::string> KeyJson(std::string_view item_json, const KeySchema& schema) {
  const std::string body = PaddedCopy(item_json);
  KeyReader key(schema);
  const Result<std::string> canonical = Read(body, key);
  if (!canonical) return canonical;
  return key.texts().Json();
}

Result<std::string> CanonicalKey(std::string_view item_json, const KeySchema& schema) {
  const std::string body = PaddedCopy(item_json);
  KeyReader key(schema);
  return Read(body, key);
}

}  // namespace ddbsync::dynamodb
