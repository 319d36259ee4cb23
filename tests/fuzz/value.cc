// Values as people type them on the command line, in variables and in the config. An input is one
// value. What holds:
//  - a text is taken by its grammar or refused with kInvalid and words that quote it;
//  - what is taken is within the bounds that the callers' arithmetic relies on;
//  - a minus turns a duration or number around and nothing else; what is taken means the same when
//    it is written in another unit or time zone;
//  - whole numbers are those of another reader.

#include "cli/values.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "cli/endpoint.h"
#include "cli/settings.h"
#include "cli/text.h"
#include "tests/fuzz/input.h"

namespace ddbsync::fuzz {
namespace {

using namespace ddbsync::cli;

template <class T>
void CheckRefusal(const Result<T>& value, const std::string& text) {
  if (value) return;
  DDBSYNC_CHECK(value.error().code == ErrorCode::kInvalid);
  DDBSYNC_CHECK(value.error().message.find("`" + text + "`") != std::string::npos);
}

bool IsUnsigned(const std::string& text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) != 0;
}

void CheckDuration(const std::string& text) {
  const Result<Duration> value = ParseDuration(text);
  CheckRefusal(value, text);
  if (value) {
    const bool has_unit = text.ends_with('s') || text.ends_with('m') || text.ends_with('h');
    DDBSYNC_CHECK(has_unit);
    DDBSYNC_CHECK(std::abs(value->count()) <= 1'000'000'000'000'000'000);
  }
  if (!IsUnsigned(text)) return;
  const Result<Duration> negative = ParseDuration("-" + text);
  DDBSYNC_CHECK(negative.has_value() == value.has_value());
  if (value) DDBSYNC_CHECK(*negative == -*value);
}

void CheckSize(const std::string& text) {
  const Result<size_t> value = ParseSize(text);
  CheckRefusal(value, text);
  if (!value) return;
  DDBSYNC_CHECK(*value <= size_t{1} << 62);
  // A byte count says the same with its unit.
  DDBSYNC_CHECK(*value >= size_t{1} << 53 || *ParseSize(std::to_string(*value) + "B") == *value);
}

void CheckTime(const std::string& text) {
  const Result<WallTime> value = ParseTime(text);
  CheckRefusal(value, text);
  if (!value) return;
  const WallTime first = WallTime(std::chrono::sys_days(std::chrono::year{-1} / 12 / 31));
  const WallTime last = WallTime(std::chrono::sys_days(std::chrono::year{10000} / 1 / 2));
  DDBSYNC_CHECK(first <= *value && *value <= last);
  const std::string shown = TimeText(*value);
  const bool four_digits = shown.size() == std::string("2026-11-21T09:30:00.250Z").size();
  if (four_digits && IsUnsigned(shown)) DDBSYNC_CHECK(ParseTime(shown) == *value);
  if (!text.ends_with('Z')) return;
  const std::string local = text.substr(0, text.size() - 1);
  DDBSYNC_CHECK(*ParseTime(local + "+01:00") == *value - std::chrono::hours(1));
  DDBSYNC_CHECK(*ParseTime(local + "-00:30") == *value + std::chrono::minutes(30));
}

void CheckInteger(const std::string& text) {
  const Result<int64_t> value = ParseInteger(text);
  CheckRefusal(value, text);
  const bool plain = !text.empty() && text.find_first_not_of("0123456789-") == std::string::npos &&
                     text.find('-', 1) == std::string::npos && text != "-";
  errno = 0;
  const long long other = std::strtoll(text.c_str(), nullptr, 10);
  DDBSYNC_CHECK(value.has_value() == (plain && errno == 0));
  if (value) DDBSYNC_CHECK(*value == other);
}

void CheckNumber(const std::string& text) {
  const Result<double> value = ParseNumber(text);
  CheckRefusal(value, text);
  if (value) DDBSYNC_CHECK(std::isfinite(*value));
  if (IsUnsigned(text) && value) DDBSYNC_CHECK(*ParseNumber("-" + text) == -*value);
}

void CheckArn(const std::string& text) {
  if (const std::optional<TableArn> arn = ParseTableArn(text)) {
    DDBSYNC_CHECK(text.starts_with("arn:") && IsTableName(arn->table));
    DDBSYNC_CHECK(
        text.ends_with(":dynamodb:" + arn->region + ":" + arn->account + ":table/" + arn->table));
  }
}

/// Every setting takes the text or says why not.
void CheckSettings(const std::string& text) {
  for (const Setting& setting : AllSettings()) {
    Settings settings;
    const Result<void> applied = setting.apply(settings, text);
    DDBSYNC_CHECK(applied || applied.error().code == ErrorCode::kInvalid);
    DDBSYNC_CHECK(settings.job.settle > Duration::zero() && settings.io_threads >= 0);
    DDBSYNC_CHECK(settings.job.poll_interval > Duration::zero());
  }
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ddbsync::fuzz;
  const std::string text(Input(data, size).Rest());
  CheckDuration(text);
  CheckSize(text);
  CheckTime(text);
  CheckInteger(text);
  CheckNumber(text);
  CheckRefusal(ddbsync::cli::ParseSwitch(text), text);
  CheckArn(text);
  CheckSettings(text);
  return 0;
}
