#include "verify/status.h"

namespace ddbsync::verify {

std::string_view ToString(Phase phase) {
  switch (phase) {
    case Phase::kDigesting:
      return "digesting";
    case Phase::kComparing:
      return "comparing";
    case Phase::kSettling:
      return "settling";
    case Phase::kWatching:
      return "watching";
    case Phase::kEnded:
      return "ended";
  }
  return "unknown";
}

std::string_view ToString(Form form) {
  switch (form) {
    case Form::kChoose:
      return "choose";
    case Form::kLive:
      return "live";
    case Form::kQuiet:
      return "quiet";
  }
  return "unknown";
}

std::string_view ToString(Outcome outcome) {
  switch (outcome) {
    case Outcome::kEqual:
      return "equal";
    case Outcome::kDifferent:
      return "different";
    case Outcome::kStopped:
      return "stopped";
    case Outcome::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace ddbsync::verify
