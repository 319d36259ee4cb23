#include "dynamodb/canonical_item.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dynamodb/limits.h"
#include "random_page.h"
#include "tests/fuzz/oracle.h"
#include "tests/support/decimal.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

/// An item with one attribute.
std::string Item(std::string_view value) {
  return R"({"a":)" + std::string(value) + "}";
}

/// That of an item that has one.
Digest DigestOf(std::string_view item) {
  const Result<Digest> digest = DigestItem(item);
  EXPECT_TRUE(digest) << item << "\n" << ToString(digest.error());
  return digest.value_or(Digest{});
}

void ExpectSame(std::string_view a, std::string_view b) {
  EXPECT_EQ(DigestOf(a), DigestOf(b)) << a << "\n" << b;
}

void ExpectOther(std::string_view a, std::string_view b) {
  EXPECT_NE(DigestOf(a), DigestOf(b)) << a << "\n" << b;
}

// Sums of digests lie on disks. Where this one fails, kDigestVersion is to be raised.
TEST(CanonicalItem, DigestsStayWhatTheyAre) {
  EXPECT_EQ(kDigestVersion, 2);
  EXPECT_EQ(DigestOf("{}"), (Digest{0x743DF94EE4C78A2A, 0x10E45C7CE2292320}));
  EXPECT_EQ(DigestOf(R"({"s":{"S":"x"},"n":{"N":"12.5"},"b":{"B":"AAA="},"t":{"BOOL":true},
                         "z":{"NULL":true},"ss":{"SS":["x","y"]},"ns":{"NS":["1","2"]},
                         "bs":{"BS":["AA=="]},"l":{"L":[{"S":"x"},{"N":"1e2"},{"L":[]}]},
                         "m":{"M":{"\"":{"S":"\n"}}}})"),
            (Digest{0xB7D9CBAF10778A90, 0xB3C59C34BB29699C}));
}

TEST(CanonicalItem, OrderCountsInListsAlone) {
  ExpectSame(R"({"a":{"S":"x"},"b":{"S":"y"}})", R"({"b":{"S":"y"},"a":{"S":"x"}})");
  ExpectSame(Item(R"({"M":{"a":{"S":"x"},"b":{"L":[]}}})"),
             Item(R"({"M":{"b":{"L":[]},"a":{"S":"x"}}})"));
  ExpectSame(Item(R"({"SS":["b","a","c"]})"), Item(R"({"SS":["a","c","b"]})"));
  ExpectSame(Item(R"({"BS":["AA==","AAA="]})"), Item(R"({"BS":["AAA=","AA=="]})"));
  ExpectSame(Item(R"({"NS":["1e1","2.0"]})"), Item(R"({"NS":["2","10"]})"));
  ExpectOther(Item(R"({"L":[{"S":"x"},{"S":"y"}]})"), Item(R"({"L":[{"S":"y"},{"S":"x"}]})"));
}

TEST(CanonicalItem, ManyMembersInAnyOrderAreTheSameItem) {
  std::string up;
  std::string down;
  for (int i = 0; i < 2000; ++i) {
    const auto member = [](int n) {
      return R"("name)" + std::to_string(n) + R"(":{"N":")" + std::to_string(n) + R"("})";
    };
    up += (up.empty() ? "{" : ",") + member(i);
    down += (down.empty() ? "{" : ",") + member(1999 - i);
  }
  ExpectSame(up + "}", down + "}");
}

TEST(CanonicalItem, NumbersGoByValueWithAllTheirDigits) {
  ExpectSame(Item(R"({"N":"-1500"})"), Item(R"({"N":"-1.50E+3"})"));
  ExpectSame(Item(R"({"N":"0"})"), Item(R"({"N":"-0.00"})"));
  ExpectOther(Item(R"({"N":"12345678901234567890123456789012345678"})"),
              Item(R"({"N":"12345678901234567890123456789012345679"})"));
}

TEST(CanonicalItem, EscapesAreUndoneWhereverTheyStand) {
  ExpectSame(Item(R"({"S":"caf\u00e9 \ud83d\ude00 \/"})"),
             Item("{\"S\":\"café \xF0\x9F\x98\x80 /\"}"));
  ExpectSame(R"({"\u0061":{"S":"x"},"b":{"S":"y"}})", R"({"b":{"S":"y"},"a":{"S":"x"}})");
  ExpectSame(Item(R"({"\u0053":"x"})"), Item(R"({"S":"x"})"));
  ExpectSame(Item(R"({"B":"ab\/c"})"), Item(R"({"B":"ab/c"})"));
  ExpectSame(Item(R"({"N":"\u0031"})"), Item(R"({"N":"1"})"));
  ExpectOther(Item(R"({"S":"\\u0061"})"), Item(R"({"S":"a"})"));
}

