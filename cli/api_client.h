#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "cli/api_file.h"
#include "cli/limits.h"

namespace ddbsync::cli {

// Calls to a job on this machine; the body of a 200. Brings the job's token and, where it serves
// over HTTPS, trusts the certificate that it named and no other. Errors: kNotFound (nobody listens
// there), kRetry (it does not answer in time, or not by HTTP), kConflict (it refuses: its own
// words, if there are any), kDenied (its token is not to be read), kInvalid (not an address, or it
// does not understand the body: its words).

[[nodiscard]] Result<std::string> ApiGet(const ApiAddress& job, const std::string& path);
/// `patience`: with its answer.
[[nodiscard]] Result<std::string> ApiPost(const ApiAddress& job, const std::string& path,
                                          const std::string& body,
                                          std::chrono::seconds patience = limits::kApiTimeout);

}  // namespace ddbsync::cli
