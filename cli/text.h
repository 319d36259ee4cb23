#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ddbsync::cli {

// Values as people read them, on the terminal and in JSON.

/// "2026-11-21T09:30:00.250Z"
[[nodiscard]] std::string TimeText(WallTime time);

/// "0.4s", "12s", "3m05s", "2h07m", "3d04h"
[[nodiscard]] std::string SpanText(double seconds);
/// SpanText, or "unknown".
[[nodiscard]] std::string SpanText(const std::optional<double>& seconds);

/// "20,000"
[[nodiscard]] std::string CountText(int64_t count);

/// "12.3", "1,234": one digit behind the point below a hundred.
[[nodiscard]] std::string RateText(double per_second);

/// "1.5 MiB"
[[nodiscard]] std::string BytesText(int64_t bytes);

/// Columns that UTF-8 text takes, one a code point: good for all that ddbsync prints itself.
[[nodiscard]] int Columns(std::string_view text);

/// At most `columns` columns of it, the last three "..." when something is cut off. Control
/// characters become blanks: a server's message must not move the cursor.
[[nodiscard]] std::string Clip(std::string_view text, int columns);

}  // namespace ddbsync::cli
