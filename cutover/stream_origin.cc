#include "cutover/stream_origin.h"

#include "aws/timestamp.h"
#include "cutover/limits.h"

namespace ddbsync::cutover {

StreamOrigin JudgeOrigin(std::string_view stream_arn, WallTime start) {
  const std::string label(stream_arn.substr(stream_arn.rfind('/') + 1));
  const auto turned_on = aws::ParseIsoTime(label + "Z");  // a label is UTC and does not say so
  if (!turned_on) return {.ours = false, .how = "its ARN does not tell when it was turned on"};
  const bool ours = *turned_on >= start - limits::kOwnStreamMargin;
  const std::string when = "turned on at " + aws::IsoTime(*turned_on);
  return {.ours = ours,
          .how = when + (ours ? ", not before the job began (" : ", before the job began (") +
                 aws::IsoTime(start) + ")"};
}

}  // namespace ddbsync::cutover
