#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace ddbsync {

std::string_view ToString(ErrorCode code) {
  switch (code) {
    case ErrorCode::kRetry:
      return "retry";
    case ErrorCode::kAmbiguous:
      return "ambiguous";
    case ErrorCode::kThrottled:
      return "throttled";
    case ErrorCode::kExpiredIterator:
      return "expired_iterator";
    case ErrorCode::kTrimmed:
      return "trimmed";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kPoisoned:
      return "poisoned";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kAtRisk:
      return "at_risk";
  }
  return "unknown";
}

std::string ToString(const Error& error) {
  if (error.context.empty()) return error.message;
  return error.message + " (" + error.context + ")";
}

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace ddbsync
