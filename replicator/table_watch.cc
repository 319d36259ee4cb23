#include "replicator/table_watch.h"

#include "replicator/limits.h"

namespace ddbsync::replicator {

Next TableWatch::Step(TimePoint now) {
  if (context_.gate.closed()) return Next::Done();
  if (first_) {  // start-up has just looked
    first_ = false;
    return Next::At(now + limits::kTableWatchInterval);
  }
  const Watched& watched = source_is_next_ ? context_.source : context_.target;
  const std::string side = source_is_next_ ? "source" : "target";
  auto table = watched.client.DescribeTable(watched.table);
  const TimePoint after = context_.clock.Now();
  const bool gone = !table && table.error().code == ErrorCode::kNotFound;
  if (!table && !gone) {
    context_.health.Trouble(side + " table", table.error(), after);
    return Next::At(after + backoff_.OnFailure(table.error().code));
  }
  backoff_.OnSuccess();
  context_.health.Success(side + " table");
  if (!gone && IsAsItWas(watched, *table)) {
    answers_ = 0;
    source_is_next_ = !source_is_next_;
    return Next::At(after + limits::kTableWatchInterval / 2);
  }
  // One answer may come from a replica that is behind.
  if (++answers_ < limits::kAnswersBeforeGap) return Next::At(after + limits::kSuspectLook);
  if (gone) {
    context_.health.Fatal(
        {ErrorCode::kNotFound,
         "the " + side + " table '" + watched.table + "' was deleted while the job ran",
         table.error().context});
  } else {
    Tell(watched, side, *table);
  }
  return Next::Done();
}

bool TableWatch::IsAsItWas(const Watched& watched, const dynamodb::TableDescription& table) const {
  if (table.Identity() != watched.identity) return false;
  return watched.stream_arn.empty() || context_.stream_may_change() ||
         (table.stream_view && table.latest_stream_arn == watched.stream_arn);
}

void TableWatch::Tell(const Watched& watched, const std::string& side,
                      const dynamodb::TableDescription& table) {
  const bool recreated = table.Identity() != watched.identity;
  const std::string what = "the " + side + " table '" + watched.table +
                           "' was deleted and made again while the job ran (was " +
                           watched.identity + ", is " + table.Identity() + ")";
  if (recreated && watched.stream_arn.empty()) {
    context_.health.Fatal({ErrorCode::kInvalid, what});
  } else if (recreated) {
    context_.on_recreated(what);
  } else if (!table.stream_view) {
    context_.on_gap("the source's stream was switched off: changes made since are in no stream");
  } else {
    context_.on_gap("the source's stream was switched off and on: it is now " +
                    table.latest_stream_arn);
  }
}

}  // namespace ddbsync::replicator
