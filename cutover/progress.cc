#include "cutover/progress.h"

#include "cutover/limits.h"

namespace ddbsync::cutover {

Progress Progress::After(const Error& error, const std::string& doing) {
  switch (error.code) {
    case ErrorCode::kRetry:
    case ErrorCode::kThrottled:
    case ErrorCode::kConflict:
      return Wait(limits::kControlRetry, doing + ": " + ToString(error));
    case ErrorCode::kAmbiguous:  // it may still be carried out
      return Wait(limits::kLateControlCall, doing + ": " + ToString(error));
    default:
      return Failed("cannot " + doing + ": " + ToString(error));
  }
}

}  // namespace ddbsync::cutover
