#include "replicator/status.h"

namespace ddbsync::replicator {

std::string_view ToString(JobState state) {
  switch (state) {
    case JobState::kStarting:
      return "starting";
    case JobState::kSettling:
      return "settling";
    case JobState::kCopying:
      return "copying";
    case JobState::kFollowing:
      return "following";
    case JobState::kResync:
      return "resync";
    case JobState::kPaused:
      return "paused";
    case JobState::kStopping:
      return "stopping";
    case JobState::kDone:
      return "done";
    case JobState::kGap:
      return "gap";
    case JobState::kFailed:
      return "failed";
  }
  return "unknown";
}

std::string_view ToString(Bottleneck bottleneck) {
  switch (bottleneck) {
    case Bottleneck::kNothing:
      return "nothing";
    case Bottleneck::kSourceReads:
      return "source_reads";
    case Bottleneck::kTargetWrites:
      return "target_writes";
    case Bottleneck::kLimit:
      return "limit";
    case Bottleneck::kRepairs:
      return "repairs";
    case Bottleneck::kProcessor:
      return "processor";
  }
  return "unknown";
}

std::string_view ToString(HeldBy by) {
  switch (by) {
    case HeldBy::kSourceRead:
      return "source_read";
    case HeldBy::kTargetWrite:
      return "target_write";
    case HeldBy::kReadCapacity:
      return "read_capacity";
    case HeldBy::kWriteCapacity:
      return "write_capacity";
    case HeldBy::kInFlight:
      return "in_flight";
    case HeldBy::kMemory:
      return "memory";
    case HeldBy::kRechecks:
      return "rechecks";
  }
  return "unknown";
}

JobStatus Later(JobStatus look, Duration by) {
  look.now += std::chrono::duration_cast<WallTime::duration>(by);
  for (std::optional<double>* lag : {&look.tail.lag_seconds, &look.watch.lag_seconds}) {
    if (*lag) **lag += std::chrono::duration<double>(by).count();
  }
  return look;
}

bool MayRest(const JobStatus::Tail& tail) {
  constexpr double kLeastHeadroomSeconds = 6 * 3600.0;
  return tail.headroom_seconds && *tail.headroom_seconds > kLeastHeadroomSeconds;
}

std::string ThrottledText(const JobStatus::Backfill& backfill) {
  const int count = backfill.throttled_segments;
  if (count == 0 || count >= backfill.segments_waiting) return {};
  std::string text = "the target throttles writes of " + std::to_string(count) + " of " +
                     std::to_string(backfill.segments_waiting) + " segments";
  const char* between = ": ";
  for (const int segment : backfill.throttled_segment_numbers) {
    text.append(between).append(std::to_string(segment));
    between = ", ";
  }
  const int more = count - static_cast<int>(backfill.throttled_segment_numbers.size());
  if (more > 0) text.append(" and ").append(std::to_string(more)).append(" more");
  return text;
}

}  // namespace ddbsync::replicator
