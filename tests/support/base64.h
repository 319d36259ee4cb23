#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ddbsync::fake {

/// Padded RFC 4648 text.
std::string EncodeBase64(std::string_view bytes);

/// None when it is not padded RFC 4648 text.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace ddbsync::fake
