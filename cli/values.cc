#include "cli/values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "cli/limits.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// In nanoseconds.
constexpr std::array kDurationUnits = {Unit{"ms", 1e6}, Unit{"s", 1e9}, Unit{"m", 60e9},
                                       Unit{"h", 3600e9}};

constexpr std::array kSizeUnits = {Unit{"", 1},         Unit{"B", 1},        Unit{"kB", 1e3},
                                   Unit{"KB", 1e3},     Unit{"MB", 1e6},     Unit{"GB", 1e9},
                                   Unit{"TB", 1e12},    Unit{"KiB", 0x1p10}, Unit{"MiB", 0x1p20},
                                   Unit{"GiB", 0x1p30}, Unit{"TiB", 0x1p40}};

/// A number and what follows it; nothing when it does not start with a number.
struct Measured {
  double number;
  std::string_view unit;
};

std::optional<Measured> Split(std::string_view text) {
  Measured measured{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] =
      std::from_chars(text.data(), end, measured.number, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(measured.number)) return std::nullopt;
  measured.unit = std::string_view(rest, static_cast<size_t>(end - rest));
  while (measured.unit.starts_with(' ')) measured.unit.remove_prefix(1);
  return measured;
}

/// The value in base units; nothing when it is not a number with one of the units.
std::optional<double> InBaseUnits(std::string_view text, std::span<const Unit> units) {
  const std::optional<Measured> measured = Split(text);
  if (!measured) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == measured->unit) return measured->number * unit.factor;
  }
  return std::nullopt;
}

/// Reads digits of an RFC 3339 time from the front.
class TimeText {
 public:
  explicit TimeText(std::string_view text) : rest_(text) {}

  bool Digits(size_t count, int& value) {
    if (rest_.size() < count) return false;
    value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }

  bool OneOf(std::string_view characters, char* taken = nullptr) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    if (taken != nullptr) *taken = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  /// ".25" as 250; digits beyond milliseconds are dropped.
  bool Milliseconds(int& value) {
    value = 0;
    if (!OneOf(".")) return true;
    int scale = 100;
    size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      value += (rest_[digits] - '0') * scale;
      scale /= 10;
    }
    rest_.remove_prefix(digits);
    return digits > 0;
  }

  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// Minutes east of UTC, from "Z" or "+01:00".
std::optional<std::chrono::minutes> Offset(TimeText& text) {
  if (text.OneOf("Zz")) return std::chrono::minutes(0);
  char sign = '+';
  int hours = 0;
  int minutes = 0;
  const bool whole = text.OneOf("+-", &sign) && text.Digits(2, hours) && text.OneOf(":") &&
                     text.Digits(2, minutes);
  if (!whole || hours > 23 || minutes > 59) return std::nullopt;
  const std::chrono::minutes east(hours * 60 + minutes);
  return sign == '-' ? -east : east;
}

std::optional<WallTime> Rfc3339(std::string_view typed) {
  TimeText text(typed);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milliseconds = 0;
  const bool date = text.Digits(4, year) && text.OneOf("-") && text.Digits(2, month) &&
                    text.OneOf("-") && text.Digits(2, day);
  const bool time = date && text.OneOf("Tt ") && text.Digits(2, hour) && text.OneOf(":") &&
                    text.Digits(2, minute) && text.OneOf(":") && text.Digits(2, second) &&
                    text.Milliseconds(milliseconds);
  if (!time || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::optional<std::chrono::minutes> east = Offset(text);
  if (!east || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day ymd{std::chrono::year(year),
                                        std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day))};
  if (!ymd.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(ymd)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::milliseconds(milliseconds) - *east;
}

}  // namespace

Result<Duration> ParseDuration(std::string_view text) {
  const std::optional<double> nanoseconds = InBaseUnits(text, kDurationUnits);
  constexpr double kLongest = 1e18;  // some thirty years, far inside 64 bits of nanoseconds
  if (!nanoseconds || std::abs(*nanoseconds) > kLongest) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("`{}` is not a duration: write it like 200ms, 5s, 2m or 1h", text));
  }
  return Duration(static_cast<Duration::rep>(std::llround(*nanoseconds)));
}

Result<size_t> ParseSize(std::string_view text) {
  const std::optional<double> bytes = InBaseUnits(text, kSizeUnits);
  if (!bytes || *bytes < 0 || *bytes > 0x1p62) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("`{}` is not a size: write it like 512MiB, 1GB or 1048576", text));
  }
  return static_cast<size_t>(*bytes);
}

Result<WallTime> ParseTime(std::string_view text) {
  if (const std::optional<WallTime> time = Rfc3339(text)) return *time;
  return Fail(ErrorCode::kInvalid,
              fmt::format("`{}` is not a time: write it like 2026-11-21T09:30:00Z (RFC 3339, with "
                          "Z or an offset such as +01:00)",
                          text));
}

Result<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) {
    return Fail(ErrorCode::kInvalid, fmt::format("`{}` is not a whole number", text));
  }
  return value;
}

Result<double> ParseNumber(std::string_view text) {
  const std::optional<Measured> measured = Split(text);
  if (!measured || !measured->unit.empty()) {
    return Fail(ErrorCode::kInvalid, fmt::format("`{}` is not a number", text));
  }
  return measured->number;
}

Result<double> ParseSample(std::string_view text) {
  const std::string understood =
      fmt::format("`{}` is not a share of the tables: write 1%, 0.5%, ... up to 100%", text);
  if (!text.ends_with('%')) return Fail(ErrorCode::kInvalid, understood);
  const Result<double> percent = ParseNumber(text.substr(0, text.size() - 1));
  const double share = percent ? *percent / 100 : 0;
  if (!(share >= limits::kLeastSample) || share > 1) return Fail(ErrorCode::kInvalid, understood);
  return share;
}

Result<replicator::MostExtra> ParseMostExtra(std::string_view text) {
  const auto fail = [text] {
    return Fail(ErrorCode::kInvalid,
                fmt::format("`{}` is neither a share of the target's rows (5%, at most 100%) nor a "
                            "number of rows (2000)",
                            text));
  };
  if (!text.ends_with('%')) {
    const Result<int64_t> rows = ParseInteger(text);
    if (!rows || *rows < 0) return fail();
    return replicator::MostExtra{.rows = *rows};
  }
  const Result<double> percent = ParseNumber(text.substr(0, text.size() - 1));
  if (!percent || !(*percent > 0) || *percent > 100) return fail();
  return replicator::MostExtra{.share = *percent / 100};
}

Result<bool> ParseSwitch(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) return false;
  }
  return Fail(ErrorCode::kInvalid, fmt::format("`{}` is neither true nor false", text));
}

std::string WhyNoReason(std::string_view text) {
  if (text.size() > limits::kLongestReason) {
    return fmt::format("a reason has at most {} bytes, this one has {}", limits::kLongestReason,
                       CountText(static_cast<int64_t>(text.size())));
  }
  return text.empty() ? "a reason that is given is not empty" : "";
}

}  // namespace ddbsync::cli
