#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

// The one text in which a number and a binary are hashed (canonical_item.h): plain, and padded.

namespace ddbsync::dynamodb {

/// True for the one text that bytes have (RFC 4648): whole groups of four, and no bits behind the
/// last byte.
[[nodiscard]] bool IsBase64(std::string_view text);

/// True for what AppendPlainNumber makes, where it is short enough to be in range for sure.
[[nodiscard]] bool IsPlainNumber(std::string_view text);

/// Appends a number's one plain spelling: "-1500", "0.25", "0". Errors: as CanonicalNumber.
[[nodiscard]] Result<void> AppendPlainNumber(std::string_view text, std::string& out);

}  // namespace ddbsync::dynamodb
