#pragma once

#include "cli/cutover_json.h"
#include "metrics/exposition.h"

namespace ddbsync::cli {

/// A job's latest cut-over, and what was last known of its gates, at the moment of a scrape:
/// `cutover.now` is that moment. Gates that were never judged (none in the look) make it not ready.
void WriteCutoverMetrics(const CutoverLook& cutover, const GatesLook& gates,
                         metrics::Samples& samples, const metrics::Labels& labels);

}  // namespace ddbsync::cli
