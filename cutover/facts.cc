#include "cutover/facts.h"

#include "cutover/patience_internal.h"
#include "dynamodb/control_client.h"

namespace ddbsync::cutover {

void LookAtTables(const replicator::Side& source, const replicator::Side& target, Clock& clock,
                  GateFacts& facts) {
  Patience patience(clock);
  dynamodb::ControlClient source_control(source.tables->aws());
  dynamodb::ControlClient target_control(target.tables->aws());
  facts.source = patience.Try([&] { return source.tables->DescribeTable(source.table); });
  facts.target = patience.Try([&] { return target.tables->DescribeTable(target.table); });
  facts.source_ttl = patience.Try([&] { return source_control.DescribeTimeToLive(source.table); });
  facts.target_ttl = patience.Try([&] { return target_control.DescribeTimeToLive(target.table); });
  if (facts.options.freeze != FreezeBy::kPolicy || !facts.source) return;
  facts.source_policy =
      patience.Try([&] { return source_control.GetResourcePolicy(facts.source->arn); });
}

}  // namespace ddbsync::cutover
