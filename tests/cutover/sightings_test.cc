#include "cutover/sightings.h"

#include <gtest/gtest.h>

#include "cutover/stream_origin.h"

namespace ddbsync::cutover {
namespace {

using std::chrono::seconds;

replicator::JobStatus Look(double records_per_second, std::optional<double> lag) {
  replicator::JobStatus look;
  look.tail.records_per_second = records_per_second;
  look.tail.lag_seconds = lag;
  return look;
}

TEST(Sightings, KeepThePeak) {
  Sightings sightings;
  EXPECT_EQ(sightings.peak_records_per_second(), std::nullopt);
  for (const double rate : {5.0, 80.0, 3.0}) sightings.Note(Look(rate, 1));
  EXPECT_EQ(sightings.peak_records_per_second(), 80);
}

/// Who reads a backlog reads faster than it is written.
TEST(Sightings, CatchingUpIsNoPeak) {
  Sightings sightings;
  sightings.Note(Look(5000, 31));
  sightings.Note(Look(5000, std::nullopt));
  EXPECT_EQ(sightings.peak_records_per_second(), std::nullopt);
  sightings.Note(Look(0, 5));
  EXPECT_EQ(sightings.peak_records_per_second(), 0);
}

TEST(Sightings, TheFirstLookAtACompleteCopyCounts) {
  Sightings sightings;
  replicator::JobStatus look;
  for (const int second : {1, 2, 3, 4}) {
    look.now = WallTime(seconds(second));
    look.backfill.complete = second >= 3;
    sightings.Note(look);
    EXPECT_EQ(sightings.copied_by().has_value(), second >= 3);
  }
  EXPECT_EQ(sightings.copied_by(), WallTime(seconds(3)));
}

TEST(StreamOrigin, IsToldByTheLabel) {
  const std::string arn = "arn:aws:dynamodb:eu-west-1:1:table/orders/stream/";
  constexpr WallTime kStart{seconds(1795334400)};  // 2026-11-22T08:00:00Z
  EXPECT_TRUE(JudgeOrigin(arn + "2026-11-22T08:14:30.123", kStart).ours);
  EXPECT_TRUE(JudgeOrigin(arn + "2026-11-22T07:55:00.000", kStart).ours);
  EXPECT_FALSE(JudgeOrigin(arn + "2026-11-22T07:54:59.999", kStart).ours);
  for (const char* label : {"", "latest", "2026-11-22"}) {
    EXPECT_FALSE(JudgeOrigin(arn + label, WallTime{}).ours) << label;
  }
  EXPECT_FALSE(JudgeOrigin("", WallTime{}).ours);
}

}  // namespace
}  // namespace ddbsync::cutover
