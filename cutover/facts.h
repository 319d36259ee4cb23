#pragma once

#include "base/clock.h"
#include "cutover/gates.h"
#include "replicator/job.h"

namespace ddbsync::cutover {

/// Asks the service for all that `facts` says of the tables; what cannot be found out says why.
/// Changes nothing. `facts.options` is read. Blocks, for at most limits::kLookPatience and a call.
void LookAtTables(const replicator::Side& source, const replicator::Side& target, Clock& clock,
                  GateFacts& facts);

}  // namespace ddbsync::cutover
