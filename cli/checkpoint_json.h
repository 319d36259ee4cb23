#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "checkpoint/records.h"

namespace ddbsync::cli {

/// A checkpoint as the API serves it and `checkpoint show --json` prints it: the names of
/// checkpoint/records.h. Keys of items are in it, their values never.
[[nodiscard]] std::string CheckpointToJson(const checkpoint::State& state, bool indented);

/// One of its lists alone: "shards", "segments" or "dead_letters".
[[nodiscard]] std::string CheckpointListToJson(const checkpoint::State& state, const char* list);

/// The reverse of CheckpointToJson. Errors: kCorrupt.
[[nodiscard]] Result<checkpoint::State> CheckpointFromJson(std::string_view json);

/// What `status --json` prints of a job that does not run: its state is "not_running", the rest is
/// under "checkpoint".
[[nodiscard]] std::string StoppedToJson(const checkpoint::State& state,
                                        const std::string& next = {});

}  // namespace ddbsync::cli
