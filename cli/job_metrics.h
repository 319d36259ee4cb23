#pragma once

#include "metrics/exposition.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// A job's status as metric families, at the moment of a scrape. `labels` go on every sample.
void WriteJobMetrics(const replicator::JobStatus& status, metrics::Samples& samples,
                     const metrics::Labels& labels);

}  // namespace ddbsync::cli
