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

}  // namespace ddbsync::replicator
