// Keys of items, and the JSON texts in them. An input is two lines, each the inside of a JSON
// string (escapes in it), and then a line each for their sort keys. What holds:
//  - a text is unescaped as a second parser does it, and quoted again it is the same text;
//  - two keys have the same canonical bytes exactly when text and number are the same, whatever
//    their spelling; so no two items are ever taken for one, nor one for two;
//  - the key of an item is the key of its KeyJson, wherever it stands among other attributes.

#include "dynamodb/item_key.h"

#include "base/error.h"
#include "dynamodb/canonical_key.h"
#include "dynamodb/json_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/oracle.h"

namespace ddbsync::fuzz {
namespace {

using dynamodb::AppendQuoted;
using dynamodb::AppendUnescaped;
using nlohmann::json;

const dynamodb::KeySchema& Schema() {
  return Schemas()[1];
}

/// Without what the page's parser refuses (bare quotes, control characters, bad UTF-8), it is for
/// the unescaping to refuse what another parser does, halves of surrogate pairs among them.
void CheckRefusals(std::string_view raw) {
  std::string plain(raw);
  std::erase_if(plain, [](char c) { return c < ' ' || c > '~' || c == '"'; });
  std::string text;
  const bool unescaped = AppendUnescaped(plain, text).has_value();
  const std::optional<json> other = ParseJson("\"" + plain + "\"");
  DDBSYNC_CHECK(unescaped == other.has_value());
  if (other) DDBSYNC_CHECK(*other == text);
}

void CheckText(std::string_view raw) {
  std::string text = "before";
  const Result<void> unescaped = AppendUnescaped(raw, text);
  if (!unescaped) {
    DDBSYNC_CHECK(unescaped.error().code == ErrorCode::kInvalid && text == "before");
  }
  std::string quoted_raw = "\"";
  quoted_raw.append(raw).append("\"");
  const std::optional<json> other = ParseJson(quoted_raw);
  CheckRefusals(raw);
  if (other && other->is_string()) DDBSYNC_CHECK(text == "before" + other->get<std::string>());

  // Any bytes survive being quoted and read back; valid UTF-8 is read alike by the other parser.
  std::string quoted;
  AppendQuoted(raw, quoted);
  std::string back;
  DDBSYNC_CHECK(AppendUnescaped(std::string_view(quoted).substr(1, quoted.size() - 2), back));
  DDBSYNC_CHECK(back == raw);
  const std::optional<json> read = ParseJson(quoted);
  if (read) DDBSYNC_CHECK(*read == raw);
}

/// The canonical key of {"id":{"S":raw},"at":{"N":number}}; nothing when it has none.
std::optional<std::string> CheckItem(std::string_view raw, std::string_view number) {
  std::string id = R"("id":{"S":")";
  id.append(raw).append("\"}");
  std::string at = R"("at":{"N":)";
  AppendQuoted(number, at);
  at += "}";
  const std::string item = "{" + id + "," + at + "}";
  const Result<std::string> key = dynamodb::CanonicalKey(item, Schema());
  const Result<std::string> key_json = dynamodb::KeyJson(item, Schema());
  DDBSYNC_CHECK(key.has_value() == key_json.has_value());
  if (key) DDBSYNC_CHECK(dynamodb::CanonicalKey(*key_json, Schema()) == *key);

  const std::optional<json> document = ParseJson(item);
  if (!document) return std::nullopt;
  const std::optional<std::string> expected = KeyOf(*document, Schema());
  DDBSYNC_CHECK(key.has_value() == expected.has_value());
  if (!expected) return std::nullopt;
  DDBSYNC_CHECK(*key == *expected);
  const std::string respelled = document->dump(1, '\t', /*ensure_ascii=*/true);
  DDBSYNC_CHECK(dynamodb::CanonicalKey(respelled, Schema()) == *key);
  const std::string among_others =
      R"({"i":{"S":"x"},)" + at + R"(,"idx":{"M":{)" + id + "}}," + id + R"(,"a":{"L":[]}})";
  DDBSYNC_CHECK(dynamodb::CanonicalKey(among_others, Schema()) == *key);
  return *key;
}

void CheckPair(std::string_view raw_a, std::string_view raw_b, std::string_view number_a,
               std::string_view number_b) {
  const auto a = CheckItem(raw_a, number_a);
  const auto b = CheckItem(raw_b, number_b);
  if (!a || !b) return;
  std::string text_a;
  std::string text_b;
  DDBSYNC_CHECK(AppendUnescaped(raw_a, text_a) && AppendUnescaped(raw_b, text_b));
  const bool same = text_a == text_b && NumberText(number_a) == NumberText(number_b);
  DDBSYNC_CHECK((*a == *b) == same);
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ddbsync::fuzz::Input input(data, size);
  const std::string_view raw_a = input.Line();
  const std::string_view raw_b = input.Line();
  const std::string_view number_a = input.Line();
  const std::string_view number_b = input.Line();
  ddbsync::fuzz::CheckText(raw_a);
  ddbsync::fuzz::CheckText(raw_b);
  ddbsync::fuzz::CheckPair(raw_a, raw_b, number_a, number_b);
  return 0;
}
