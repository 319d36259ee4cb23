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

}  // namespace
}  // namespace ddbsync::replicator