TEST(CanonicalItem, WhiteSpaceCountsOutsideTextsNowhere) {
  ExpectSame(" {\n\"a\" :\t{ \"L\" : [ { \"BOOL\" : true } , { \"SS\" : [ \"x\" ] } ] } } \r\n",
             R"({"a":{"L":[{"BOOL":true},{"SS":["x"]}]}})");
  ExpectOther(Item(R"({"S":" x"})"), Item(R"({"S":"x"})"));
}

TEST(CanonicalItem, TypesNeverMix) {
  const std::vector<std::string> values = {
      R"({"S":"1"})",         R"({"N":"1"})",         R"({"SS":["1"]})",    R"({"NS":["1"]})",
      R"({"L":[{"S":"1"}]})", R"({"L":[{"N":"1"}]})", R"({"BOOL":true})",   R"({"BOOL":false})",
      R"({"NULL":true})",     R"({"S":"AAAA"})",      R"({"B":"AAAA"})",    R"({"BS":["AAAA"]})",
      R"({"S":""})",          R"({"B":""})",          R"({"L":[]})",        R"({"M":{}})",
      R"({"SS":["AAAA"]})",   R"({"S":"true"})",      R"({"L":[{"L":[]}]})"};
  for (const std::string& a : values) {
    for (const std::string& b : values) {
      if (a != b) ExpectOther(Item(a), Item(b));
    }
  }
}

TEST(CanonicalItem, NeighboursKeepApart) {
  ExpectOther(Item(R"({"L":[{"S":"aS"},{"S":"b"}]})"), Item(R"({"L":[{"S":"a"},{"S":"Sb"}]})"));
  ExpectOther(Item(R"({"SS":["ab","c"]})"), Item(R"({"SS":["a","bc"]})"));
  ExpectOther(R"({"ab":{"S":"c"}})", R"({"a":{"S":"bc"}})");
  ExpectOther(Item(R"({"L":[{"L":[{"S":"a"}]},{"S":"b"}]})"),
              Item(R"({"L":[{"L":[{"S":"a"},{"S":"b"}]}]})"));
  ExpectOther(R"({"a":{"M":{"b":{"S":"x"}}},"c":{"S":"y"}})",
              R"({"a":{"M":{"b":{"S":"x"},"c":{"S":"y"}}}})");
  ExpectOther(R"({"a":{"S":"x"}})", R"({"a":{"S":"x"},"b":{"NULL":true}})");
}

TEST(CanonicalItem, WhatLooksLikeTheNextValueIsPartOfATextOrAName) {
  ExpectOther(R"({"a\":{\"S\":\"b":{"S":"c"}})", R"({"a":{"S":"b\":{\"S\":\"c"}})");
  ExpectOther(R"({"a":{"S":"b\"},\"c\":{\"S\":\"d"}})", R"({"a":{"S":"b"},"c":{"S":"d"}})");
  ExpectOther(R"({"a\"":{"S":"b"}})", R"({"a":{"S":"b"}})");
  ExpectOther(Item(R"({"S":"\"}"})"), Item(R"({"S":""})"));
}

TEST(CanonicalItem, AnAttributeCountsForItsOwnItemAlone) {
  const auto sum = [](std::string_view a, std::string_view b) {
    return DigestOf(a).low + DigestOf(b).low;
  };
  EXPECT_NE(sum(R"({"k":{"S":"1"},"a":{"S":"x"}})", R"({"k":{"S":"2"},"a":{"S":"y"}})"),
            sum(R"({"k":{"S":"1"},"a":{"S":"y"}})", R"({"k":{"S":"2"},"a":{"S":"x"}})"));
  ExpectOther(R"({"m":{"M":{"a":{"S":"x"}}},"n":{"M":{"a":{"S":"y"}}}})",
              R"({"m":{"M":{"a":{"S":"y"}}},"n":{"M":{"a":{"S":"x"}}}})");
}

