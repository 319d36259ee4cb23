#include "replicator/stream_wait.h"

namespace ddbsync::replicator {

Next StreamWait::Step(TimePoint /*now*/) {
  if (context_.ending()) return Next::Done();
  const auto table = context_.source.DescribeTable(context_.table);
  const TimePoint after = context_.clock.Now();
  if (!table) return Next::At(after + backoff_.OnFailure(table.error().code));
  backoff_.OnSuccess();
  if (!table->stream_view || table->Identity() != context_.identity) {
    return Next::At(after + limits::kStreamWaitLook);
  }
  context_.on_stream();
  return Next::Done();
}

}  // namespace ddbsync::replicator
