#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

namespace ddbsync {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::mutex g_mutex;
std::vector<std::string> g_lines;

class LogTest : public testing::Test {
 protected:
  LogTest() {
    g_lines.clear();
    SetLogSink([](std::string_view line) {
      const std::lock_guard lock(g_mutex);
      g_lines.emplace_back(line);
    });
  }
  ~LogTest() override {
    SetLogSink(nullptr);
    ConfigureLog(LogLevel::kInfo, LogFormat::kText);
  }

  static std::string TheLine() {
    EXPECT_EQ(g_lines.size(), 1U);
    return g_lines.empty() ? "" : g_lines.front();
  }
};

TEST_F(LogTest, ATextLineHasTimeLevelEventMessageAndFields) {
  ConfigureLog(LogLevel::kInfo, LogFormat::kText);
  Log(LogLevel::kWarning, "shard_lost", "It is gone.", {{"shard", "s-1"}, {"age", 7}});
  EXPECT_THAT(TheLine(),
              MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]+Z warning shard_lost: It is gone\\. shard=s-1 "
                           "age=7"));
}

TEST_F(LogTest, ATextFieldIsQuotedWhenItsEndWouldBeUnclear) {
  ConfigureLog(LogLevel::kInfo, LogFormat::kText);
  Log(LogLevel::kInfo, "event", "",
      {{"a", "two words"}, {"b", ""}, {"c", "x\"y"}, {"d", "\xc3\xbc"}});
  EXPECT_THAT(TheLine(), EndsWith(" event a=\"two words\" b=\"\" c=\"x\\\"y\" d=\xc3\xbc"));
}

TEST_F(LogTest, NoTextForgesALineOrSteersATerminal) {
  ConfigureLog(LogLevel::kInfo, LogFormat::kText);
  Log(LogLevel::kInfo, "event", "a\nb", {{"c", "\x1b[2J\r"}});
  EXPECT_THAT(TheLine(), EndsWith(" event: a\\u000ab c=\"\\u001b[2J\\u000d\""));
}

TEST_F(LogTest, AJsonLineIsJsonWhateverItSays) {
  ConfigureLog(LogLevel::kInfo, LogFormat::kJson);
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  const std::string texts[] = {all_bytes,          "\"\\\"",   "\xf0\x9f\x98\x80",
                               "\xf0\x9f\x98",     "\xc0\x80", "\xed\xa0\x80",
                               "\xf4\x90\x80\x80", "%v %l {}", ""};
  for (const std::string& text : texts) {
    g_lines.clear();
    Log(LogLevel::kError, "event", text, {{"field", text}});
    const json line = json::parse(TheLine(), nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(line.is_object()) << TheLine();
    EXPECT_EQ(line["level"], "error");
    EXPECT_EQ(line["event"], "event");
    EXPECT_EQ(line.contains("message"), !text.empty());
  }
}

TEST_F(LogTest, JsonKeepsTextAndNumbersAsTheyAre) {
  ConfigureLog(LogLevel::kInfo, LogFormat::kJson);
  const std::string text = "tab\t \"quoted\" back\\slash \xc3\xbc\xf0\x9f\x98\x80 \x7f";
  Log(LogLevel::kInfo, "event", text,
      {{"text", text}, {"whole", -42}, {"part", 0.5}, {"yes", true}});
  const json line = json::parse(TheLine());
  EXPECT_EQ(line["message"], text);
  EXPECT_EQ(line["text"], text);
  EXPECT_EQ(line["whole"], -42);
  EXPECT_EQ(line["part"], 0.5);
  EXPECT_EQ(line["yes"], 1);
}

TEST_F(LogTest, ANumberThatIsNotFiniteIsNullInJson) {
  ConfigureLog(LogLevel::kInfo, LogFormat::kJson);
  Log(LogLevel::kInfo, "event", "",
      {{"nan", std::nan("")}, {"inf", -std::numeric_limits<double>::infinity()}});
  const json line = json::parse(TheLine());
  EXPECT_TRUE(line["nan"].is_null());
  EXPECT_TRUE(line["inf"].is_null());
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  ConfigureLog(LogLevel::kWarning, LogFormat::kText);
  Log(LogLevel::kInfo, "event", "no");
  EXPECT_TRUE(g_lines.empty());
  Log(LogLevel::kWarning, "event", "yes");
  EXPECT_EQ(g_lines.size(), 1U);
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  ConfigureLog(LogLevel::kInfo, LogFormat::kJson);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 100; ++i) Log(LogLevel::kInfo, "event", "text", {{"thread", t}});
      });
    }
  }
  EXPECT_EQ(g_lines.size(), 400U);
  for (const std::string& line : g_lines) EXPECT_TRUE(json::accept(line)) << line;
}

}  // namespace
}  // namespace ddbsync
