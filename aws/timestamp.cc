#include "aws/timestamp.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ddbsync::aws {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// -1 for anything but digits.
int Digits(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && parsed == end && value >= 0 ? value : -1;
}

/// True when the text has the shape's characters wherever the shape has no '_'.
bool HasShape(std::string_view text, std::string_view shape) {
  return std::ranges::equal(text, shape, [](char c, char s) { return s == '_' || c == s; });
}

/// The last `count` digits of a number that is not negative.
void PutDigits(int number, int count, char* text) {
  for (int i = count; i-- > 0; number /= 10) text[i] = static_cast<char>('0' + number % 10);
}

/// "12:36:00"
std::optional<std::chrono::seconds> TimeOfDay(std::string_view text) {
  const int hour = Digits(text.substr(0, 2));
  const int minute = Digits(text.substr(3, 2));
  const int second = Digits(text.substr(6, 2));
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return {};
  if (second < 0 || second > 60) return {};  // 60: a leap second
  return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

std::optional<WallTime> Combine(int year, int month, int day, std::string_view time_of_day) {
  if (year < 0 || month < 0 || day < 0) return {};
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  const auto time = TimeOfDay(time_of_day);
  if (!date.ok() || !time) return {};
  return std::chrono::sys_days(date) + *time;
}

}  // namespace

std::string AmzDate(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  std::string text = "YYYYmmddTHHMMSSZ";
  PutDigits(static_cast<int>(date.year()), 4, &text[0]);
  PutDigits(static_cast<int>(static_cast<unsigned>(date.month())), 2, &text[4]);
  PutDigits(static_cast<int>(static_cast<unsigned>(date.day())), 2, &text[6]);
  PutDigits(static_cast<int>(clock.hours().count()), 2, &text[9]);
  PutDigits(static_cast<int>(clock.minutes().count()), 2, &text[11]);
  PutDigits(static_cast<int>(clock.seconds().count()), 2, &text[13]);
  return text;
}

std::string IsoTime(WallTime time) {
  const std::string compact = AmzDate(time);
  std::string text = compact.substr(0, 4);
  text.append("-").append(compact, 4, 2).append("-").append(compact, 6, 5);
  return text.append(":").append(compact, 11, 2).append(":").append(compact, 13);
}

std::optional<WallTime> ParseIsoTime(std::string_view text) {
  constexpr std::string_view kShape = "____-__-__T__:__:__";
  if (!HasShape(text.substr(0, kShape.size()), kShape)) return {};
  std::string_view zone = text.substr(kShape.size());
  if (zone.starts_with('.')) {
    zone.remove_prefix(std::min(zone.find_first_not_of("0123456789", 1), zone.size()));
  }
  if (zone != "Z" && zone != "+00:00" && zone != "+0000") return {};
  return Combine(Digits(text.substr(0, 4)), Digits(text.substr(5, 2)), Digits(text.substr(8, 2)),
                 text.substr(11, 8));
}

std::optional<WallTime> ParseHttpDate(std::string_view text) {
  if (!HasShape(text, "___, __ ___ ____ __:__:__ GMT")) return {};
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return {};
  return Combine(Digits(text.substr(12, 4)), static_cast<int>(month - kMonths.begin()) + 1,
                 Digits(text.substr(5, 2)), text.substr(17, 8));
}

}  // namespace ddbsync::aws
