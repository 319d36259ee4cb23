#pragma once

#include <optional>
#include <vector>

#include "cli/verify_json.h"
#include "metrics/exposition.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// Which version this process is.
void WriteBuildInfo(metrics::Samples& samples);

/// A job's status as metric families, at the moment of a scrape. `labels` go on every sample.
void WriteJobMetrics(const replicator::JobStatus& status, metrics::Samples& samples,
                     const metrics::Labels& labels);

/// Two series for each shard; `now` is the server's time.
void WriteShardMetrics(const std::vector<replicator::ShardStatus>& shards, WallTime now,
                       metrics::Samples& samples, const metrics::Labels& labels);

/// The last verification that was begun in this process.
void WriteVerifyMetrics(const VerifyLook& look, metrics::Samples& samples,
                        const metrics::Labels& labels);

/// --shard-metrics, or what it is when it is not given.
[[nodiscard]] bool WantsShardMetrics(const std::optional<bool>& asked,
                                     const replicator::JobStatus& status);

}  // namespace ddbsync::cli
