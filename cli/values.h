#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "replicator/most_extra.h"

namespace ddbsync::cli {

// Values as people type them, from flags, environment and config alike. Every error is kInvalid and
// says what was typed and what is understood.

/// "200ms", "5s", "2m", "1.5h"; a number without unit is refused, because it may be meant as either
/// seconds or milliseconds.
[[nodiscard]] Result<Duration> ParseDuration(std::string_view text);

/// "512MiB" (1024 based), "1GB" (1000 based), "1048576" (bytes).
[[nodiscard]] Result<size_t> ParseSize(std::string_view text);

/// RFC 3339: "2026-11-21T09:30:00Z", "2026-11-21T09:30:00.250+01:00".
[[nodiscard]] Result<WallTime> ParseTime(std::string_view text);

[[nodiscard]] Result<int64_t> ParseInteger(std::string_view text);
[[nodiscard]] Result<double> ParseNumber(std::string_view text);

/// A share: "1%" is 0.01; at least limits::kLeastSample and at most 100 %.
[[nodiscard]] Result<double> ParseSample(std::string_view text);

/// Rows that a resync removes: a share of the target's ("5%", above 0 and at most 100 %) or their
/// number ("2000").
[[nodiscard]] Result<replicator::MostExtra> ParseMostExtra(std::string_view text);

/// "true", "yes", "on", "1" and their opposites.
[[nodiscard]] Result<bool> ParseSwitch(std::string_view text);

/// Why a text cannot be the reason of an abort; empty: it can.
[[nodiscard]] std::string WhyNoReason(std::string_view text);

}  // namespace ddbsync::cli