TEST(CanonicalItem, SpellingsOfANumberAgreeAndNeighboursDoNot) {
  const std::string nines(38, '9');
  const std::vector<std::vector<std::string>> numbers = {
      {"0", "-0", "0.0", "00", "0e7", "+0", ".0"},
      {"1", "1.0", "01", "1.", "+1", "1e0", "10e-1", "0.1e1"},
      {"-1", "-1.0", "-01", "-1e0"},
      {"10", "1e1", "10.0", "010"},
      {"0.5", ".5", "00.5", "0.50", "5e-1"},
      {"-0.5", "-.5", "-5e-1"},
      {"12.05", "1205e-2", "012.050"},
      {nines, nines + ".0", "0" + nines, nines + "e0"},
      {"-" + nines, "-" + nines + ".0"},
      {"0." + nines, "." + nines, nines + "e-38"},
      {nines + std::string(88, '0'), nines + "e88"},
      {"1" + std::string(38, '0'), "1e38", "10e37"},
      {"0." + std::string(129, '0') + "1", "1e-130", "0.1e-129"}};
  for (const auto& spellings : numbers) {
    for (const auto& others : numbers) {
      for (const std::string& one : spellings) {
        const std::string a = Item(R"({"N":")" + one + R"("})");
        const std::string b = Item(R"({"N":")" + others.back() + R"("})");
        if (spellings == others) {
          ExpectSame(a, b);
        } else {
          ExpectOther(a, b);
        }
      }
    }
  }
}

TEST(CanonicalItem, OneNameOfManyThatComesTwiceIsFound) {
  for (const int names : {2, 11, 100, 3000}) {
    std::string members;
    for (int i = 0; i < names; ++i) members += "\"n" + std::to_string(i) + R"(":{"BOOL":true},)";
    EXPECT_TRUE(DigestItem("{" + members + R"("m":{"M":{"n1":{"S":""},"n0":{"S":""}}}})"));
    for (const int twice : {0, names / 2, names - 1}) {
      const std::string name = "\"n" + std::to_string(twice) + '"';
      const auto digest = DigestItem("{" + members + name + R"(:{"S":""}})");
      ASSERT_FALSE(digest);
      EXPECT_NE(digest.error().message.find(name + " twice"), std::string::npos)
          << digest.error().message;
    }
  }
}

