#include "cli/text.h"

#include <fmt/format.h>

#include <cmath>

namespace ddbsync::cli {
namespace {

bool StartsCodePoint(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

/// A code point of this first byte: Chinese, Japanese, Korean and pictures take two columns. Some
/// that take one count as two, so that a line may be shorter than it could be, never longer.
int ColumnsOf(unsigned char first) {
  constexpr unsigned char kPunctuation = 0xE2;  // and arrows, boxes, signs
  return first < 0xE1 || first == kPunctuation ? 1 : 2;
}

}  // namespace

std::string TimeText(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string SpanText(double seconds) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  // Beyond this nobody reads the digits, and the conversion to an integer stays defined.
  constexpr double kLongest = 1e12;
  if (!std::isfinite(seconds)) return "unknown";
  if (seconds < 0) seconds = 0;
  if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(std::min(seconds, kLongest)));
  if (whole < kMinute) return fmt::format("{}s", whole);
  if (whole < kHour) return fmt::format("{}m{:02}s", whole / kMinute, whole % kMinute);
  if (whole < kDay) return fmt::format("{}h{:02}m", whole / kHour, whole % kHour / kMinute);
  return fmt::format("{}d{:02}h", whole / kDay, whole % kDay / kHour);
}

std::string SpanText(const std::optional<double>& seconds) {
  return seconds ? SpanText(*seconds) : "unknown";
}

std::string CountText(int64_t count) {
  std::string digits = std::to_string(count);
  const size_t first = digits.starts_with('-') ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string RateText(double per_second) {
  constexpr double kWhole = 99.95;  // from here on the fraction is noise
  if (!std::isfinite(per_second) || per_second < 0) return "0";
  if (per_second == 0) return "0";
  if (per_second < kWhole) return fmt::format("{:.1f}", per_second);
  return CountText(static_cast<int64_t>(std::llround(std::min(per_second, 1e15))));
}

std::string BytesText(int64_t bytes) {
  auto size = static_cast<double>(bytes);
  constexpr double kStep = 1024;
  const char* unit = "B";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (size < kStep) break;
    size /= kStep;
    unit = next;
  }
  return std::string_view(unit) == "B" ? fmt::format("{} B", bytes)
                                       : fmt::format("{:.1f} {}", size, unit);
}

int Columns(std::string_view text) {
  int columns = 0;
  for (const char c : text) columns += StartsCodePoint(c) ? ColumnsOf(c) : 0;
  return columns;
}

std::string Clip(std::string_view text, int columns) {
  constexpr std::string_view kCut = "...";
  constexpr int kLeastCut = 6;  // below, dots take more than they tell
  std::string clipped;
  if (columns <= 0) return clipped;
  const bool whole = Columns(text) <= columns;
  const bool dots = !whole && columns >= kLeastCut;
  const int room = dots ? columns - static_cast<int>(kCut.size()) : columns;
  int used = 0;
  for (const char c : text) {
    if (StartsCodePoint(c) && (used += ColumnsOf(c)) > room) break;
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    clipped += control ? ' ' : c;
  }
  if (dots) clipped.append(kCut);
  return clipped;
}

}  // namespace ddbsync::cli
