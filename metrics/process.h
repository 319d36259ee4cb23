#pragma once

#include "metrics/exposition.h"

namespace ddbsync::metrics {

/// Adds the process_* families; one that the system does not tell is left out, never 0.
void CollectProcess(Samples& samples);

}  // namespace ddbsync::metrics
