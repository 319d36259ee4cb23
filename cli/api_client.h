#pragma once

#include <string>

#include "base/error.h"

namespace ddbsync::cli {

/// GET from a job on this machine; the body of a 200. `address` is "127.0.0.1:9853" or
/// "[::1]:9853". Errors: kNotFound (nobody listens there), kRetry (it does not answer in time, or
/// not by HTTP), kConflict (it answers with another status), kInvalid (not an address).
[[nodiscard]] Result<std::string> ApiGet(const std::string& address, const std::string& path);

}  // namespace ddbsync::cli
