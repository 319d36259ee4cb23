#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "replicator/job.h"

namespace ddbsync::cli {

// What `ddbsync throttle` and POST /api/v1/throttle understand. One table of keys serves both.

/// What stands before the =, as typed: "read-capacity", ...
[[nodiscard]] std::vector<std::string_view> ThrottleWords();

/// As typed: "read-capacity=500", "write-capacity=none", "in-flight=16", "poll-interval=1s". At
/// least one, each once. Errors: kInvalid, all faults in one message.
[[nodiscard]] Result<replicator::Throttle> ThrottleFromWords(std::span<const std::string> words);

/// {"read_capacity": 500, "write_capacity": null, "in_flight": 16, "poll_interval_seconds": 1};
/// null: no bound. Errors: kInvalid.
[[nodiscard]] Result<replicator::Throttle> ThrottleFromJson(std::string_view text);
[[nodiscard]] std::string ThrottleToJson(const replicator::Throttle& throttle);

}  // namespace ddbsync::cli
