#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "checkpoint/store.h"

namespace ddbsync::cli {

/// The store of a verification in `directory` (JobHome::VerificationDirectory), held until it is
/// destroyed. Errors: kConflict (another verification holds it), kNotFound without `create`, kIo,
/// kCorrupt; each says what to do.
[[nodiscard]] Result<std::unique_ptr<checkpoint::Store>> OpenVerificationStore(
    const std::string& directory, bool create);

}  // namespace ddbsync::cli
