#include "cutover/stream_switch.h"

#include <utility>

#include "cutover/limits.h"

namespace ddbsync::cutover {

StreamSwitch::StreamSwitch(replicator::Side side, std::string old_arn, dynamodb::StreamView view)
    : side_(std::move(side)),
      control_(side_.tables->aws()),
      old_arn_(std::move(old_arn)),
      view_(view) {}

Progress StreamSwitch::Step() {
  const Act act = std::exchange(act_, Act::kLook);
  const auto after = [](const Result<void>& changed, const std::string& doing) {
    // Another change is under way, or it is as wanted: the next look tells.
    if (changed || changed.error().code == ErrorCode::kConflict) {
      return Progress::Wait(limits::kControlLook, doing);
    }
    return Progress::After(changed.error(), doing);
  };
  switch (act) {
    case Act::kLook:
      return Look();
    case Act::kDisable:
      began_ = true;
      return after(control_.DisableStream(side_.table), "end the stream");
    case Act::kEnable:
      return after(control_.EnableStream(side_.table, view_), "turn the stream on");
    case Act::kAwait:
      return Await();
  }
  return Progress::Done();
}

Progress StreamSwitch::Look() {
  const std::string doing = "look at the stream of '" + side_.table + "'";
  const auto table = side_.tables->DescribeTable(side_.table);
  if (!table) return Progress::After(table.error(), doing);
  const bool on = table->stream_view.has_value();
  if (table->status != "ACTIVE") return Progress::Wait(limits::kControlLook, doing);
  if (!on) {
    began_ = true;
    act_ = Act::kEnable;
  } else if (!old_arn_.empty() && table->latest_stream_arn == old_arn_) {
    act_ = Act::kDisable;
  } else {
    began_ = true;
    arn_ = table->latest_stream_arn;
    act_ = Act::kAwait;
  }
  return Progress::Wait(Duration::zero(), doing);
}

Progress StreamSwitch::Await() {
  const std::string doing = "wait for the stream of '" + side_.table + "'";
  const auto stream = side_.streams->DescribeStream(arn_, "");
  if (!stream) {
    // A stream that was made just now may not be known everywhere yet.
    if (stream.error().code == ErrorCode::kNotFound) {
      return Progress::Wait(limits::kControlLook, doing);
    }
    return Progress::After(stream.error(), doing);
  }
  // Changes are kept from the moment that shards are listed.
  if (stream->status == "ENABLED" && !stream->shards.empty()) return Progress::Done();
  return Progress::Wait(limits::kControlLook, doing);
}

}  // namespace ddbsync::cutover
