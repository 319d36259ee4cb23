#include "replicator/status.h"

#include <gtest/gtest.h>

#include <utility>

namespace ddbsync::replicator {
namespace {

std::string Text(int waiting, int throttled, std::vector<int> named) {
  JobStatus::Backfill backfill;
  backfill.segments_waiting = waiting;
  backfill.throttled_segments = throttled;
  backfill.throttled_segment_numbers = std::move(named);
  return ThrottledText(backfill);
}

TEST(ThrottledText, NamesTheSegmentsWhileOthersGoOn) {
  EXPECT_EQ(Text(64, 3, {7, 8, 40}), "the target throttles writes of 3 of 64 segments: 7, 8, 40");
  EXPECT_EQ(Text(64, 12, {7, 8, 40, 41, 42}),
            "the target throttles writes of 12 of 64 segments: 7, 8, 40, 41, 42 and 7 more");
}

TEST(ThrottledText, IsEmptyWhenNoneOrAllAreThrottled) {
  EXPECT_EQ(Text(64, 0, {}), "");
  EXPECT_EQ(Text(2, 2, {7, 8}), "");
}

TEST(Later, TimeGoesOnAndWhatIsUnknownStaysSo) {
  JobStatus look;
  look.now = WallTime(std::chrono::seconds(1000));
  look.tail.lag_seconds = 2;
  look.watch.lag_seconds = 7;
  look.checkpoint_age_seconds = 1;
  const JobStatus later = Later(look, std::chrono::milliseconds(1500));
  EXPECT_EQ(later.now, WallTime(std::chrono::milliseconds(1'001'500)));
  EXPECT_DOUBLE_EQ(*later.tail.lag_seconds, 3.5);
  EXPECT_DOUBLE_EQ(*later.watch.lag_seconds, 8.5);
  EXPECT_DOUBLE_EQ(later.checkpoint_age_seconds, 1) << "a job that has ended writes none";
  look.tail.lag_seconds.reset();
  EXPECT_FALSE(Later(look, std::chrono::hours(1)).tail.lag_seconds);
}

}  // namespace
}  // namespace ddbsync::replicator
