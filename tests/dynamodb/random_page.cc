#include "random_page.h"

#include <algorithm>
#include <cstdio>

namespace ddbsync::dynamodb {
namespace {

constexpr int kMaxDepth = 32;

std::string Escape(uint32_t unit) {
  char text[12];
  std::snprintf(text, sizeof(text), "\\u%04X", unit);
  return text;
}

/// The code point of one UTF-8 character, by counting bits: no part of the code under test.
uint32_t CodePoint(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  uint32_t value = first & (0xFF >> (character.size() + 1));
  for (const char c : character.substr(1))
    value = value * 64 + (static_cast<unsigned char>(c) % 64);
  return value;
}

size_t CharacterLength(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::string Canonical(char tag, std::string_view value) {
  const std::string length = {
      static_cast<char>(value.size() >> 24), static_cast<char>(value.size() >> 16),
      static_cast<char>(value.size() >> 8), static_cast<char>(value.size())};
  return tag + length + std::string(value);
}

}  // namespace

const KeySchema& RandomPage::Schema() {
  static const KeySchema schema = {.partition = {"id", KeyType::kString},
                                   .sort = KeyAttribute{"at", KeyType::kNumber}};
  return schema;
}

int RandomPage::Below(int bound) {
  return std::uniform_int_distribution(0, bound - 1)(random_);
}

std::string RandomPage::Space() {
  static constexpr std::string_view kSpaces[] = {"", "", "", " ", "\n", "\t\r\n  "};
  return std::string(kSpaces[Below(std::size(kSpaces))]);
}

std::string RandomPage::Text() {
  static constexpr std::string_view kCharacters[] = {"a",
                                                     "Z",
                                                     "0",
                                                     " ",
                                                     "\"",
                                                     "\\",
                                                     "/",
                                                     "\b",
                                                     "\f",
                                                     "\n",
                                                     "\r",
                                                     "\t",
                                                     "{",
                                                     "}",
                                                     "[",
                                                     "]",
                                                     ":",
                                                     ",",
                                                     "é",
                                                     "ß",
                                                     "€",
                                                     "語",
                                                     "\xF0\x9F\x98\x80",
                                                     "\x7F"};
  std::string text;
  for (int length = Below(12); length > 0; --length) {
    text += kCharacters[Below(std::size(kCharacters))];
  }
  if (Below(8) == 0) text.push_back('\0');
  return text;
}

std::string RandomPage::QuotedCharacter(std::string_view character) {
  const uint32_t code_point = CodePoint(character);
  const bool must_escape = code_point < 0x20 || character == "\"" || character == "\\";
  if (!must_escape && Below(4) != 0) return std::string(character);
  static constexpr std::string_view kShort = "\"\\/\b\f\n\r\t";
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  const size_t at = kShort.find(character);
  if (at != std::string_view::npos && code_point != 0 && Coin()) {
    return std::string("\\") + kLetters[at];
  }
  if (code_point < 0x10000) return Escape(code_point);
  return Escape(0xD800 + (code_point - 0x10000) / 1024) +
         Escape(0xDC00 + (code_point - 0x10000) % 1024);
}

std::string RandomPage::Quoted(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const size_t length = CharacterLength(text[0]);
    quoted += QuotedCharacter(text.substr(0, length));
    text.remove_prefix(length);
  }
  return quoted + "\"";
}

std::string RandomPage::Member(std::string_view name, std::string_view value) {
  return Quoted(name) + Space() + ":" + Space() + std::string(value);
}

std::string RandomPage::Object(std::vector<std::string> members) {
  std::ranges::shuffle(members, random_);
  std::string object = "{" + Space();
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) object += "," + Space();
    object += members[i] + Space();
  }
  return object + "}";
}

std::string RandomPage::Array(const std::vector<std::string>& elements) {
  std::string array = "[" + Space();
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) array += "," + Space();
    array += elements[i] + Space();
  }
  return array + "]";
}

std::string RandomPage::Value(int depth) {
  switch (Below(depth < kMaxDepth ? 8 : 5)) {
    case 0:
      return Object({Member("N", "\"-" + std::to_string(Below(1000000)) + "\"")});
    case 1:
      return Object({Member("BOOL", Coin() ? "true" : "false")});
    case 2:
      return Object({Member("NULL", "true")});
    case 3:
      return Object({Member("SS", Array({Quoted(Text()), Quoted(Text())}))});
    case 4:
      return Object({Member("S", Quoted(Text()))});
    case 5: {  // one deep arm, so that depth does not multiply size
      std::vector<std::string> elements(Below(3), Object({Member("S", Quoted(Text()))}));
      elements.push_back(Value(depth + 1));
      return Object({Member("L", Array(elements))});
    }
    default: {
      std::vector<std::string> members = {Member("x" + Text(), Value(depth + 1))};
      if (Coin()) members.push_back(Member("id", Object({Member("N", "\"1\"")})));
      return Object({Member("M", Object(members))});
    }
  }
}

RandomItem RandomPage::Item() {
  const std::string id = Text();
  const int at = Below(100000) * 10 + 1 + Below(9);  // no trailing zero: canonical as it stands
  const std::string id_value = Object({Member("S", Quoted(id))});
  const std::string at_value = Object({Member("N", "\"" + std::to_string(at) + "\"")});
  std::vector<std::string> members = {Member("id", id_value), Member("at", at_value)};
  for (int i = Below(6); i > 0; --i) {
    members.push_back(Member("v" + std::to_string(i) + Text(), Value(2)));
  }
  return {.json = Object(members),
          .key = Canonical('S', id) + Canonical('N', std::to_string(at) + "e0"),
          .key_json = "{\"id\":" + id_value + ",\"at\":" + at_value + "}"};
}

std::string RandomPage::ScanResponse(const std::vector<RandomItem>& items,
                                     std::string_view last_key) {
  std::vector<std::string> elements;
  for (const RandomItem& item : items) elements.push_back(item.json);
  const std::string count = std::to_string(items.size());
  std::vector<std::string> members = {
      Member("Items", Array(elements)), Member("Count", count), Member("ScannedCount", count),
      Member("ConsumedCapacity",
             Object({Member("TableName", Quoted(Text())), Member("CapacityUnits", "12.5")}))};
  if (!last_key.empty()) members.push_back(Member("LastEvaluatedKey", last_key));
  return Space() + Object(members) + Space();
}

}  // namespace ddbsync::dynamodb
