#include "cutover/facts.h"

#include <utility>

#include "cutover/patience_internal.h"
#include "dynamodb/control_client.h"

namespace ddbsync::cutover {
namespace {

/// A server that does not know the call has no time to live.
Result<dynamodb::TimeToLive> TtlOf(Result<dynamodb::TimeToLive> described) {
  const bool unknown_there = !described && described.error().code == ErrorCode::kInvalid;
  return unknown_there ? dynamodb::TimeToLive{} : std::move(described);
}

}  // namespace

void LookAtTables(const replicator::Side& source, const replicator::Side& target, Clock& clock,
                  GateFacts& facts) {
  Patience patience(clock);
  dynamodb::ControlClient source_control(source.tables->aws());
  dynamodb::ControlClient target_control(target.tables->aws());
  facts.source = patience.Try([&] { return source.tables->DescribeTable(source.table); });
  facts.target = patience.Try([&] { return target.tables->DescribeTable(target.table); });
  facts.source_ttl =
      TtlOf(patience.Try([&] { return source_control.DescribeTimeToLive(source.table); }));
  facts.target_ttl =
      TtlOf(patience.Try([&] { return target_control.DescribeTimeToLive(target.table); }));
  if (facts.options.freeze != FreezeBy::kPolicy || !facts.source) return;
  facts.source_policy =
      patience.Try([&] { return source_control.GetResourcePolicy(facts.source->arn); });
}

}  // namespace ddbsync::cutover
