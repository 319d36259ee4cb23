#include "cutover/options.h"

namespace ddbsync::cutover {

std::string_view ToString(FreezeBy freeze) {
  switch (freeze) {
    case FreezeBy::kPolicy:
      return "policy";
    case FreezeBy::kHook:
      return "hook";
    case FreezeBy::kManual:
      return "manual";
  }
  return "unknown";
}

std::string_view ToString(DrainBy drain) {
  return drain == DrainBy::kSeal ? "seal" : "quiesce";
}

bool ComparesAll(const Options& options) {
  // Between the stream's end and the next one's beginning a write leaves no trace. Only the policy
  // is known, by probes, to have let none in; a command's promise is not.
  return options.full || options.drain == DrainBy::kQuiesce || options.freeze != FreezeBy::kPolicy;
}

}  // namespace ddbsync::cutover
