#include "cli/throttle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ddbsync::cli {
namespace {

using namespace std::chrono_literals;
using replicator::Throttle;
using ::testing::HasSubstr;

Result<Throttle> FromWords(const std::vector<std::string>& words) {
  return ThrottleFromWords(words);
}

std::string Refusal(const Result<Throttle>& throttle) {
  EXPECT_FALSE(throttle);
  if (throttle) return "";
  EXPECT_EQ(throttle.error().code, ErrorCode::kInvalid);
  return throttle.error().message;
}

TEST(Throttle, WhatIsTypedIsWhatIsMeant) {
  const auto throttle =
      FromWords({"read-capacity=12.5", "write-capacity=none", "in-flight=16", "poll-interval=2s"});
  ASSERT_TRUE(throttle);
  EXPECT_EQ(throttle->read_capacity, Throttle::Bound<double>(12.5));
  EXPECT_EQ(throttle->write_capacity, std::make_optional(Throttle::Bound<double>()));
  EXPECT_EQ(throttle->in_flight, Throttle::Bound<int>(16));
  EXPECT_EQ(throttle->poll_interval, 2s);
}

TEST(Throttle, WhatIsNotNamedStays) {
  const auto throttle = FromWords({"in-flight=none"});
  ASSERT_TRUE(throttle);
  EXPECT_EQ(throttle->in_flight, std::make_optional(Throttle::Bound<int>()));
  EXPECT_FALSE(throttle->read_capacity || throttle->write_capacity || throttle->poll_interval);
}

TEST(Throttle, JsonSaysTheSame) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"read-capacity=12.5", "write-capacity=none"},
        {"in-flight=1"},
        {"in-flight=none", "poll-interval=250ms", "write-capacity=1000000"}}) {
    const auto throttle = FromWords(words);
    ASSERT_TRUE(throttle);
    const auto again = ThrottleFromJson(ThrottleToJson(*throttle));
    ASSERT_TRUE(again) << ThrottleToJson(*throttle);
    EXPECT_EQ(again->read_capacity, throttle->read_capacity);
    EXPECT_EQ(again->write_capacity, throttle->write_capacity);
    EXPECT_EQ(again->in_flight, throttle->in_flight);
    EXPECT_EQ(again->poll_interval, throttle->poll_interval);
  }
}

TEST(Throttle, WordsThatMeanNothingAreRefusedAllAtOnce) {
  const std::string refusal =
      Refusal(FromWords({"read-capacty=5", "fast", "write-capacity=-3", "in-flight=1.5",
                         "poll-interval=5", "in-flight=2", "in-flight=3"}));
  for (const char* part : {"`read-capacty`", "read-capacity", "`fast` is not of the form KEY=VALUE",
                           "`-3`", "`1.5`", "poll-interval: `5`", "in-flight is given twice"}) {
    EXPECT_THAT(refusal, HasSubstr(part));
  }
}

TEST(Throttle, BoundsAreKept) {
  for (const char* word :
       {"read-capacity=0", "read-capacity=nan", "read-capacity=inf", "write-capacity=2000000000",
        "write-capacity=", "in-flight=0", "in-flight=65", "poll-interval=10ms", "poll-interval=21s",
        "poll-interval=none"}) {
    Refusal(FromWords({word}));
  }
  EXPECT_THAT(Refusal(FromWords({})), HasSubstr("nothing is said to throttle"));
}

TEST(Throttle, BodiesThatMeanNothingAreRefused) {
  for (const char* body :
       {"", "5", "[]", "{", R"({"read_capacity":"5"})", R"({"read_capacity":0})",
        R"({"read_capacity":1e999})", R"({"in_flight":2.5})", R"({"in_flight":true})",
        R"({"poll_interval_seconds":null})", R"({"poll_interval_seconds":0})",
        R"({"read-capacity":5})", R"({})", R"({"write_capacity":{}})"}) {
    Refusal(ThrottleFromJson(body));
  }
}

}  // namespace
}  // namespace ddbsync::cli
