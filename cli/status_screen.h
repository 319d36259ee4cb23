#pragma once

#include <string>

#include "checkpoint/records.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// What `status` prints for a running job: one screen, its last line what to do next. Ends with a
/// newline.
[[nodiscard]] std::string StatusScreen(const replicator::JobStatus& status, bool color);

/// The state's word alone, in the colour that the screen has it in.
[[nodiscard]] std::string PaintedState(const replicator::JobStatus& status, bool color);

/// As StatusScreen, for a job that does not run, from its checkpoint. `next`: what comes next,
/// where that is not its start (found_way_back.h).
[[nodiscard]] std::string StoppedScreen(const checkpoint::State& state, bool color,
                                        const std::string& next = {});

}  // namespace ddbsync::cli
