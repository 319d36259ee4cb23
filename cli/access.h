#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/settings.h"
#include "metrics/http_server.h"

namespace ddbsync::cli {

/// The token in a file, without the line's end. Errors: kInvalid (too short, or not one line of
/// visible characters), kDenied (others may read the file, or we may not), kNotFound. They name
/// the file, never what is in it.
[[nodiscard]] Result<std::string> ReadToken(const std::string& path);

/// What --listen, --token-file, --tls-cert and --tls-key say together. All their faults at once go
/// to `faults`.
[[nodiscard]] metrics::Access LoadAccess(const Settings& settings, std::vector<Error>& faults);

}  // namespace ddbsync::cli
