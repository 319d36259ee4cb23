#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace ddbsync::cutover {

/// Who a stream is there for. No record tells who turned it on; its ARN ends in the time at which
/// that was done, and a stream that is older than the job was not turned on for it.
struct StreamOrigin {
  bool ours = false;
  std::string how;  ///< "turned on at 2026-11-22T08:14:30Z, when the job began"
};

/// `start`: the job's T0. An ARN that tells no time is another's.
[[nodiscard]] StreamOrigin JudgeOrigin(std::string_view stream_arn, WallTime start);

}  // namespace ddbsync::cutover
