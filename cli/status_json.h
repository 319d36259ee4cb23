#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// A job's status as the API serves it and `status --json` prints it: the names of
/// replicator/status.h, nested alike; what is unknown is null; times are RFC 3339 in UTC. Names are
/// added, never changed or removed.
[[nodiscard]] std::string StatusToJson(const replicator::JobStatus& status, bool indented);

/// The reverse, for `status`. Names that are missing (an older daemon's) keep their defaults.
/// Errors: kCorrupt.
[[nodiscard]] Result<replicator::JobStatus> StatusFromJson(std::string_view json);

}  // namespace ddbsync::cli