TEST(CanonicalItem, TextsEndWhereTheirQuoteIs) {
  for (size_t length = 0; length < 70; ++length) {
    const std::string text(length, 'x');
    ExpectOther(Item(R"({"S":")" + text + R"("})"), Item(R"({"S":")" + text + R"(x"})"));
    ExpectSame(Item(R"({"S":")" + text + R"(\u0022é"})"), Item(R"({"S":")" + text + R"(\"é"})"));
    ExpectSame(Item(R"({"S":")" + text + R"(\u0078"})"), Item(R"({"S":")" + text + R"(x"})"));
    EXPECT_FALSE(DigestItem(Item(R"({"S":")" + text + "\x1f" + text + R"("})")));
    EXPECT_FALSE(DigestItem(R"({"a":{"S":")" + text));
    EXPECT_FALSE(DigestItem(R"({"a":{"S":")" + text + "\\"));
    EXPECT_FALSE(DigestItem(R"({"a":{"S":")" + text + '"'));
    EXPECT_FALSE(DigestItem(R"({"a":{"S":")" + text + R"("})"));
    EXPECT_FALSE(DigestItem("{\"" + text + '\x1f' + R"(":{"S":""}})"));
  }
}

struct Refused {
  std::string_view item;
  ErrorCode code;
  std::string_view words;
};

TEST(CanonicalItem, WhatIsNoItemIsRefusedWithWhatIsWrong) {
  constexpr auto kInvalid = ErrorCode::kInvalid;
  constexpr auto kCorrupt = ErrorCode::kCorrupt;
  const std::vector<Refused> refused = {
      {"", kCorrupt, "no item begins"},
      {"[]", kCorrupt, "no item begins"},
      {R"({"a":{"S":"x"}}})", kCorrupt, "more bytes"},
      {R"({"a":{"S":"x"},})", kCorrupt, "name of an attribute"},
      {R"({"a":{"S":"x"})", kCorrupt, "a map does not end"},
      {R"({"a"})", kCorrupt, "a name has no value"},
      {R"({"a":"x"})", kCorrupt, "begin with {"},
      {R"({"a":{}})", kInvalid, "no type"},
      {R"({"a":{"S":"x","N":"1"}})", kInvalid, "more than one type"},
      {R"({"a":{"S":"x"]})", kCorrupt, "a value does not end"},
      {R"({"a":{"X":"x"}})", kInvalid, "its type is \"X\""},
      {R"({"a":{"s":"x"}})", kInvalid, "its type is \"s\""},
      {R"({"a":{"S":null}})", kCorrupt, "not a string"},
      {R"({"a":{"N":1}})", kCorrupt, "not a string"},
      {R"({"a":{"N":"x"}})", kInvalid, "not a DynamoDB number"},
      {R"({"a":{"NS":["1","1e200"]}})", kInvalid, "not a DynamoDB number"},
      {R"({"a":{"S":"\x"}})", kInvalid, "escape"},
      {R"({"a":{"S":"\ud800"}})", kInvalid, "escape"},
      {R"({"\u12":{"S":""}})", kInvalid, "escape"},
      {R"({"a":{"B":"AA"}})", kInvalid, "base64"},
      {R"({"a":{"B":"AB=="}})", kInvalid, "base64"},
      {R"({"a":{"B":"AAB="}})", kInvalid, "base64"},
      {R"({"a":{"B":"A==="}})", kInvalid, "base64"},
      {R"({"a":{"B":"===="}})", kInvalid, "base64"},
      {R"({"a":{"B":"AA_-"}})", kInvalid, "base64"},
      {R"({"a":{"BOOL":"true"}})", kCorrupt, "BOOL"},
      {R"({"a":{"BOOL":trueish}})", kCorrupt, "does not end"},
      {R"({"a":{"NULL":false}})", kInvalid, "NULL"},
      {R"({"a":{"L":{}}})", kCorrupt, "a list does not begin"},
      {R"({"a":{"L":[{"S":"x"}})", kCorrupt, "a list does not end"},
      {R"({"a":{"M":[]}})", kCorrupt, "a map does not begin"},
      {R"({"a":{"SS":"x"}})", kCorrupt, "a set does not begin"},
      {R"({"a":{"SS":["x" "y"]}})", kCorrupt, "a set does not end"},
      {R"({"a":{"SS":["x","y","\u0078"]}})", kInvalid, "twice"},
      {R"({"a":{"NS":["1","1.0"]}})", kInvalid, "twice"},
      {R"({"b":{"S":""},"a":{"S":""},"b":{"S":""}})", kCorrupt, "\"b\" twice"},
      {R"({"a":{"M":{"b":{"S":""},"\u0062":{"S":""}}}})", kCorrupt, "\"b\" twice"}};
  for (const auto& [item, code, words] : refused) {
    const Result<Digest> digest = DigestItem(item);
    ASSERT_FALSE(digest) << item;
    EXPECT_EQ(digest.error().code, code) << item;
    EXPECT_NE(digest.error().message.find(words), std::string::npos) << digest.error().message;
  }
}

TEST(CanonicalItem, AnErrorNamesTheAttributeOfTheItem) {
  const auto digest = DigestItem(R"({"good":{"S":""},"bad":{"M":{"inner":{"X":"x"}}}})");
  EXPECT_EQ(digest.error().context, "attribute \"bad\"");
  EXPECT_EQ(DigestItem(R"({"good":{"S":""},"bad":{"N":"x"}})").error().context,
            "attribute \"bad\"");
  ExpectSame("{}", " {} ");  // nothing of it stays
}

std::string Nested(int levels) {
  std::string value = R"({"S":"x"})";
  for (int i = 0; i < levels; ++i) {
    value = i % 2 == 0 ? R"({"L":[)" + value + "]}" : R"({"M":{"a":)" + value + "}}";
  }
  return Item(value);
}

TEST(CanonicalItem, NestingEndsAtItsLimitHoweverDeepItGoes) {
  ExpectOther(Nested(limits::kMaxNesting), Nested(limits::kMaxNesting - 1));
  EXPECT_EQ(DigestItem(Nested(limits::kMaxNesting + 1)).error().code, ErrorCode::kInvalid);
  std::string endless = R"({"a":)";
  for (int i = 0; i < 1'000'000; ++i) endless += R"({"L":[)";
  EXPECT_EQ(DigestItem(endless).error().code, ErrorCode::kInvalid);
}

TEST(CanonicalItem, LargeItemsAreItemsAndOnesBeyondAnyAreNot) {
  const std::string text(400 * 1024, 'x');
  ExpectOther(Item(R"({"S":")" + text + R"("})"), Item(R"({"S":")" + text + R"(y"})"));
  std::string escaped;
  for (int i = 0; i < 400 * 1024; ++i) escaped += "\\u0001";
  ExpectOther(Item(R"({"S":")" + escaped + R"("})"), Item(R"({"S":")" + escaped + R"(\u0002"})"));
  EXPECT_EQ(DigestItem(std::string(limits::kMaxItemJsonBytes + 1, ' ')).error().code,
            ErrorCode::kInvalid);
}

/// Items as documents, spellings of them, and changes to them. Names and texts are few, so that
/// what is nearly the same is common.
class RandomItems {
 public:
  explicit RandomItems(uint32_t seed) : random_(seed) {}

  json Members(int levels) {
    json members = json::object();
    for (int i = random_.Below(5); i > 0; --i) members[Text()] = Value(levels);
    return members;
  }

  /// Changes something or other, which may come to nothing.
  void ChangeMembers(json& members) {
    if (members.empty() || random_.Below(6) == 0) {
      members[Text()] = Value(1);
      return;
    }
    const auto member = std::next(members.begin(), random_.Below(static_cast<int>(members.size())));
    switch (random_.Below(6)) {
      case 0:
        members.erase(member);
        return;
      case 1: {
        const json value = *member;
        members.erase(member);
        members[Text()] = value;
        return;
      }
      default:
        ChangeValue(*member);
    }
  }

  /// The item in one of its spellings.
  std::string Spelling(const json& members) {
    return random_.Space() + SpelledMembers(members) + random_.Space();
  }

 private:
  std::string Text() {
    if (random_.Below(4) == 0) return random_.Text();
    return std::string(static_cast<size_t>(random_.Below(3)), "ab"[random_.Below(2)]);
  }

  std::string Number() {
    if (random_.Coin()) return std::to_string(random_.Below(3) - 1);
    std::string digits = random_.Coin() ? "-" : "";
    for (int i = 1 + random_.Below(38); i > 0; --i) digits += std::to_string(random_.Below(10));
    return digits + "e" + std::to_string(random_.Below(200) - 120);
  }

  std::string Binary() {
    static constexpr std::string_view kTexts[] = {"", "AA==", "AAA=", "/+8A", "AAAA"};
    return std::string(kTexts[random_.Below(std::size(kTexts))]);
  }

  json Set(const std::string& type) {
    json members = json::array();
    std::vector<std::string> seen;
    for (int i = random_.Below(5); i > 0; --i) {
      std::string member = Scalar(type);
      const std::string same = type == "N" ? fuzz::NumberText(member).value() : member;
      if (std::ranges::find(seen, same) != seen.end()) continue;
      seen.push_back(same);
      members.push_back(std::move(member));
    }
    return members;
  }

  std::string Scalar(const std::string& type) {
    return type == "N" ? Number() : type == "B" ? Binary() : Text();
  }

  json Value(int levels) {
    const std::string type(1, "SNB"[random_.Below(3)]);
    switch (random_.Below(levels > 0 ? 8 : 5)) {
      case 0:
        return {{"BOOL", random_.Coin()}};
      case 1:
        return {{"NULL", true}};
      case 2:
        return {{type + "S", Set(type)}};
      case 3:
      case 4:
        return {{type, Scalar(type)}};
      case 5:
        return {{"M", Members(levels - 1)}};
      default: {
        json elements = json::array();
        for (int i = random_.Below(4); i > 0; --i) elements.push_back(Value(levels - 1));
        return {{"L", std::move(elements)}};
      }
    }
  }

  void ChangeValue(json& value) {
    if (value.contains("M") && random_.Below(4) != 0) return ChangeMembers(value["M"]);
    const bool is_list = value.contains("L");
    json* elements = is_list ? &value["L"] : nullptr;
    if (elements == nullptr || elements->empty() || random_.Below(4) == 0) {
      value = Value(1);
      return;
    }
    json& element =
        (*elements)[static_cast<size_t>(random_.Below(static_cast<int>(elements->size())))];
    switch (random_.Below(4)) {
      case 0:
        std::swap(element, elements->back());
        return;
      case 1:
        elements->erase(elements->size() - 1);
        return;
      case 2:
        elements->push_back(Value(0));
        return;
      default:
        ChangeValue(element);
    }
  }

  std::string Joined(char open, std::vector<std::string> parts, char close, bool any_order) {
    for (size_t i = parts.size(); any_order && i > 1; --i) {
      std::swap(parts[i - 1], parts[static_cast<size_t>(random_.Below(static_cast<int>(i)))]);
    }
    std::string text = open + random_.Space();
    for (size_t i = 0; i < parts.size(); ++i) {
      text += (i > 0 ? "," + random_.Space() : "") + parts[i] + random_.Space();
    }
    return text + close;
  }

  std::string Named(std::string_view name, const std::string& value) {
    return random_.Quoted(name) + random_.Space() + ":" + random_.Space() + value;
  }

  std::string SpelledMembers(const json& members) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : members.items()) {
      parts.push_back(Named(name, SpelledValue(value)));
    }
    return Joined('{', parts, '}', true);
  }

  std::string SpelledValue(const json& value) {
    const std::string& type = value.begin().key();
    return Joined('{', {Named(type, SpelledContent(type, value.begin().value()))}, '}', false);
  }

  std::string SpelledContent(const std::string& type, const json& content) {
    if (type == "M") return SpelledMembers(content);
    if (content.is_boolean()) return content.dump();
    if (content.is_string()) return SpelledScalar(type[0], content);
    std::vector<std::string> parts;
    for (const json& part : content) {
      parts.push_back(type == "L" ? SpelledValue(part) : SpelledScalar(type[0], part));
    }
    return Joined('[', parts, ']', type != "L");
  }

  std::string SpelledScalar(char type, const std::string& text) {
    return random_.Quoted(type == 'N' ? RespelledNumber(text) : text);
  }

  std::string RespelledNumber(const std::string& text) {
    const fake::Decimal number = fake::ParseDecimal(text);
    if (random_.Coin()) return fake::ToPlainText(number);
    if (number.digits.empty()) return random_.Coin() ? "-0" : "0.00e5";
    const int zeros = random_.Below(3);
    const int length = static_cast<int>(number.digits.size()) + zeros;
    return (number.negative ? "-" : "") + std::string(static_cast<size_t>(random_.Below(3)), '0') +
           number.digits + std::string(static_cast<size_t>(zeros), '0') +
           (random_.Coin() ? "e" : "E") + std::to_string(number.exponent - length);
  }

  RandomPage random_;
};

constexpr int kItemsOfASeed = 20;

RC_GTEST_PROP(CanonicalItemProperty, SpellingsOfAnItemAgree, (uint32_t seed)) {
  RandomItems random(seed);
  for (int i = 0; i < kItemsOfASeed; ++i) {
    const json item = random.Members(3);
    const std::string a = random.Spelling(item);
    const std::string b = random.Spelling(item);
    const auto normal = fuzz::NormalItem(json::parse(a));
    RC_ASSERT(normal.has_value() && normal == fuzz::NormalItem(json::parse(b)));
    RC_ASSERT(DigestItem(a).value() == DigestItem(b).value());
    RC_ASSERT(DigestItem(a).value() == DigestItem(item.dump()).value());     // short as can be
    RC_ASSERT(DigestItem(a).value() == DigestItem(normal->dump()).value());  // and numbers plain
  }
}

RC_GTEST_PROP(CanonicalItemProperty, ItemsAreEqualExactlyWhenTheirDigestsAre, (uint32_t seed)) {
  RandomItems random(seed);
  for (int i = 0; i < kItemsOfASeed; ++i) {
    json item = random.Members(3);
    const std::string a = random.Spelling(item);
    random.ChangeMembers(item);
    const std::string b = random.Spelling(item);
    const auto normal = fuzz::NormalItem(json::parse(a));
    RC_ASSERT(normal.has_value() && fuzz::NormalItem(json::parse(b)).has_value());
    const bool same = normal == fuzz::NormalItem(json::parse(b));
    RC_ASSERT((DigestItem(a).value() == DigestItem(b).value()) == same);
    RC_ASSERT((DigestItem(a).value() == DigestItem(item.dump()).value()) == same);
  }
}

}  // namespace
}  // namespace ddbsync::dynamodb
