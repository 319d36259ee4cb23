// Whole items by value. An input is two items, the first on the first line. What holds:
//  - an item has a digest exactly when a second parser and the decimal of tests/support take it for
//    one that DynamoDB may hold (UTF-8 aside, which pages check);
//  - two items have the same digest exactly when they are equal;
//  - their spelling counts for nothing;
//  - an item that lost its end is none.
// On the first run, once: nesting far beyond any item.

#include "dynamodb/canonical_item.h"

#include "base/error.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/oracle.h"

namespace ddbsync::fuzz {
namespace {

using dynamodb::Digest;
using dynamodb::DigestItem;
using nlohmann::json;

bool IsUtf8(std::string_view text) {
  try {
    (void)json(text).dump();
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

std::optional<Digest> DigestOf(std::string_view item) {
  const Result<Digest> digest = DigestItem(item);
  if (digest) return *digest;
  const Error& error = digest.error();
  DDBSYNC_CHECK(error.code == ErrorCode::kInvalid || error.code == ErrorCode::kCorrupt);
  DDBSYNC_CHECK(!error.message.empty() && error.message.size() < 300);
  return std::nullopt;
}

struct Item {
  Digest digest;
  json normal;
};

/// The item; nothing for what is none.
std::optional<Item> Check(std::string_view text) {
  const std::optional<Digest> digest = DigestOf(text);
  const std::optional<json> document = ParseJson(text);
  if (!document) {
    DDBSYNC_CHECK(!digest || !IsUtf8(text));
    return std::nullopt;
  }
  std::optional<json> normal = NormalItem(*document);
  DDBSYNC_CHECK(digest.has_value() == normal.has_value());
  if (!digest) return std::nullopt;
  DDBSYNC_CHECK(DigestOf(normal->dump(1, '\t', /*ensure_ascii=*/true)) == *digest);
  const size_t end = text.find_last_of('}');
  DDBSYNC_CHECK(!DigestOf(text.substr(0, end)));
  DDBSYNC_CHECK(!DigestOf(text.substr(0, std::hash<std::string_view>()(text) % (end + 1))));
  return Item{.digest = *digest, .normal = std::move(*normal)};
}

bool CheckGenerated() {
  constexpr size_t kFarTooDeep = 1'000'000;
  for (const std::string_view open : {R"({"L":[)", R"({"M":{"a":)", "[", "{"}) {
    std::string text = R"({"a":)";
    for (size_t i = 0; i < kFarTooDeep; ++i) text += open;
    DDBSYNC_CHECK(!DigestOf(text));
  }
  return true;
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ddbsync::fuzz;
  [[maybe_unused]] static const bool generated = CheckGenerated();
  Input input(data, size);
  const std::string_view first = input.Line();
  const std::string_view second = input.Rest();
  const std::optional<Item> a = Check(first);
  const std::optional<Item> b = Check(second);
  if (!a || !b) return 0;
  const bool same = a->normal == b->normal;
  DDBSYNC_CHECK((a->digest == b->digest) == same);
  return 0;
}
