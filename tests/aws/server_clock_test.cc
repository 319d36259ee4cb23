#include "aws/server_clock.h"

#include <gtest/gtest.h>

#include "aws/timestamp.h"
#include "manual_clock.h"

namespace ddbsync::aws {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kNoon = "Sat, 21 Nov 2026 12:00:00 GMT";

class ServerClockTest : public ::testing::Test {
 protected:
  const WallTime noon_ = *ParseIsoTime("2026-11-21T12:00:00Z");
  ManualClock clock_{noon_ - hours(2)};
  ServerClock server_clock_{clock_};
};

TEST_F(ServerClockTest, IsTheWallClockBeforeTheFirstDate) {
  EXPECT_EQ(server_clock_.Now(), noon_ - hours(2));
}

TEST_F(ServerClockTest, IsTheDateCarriedForwardByBootTime) {
  server_clock_.Observe(kNoon);
  EXPECT_EQ(server_clock_.Now(), noon_);
  clock_.Advance(milliseconds(1500));
  EXPECT_EQ(server_clock_.Now(), noon_ + milliseconds(1500));
}

TEST_F(ServerClockTest, DoesNotFollowAWallClockThatJumps) {
  server_clock_.Observe(kNoon);
  clock_.JumpWall(hours(7));
  EXPECT_EQ(server_clock_.Now(), noon_);
}

TEST_F(ServerClockTest, StaysWithinTheSecondThatADateCanBeOff) {
  server_clock_.Observe(kNoon);
  clock_.Advance(milliseconds(900));
  server_clock_.Observe(kNoon);
  EXPECT_EQ(server_clock_.Now(), noon_ + milliseconds(900));
}

TEST_F(ServerClockTest, IsPulledForwardByALaterDate) {
  server_clock_.Observe(kNoon);
  clock_.Advance(milliseconds(300));
  server_clock_.Observe("Sat, 21 Nov 2026 12:00:01 GMT");
  EXPECT_EQ(server_clock_.Now(), noon_ + seconds(1));
}

TEST_F(ServerClockTest, IsPulledBackWhenItIsAheadOfWhatTheDateAllows) {
  server_clock_.Observe("Sat, 21 Nov 2026 12:00:10 GMT");
  server_clock_.Observe(kNoon);
  EXPECT_EQ(server_clock_.Now(), noon_);
}

TEST_F(ServerClockTest, IsNotPulledBackByAnAnswerThatTravelledLong) {
  server_clock_.Observe(kNoon);
  clock_.Advance(seconds(8));
  server_clock_.Observe(kNoon, /*round_trip=*/seconds(8));
  EXPECT_EQ(server_clock_.Now(), noon_ + seconds(8));
}

TEST_F(ServerClockTest, IgnoresWhatIsNotADate) {
  server_clock_.Observe(kNoon);
  for (const char* text :
       {"", "now", "Sat, 21 Nov 2026 15:00:00 UTC", "Sat, 21 Nov 2026 15:00:00 GMT ",
        "Sat, 31 Feb 2026 15:00:00 GMT", "Sat, 21 Foo 2026 15:00:00 GMT",
        "Sat, 21 Nov 2026 25:00:00 GMT", "Sat, 21 Nov 2026 15:60:00 GMT",
        "Sat, -1 Nov 2026 15:00:00 GMT", "Saturday, 21-Nov-26 15:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"}) {
    server_clock_.Observe(text);
    EXPECT_EQ(server_clock_.Now(), noon_) << text;
  }
}

TEST(Timestamp, HttpDateOfTheStandardIsRead) {
  const auto time = ParseHttpDate("Tue, 15 Nov 1994 08:12:31 GMT");
  ASSERT_TRUE(time);
  EXPECT_EQ(IsoTime(*time), "1994-11-15T08:12:31Z");
  EXPECT_EQ(AmzDate(*time), "19941115T081231Z");
}

TEST(Timestamp, IsoTimesOfTheUsualToolsAreRead) {
  for (const char* text : {"2026-11-21T12:00:00Z", "2026-11-21T12:00:00.123456Z",
                           "2026-11-21T12:00:00+00:00", "2026-11-21T12:00:00+0000"}) {
    const auto time = ParseIsoTime(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(IsoTime(*time), "2026-11-21T12:00:00Z");
  }
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T12:00:00", "2026-11-21T12:00:00+01:00",
        "2026-13-21T12:00:00Z", "2026-11-21T24:00:00Z", "x026-11-21T12:00:00Z"}) {
    EXPECT_FALSE(ParseIsoTime(text)) << text;
  }
}

}  // namespace
}  // namespace ddbsync::aws
