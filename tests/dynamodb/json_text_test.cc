#include "dynamodb/json_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "random_page.h"

namespace ddbsync::dynamodb {
namespace {

TEST(JsonText, EveryEscapeHasItsMeaning) {
  std::string text;
  ASSERT_TRUE(AppendUnescaped(R"(\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83D\uDE00)", text));
  EXPECT_EQ(text, "\"\\/\b\f\n\r\tAé€\xF0\x9F\x98\x80");
  text.clear();
  ASSERT_TRUE(AppendUnescaped(R"(a\u0000b)", text));
  EXPECT_EQ(text, std::string("a\0b", 3));
}

TEST(JsonText, BrokenEscapesAreRefusedAndLeaveNothingBehind) {
  std::string text = "before";
  for (const std::string_view raw :
       {R"(\)", R"(\x)", R"(\u)", R"(\u12)", R"(\u12g4)", R"(\u+123)", R"(\ud800)", R"(\ud800x)",
        R"(\ud800\n)", R"(\ud800\u0041)", R"(\udc00)", R"(\ud800\ud800)", R"(a\u-001)"}) {
    const Result<void> unescaped = AppendUnescaped(raw, text);
    ASSERT_FALSE(unescaped) << raw;
    EXPECT_EQ(unescaped.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(text, "before");
  }
}

RC_GTEST_PROP(JsonTextProperty, UnescapingAgreesWithAnotherParser, (uint32_t seed)) {
  RandomPage random(seed);
  const std::string text = random.Text();
  const std::string quoted = random.Quoted(text);
  std::string unescaped;
  RC_ASSERT(AppendUnescaped(quoted.substr(1, quoted.size() - 2), unescaped).has_value());
  RC_ASSERT(unescaped == text);
  RC_ASSERT(nlohmann::json::parse(quoted) == text);
}

RC_GTEST_PROP(JsonTextProperty, QuotedTextReadsBackTheSame, (uint32_t seed)) {
  const std::string text = RandomPage(seed).Text();
  std::string quoted;
  AppendQuoted(text, quoted);
  RC_ASSERT(nlohmann::json::parse(quoted) == text);
}

}  // namespace
}  // namespace ddbsync::dynamodb
