#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ddbsync::aws {

// The texts of time that AWS speaks; all in UTC.

/// "20150830T123600Z", for signatures
[[nodiscard]] std::string AmzDate(WallTime time);

/// "2015-08-30T12:36:00Z", for people
[[nodiscard]] std::string IsoTime(WallTime time);

/// "2015-08-30T12:36:00Z"; a fraction, "+00:00" and "+0000" are accepted. Nothing for other texts.
[[nodiscard]] std::optional<WallTime> ParseIsoTime(std::string_view text);

/// "Sun, 30 Aug 2015 12:36:00 GMT": the only form that RFC 9110 lets a server send.
[[nodiscard]] std::optional<WallTime> ParseHttpDate(std::string_view text);

}  // namespace ddbsync::aws
