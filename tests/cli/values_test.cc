#include "cli/values.h"

#include <gtest/gtest.h>

#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Values, DurationsAreReadWithTheirUnits) {
  EXPECT_EQ(*ParseDuration("200ms"), milliseconds(200));
  EXPECT_EQ(*ParseDuration("5s"), seconds(5));
  EXPECT_EQ(*ParseDuration("2m"), minutes(2));
  EXPECT_EQ(*ParseDuration("1.5h"), minutes(90));
  EXPECT_EQ(*ParseDuration("-1s"), -seconds(1)) << "bounds are the setting's";
}

TEST(Values, DurationWithoutUnitOrWithRubbishIsRefused) {
  for (const char* text :
       {"5", "", "s", "5 parsecs", "5s5", "1e400s", "nan s", "0x5s", "99999h99"}) {
    const auto duration = ParseDuration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().code, ErrorCode::kInvalid);
    EXPECT_NE(duration.error().message.find("200ms"), std::string::npos) << "says how to write it";
  }
}

TEST(Values, DurationThatOverflowsIsRefused) {
  EXPECT_FALSE(ParseDuration("99999999999999h"));
}

TEST(Values, SizesTellBinaryFromDecimalUnits) {
  EXPECT_EQ(*ParseSize("512MiB"), size_t{512} << 20);
  EXPECT_EQ(*ParseSize("1GB"), 1'000'000'000U);
  EXPECT_EQ(*ParseSize("2 GiB"), size_t{2} << 30);
  EXPECT_EQ(*ParseSize("1048576"), 1'048'576U);
  for (const char* text : {"-1", "lots", "1XB", "", "1e30TiB", "512mib"}) {
    EXPECT_FALSE(ParseSize(text)) << text;
  }
}

TEST(Values, TimesAreRfc3339WithTheirOffset) {
  const auto utc = ParseTime("2026-11-21T09:30:00Z");
  ASSERT_TRUE(utc);
  EXPECT_EQ(TimeText(*utc), "2026-11-21T09:30:00.000Z");
  EXPECT_EQ(*ParseTime("2026-11-21T10:30:00.250+01:00"), *utc + milliseconds(250));
  EXPECT_EQ(*ParseTime("2026-11-21T04:00:00-05:30"), *utc);
  EXPECT_EQ(*ParseTime("2026-11-21t09:30:00.1234567z"), *utc + milliseconds(123));
  EXPECT_EQ(*ParseTime("2028-02-29T00:00:00Z") - *ParseTime("2028-02-28T00:00:00Z"), hours(24));
}

TEST(Values, TimeThatIsNoneIsRefused) {
  for (const char* text :
       {"", "now", "2026-11-21", "2026-11-21T09:30:00", "2026-13-21T09:30:00Z",
        "2026-02-29T09:30:00Z", "2026-11-21T24:30:00Z", "2026-11-21T09:30:00Zulu",
        "2026-11-21T09:30:00.Z", "2026-11-21T09:30:00+1:00", "2026-11-21T09:30:00+24:00"}) {
    EXPECT_FALSE(ParseTime(text)) << text;
  }
}

TEST(Values, NumbersAreTakenWholeOrNotAtAll) {
  EXPECT_EQ(*ParseInteger("64"), 64);
  EXPECT_FALSE(ParseInteger("64 "));
  EXPECT_FALSE(ParseInteger("6.4"));
  EXPECT_FALSE(ParseInteger("99999999999999999999"));
  EXPECT_EQ(*ParseNumber("12.5"), 12.5);
  EXPECT_FALSE(ParseNumber("12.5x"));
  EXPECT_FALSE(ParseNumber("inf"));
}

TEST(Values, SwitchesAreYesOrNo) {
  EXPECT_TRUE(*ParseSwitch("true"));
  EXPECT_TRUE(*ParseSwitch("1"));
  EXPECT_FALSE(*ParseSwitch("off"));
  EXPECT_FALSE(ParseSwitch("maybe"));
}

TEST(Values, AShareIsAPercentageAboveNothing) {
  EXPECT_DOUBLE_EQ(*ParseSample("1%"), 0.01);
  EXPECT_DOUBLE_EQ(*ParseSample("100%"), 1);
  EXPECT_DOUBLE_EQ(*ParseSample("0.5%"), 0.005);
  for (const char* text : {"0%", "101%", "-1%", "1", "0.01", "%", "", "x%", "nan%"}) {
    EXPECT_FALSE(ParseSample(text)) << text;
  }
}

TEST(Text, SpansAreReadAtAGlance) {
  EXPECT_EQ(SpanText(0.44), "0.4s");
  EXPECT_EQ(SpanText(12.4), "12s");
  EXPECT_EQ(SpanText(185.0), "3m05s");
  EXPECT_EQ(SpanText(7620.0), "2h07m");
  EXPECT_EQ(SpanText(273600.0), "3d04h");
  EXPECT_EQ(SpanText(59.7), "1m00s") << "never 60s";
  EXPECT_EQ(SpanText(-3.0), "0.0s");
  EXPECT_EQ(SpanText(std::nullopt), "unknown") << "unknown is never 0";
}

TEST(Text, CountsAndRatesHaveThousandsSeparated) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(20000), "20,000");
  EXPECT_EQ(CountText(-1234567), "-1,234,567");
  EXPECT_EQ(RateText(12.34), "12.3");
  EXPECT_EQ(RateText(1234.4), "1,234");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
}

TEST(Text, ClippedTextCountsCodePointsAndHasNoControlCharacters) {
  EXPECT_EQ(Clip("short", 10), "short");
  EXPECT_EQ(Clip("a longer text", 8), "a lon...");
  EXPECT_EQ(Clip("größer", 6), "größer");
  EXPECT_EQ(Clip("größere", 6), "grö...");
  EXPECT_EQ(Clip("two\nlines\x1b[2J", 20), "two lines [2J");
  EXPECT_EQ(Clip("x", 0), "");
  EXPECT_EQ(Clip("following", 5), "follo");
  EXPECT_EQ(Columns("表の名"), 6);
  EXPECT_EQ(Clip("表の名前です", 8), "表の...");
}

}  // namespace
}  // namespace ddbsync::cli
