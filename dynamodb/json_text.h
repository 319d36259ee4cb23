#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace ddbsync::dynamodb {

/// Appends the UTF-8 text of a JSON string; `raw` is what stands between its quotes. An error
/// leaves `out` as it was. Errors: kInvalid (bad escape, half of a surrogate pair).
[[nodiscard]] Result<void> AppendUnescaped(std::string_view raw, std::string& out);

/// Appends `text` (UTF-8) as a JSON string with its quotes.
void AppendQuoted(std::string_view text, std::string& out);

}  // namespace ddbsync::dynamodb
