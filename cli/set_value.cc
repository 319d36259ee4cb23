#include <fmt/format.h>

#include "cli/endpoint.h"
#include "cli/limits.h"
#include "cli/set_value_internal.h"
#include "cli/text.h"
#include "cli/values.h"

namespace ddbsync::cli {

Result<void> SetText(std::string& into, std::string_view text) {
  if (text.empty()) return Fail(ErrorCode::kInvalid, "must not be empty");
  into = text;
  return {};
}

Result<void> SetPrefix(std::optional<std::string>& into, std::string_view text) {
  // As long as no name: nothing begins with it.
  if (!text.empty() && !IsTableName(std::string(text) + "..")) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("`{}` cannot begin a table's name (A-Z a-z 0-9 _ . -)", text));
  }
  into = text;
  return {};
}

Result<void> SetTag(std::optional<dynamodb::Tag>& into, std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("`{}` is not a tag: write KEY=VALUE, for instance env=prod", text));
  }
  into = {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
  return {};
}

Result<void> SetSwitch(bool& into, std::string_view text) {
  const Result<bool> value = ParseSwitch(text);
  if (!value) return std::unexpected(value.error());
  into = *value;
  return {};
}

Result<void> SetDuration(Duration& into, std::string_view text, Duration least, Duration most) {
  const Result<Duration> value = ParseDuration(text);
  if (!value) return std::unexpected(value.error());
  if (*value < least || *value > most) {
    const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
    return Fail(ErrorCode::kInvalid, fmt::format("`{}` is not between {:g}s and {:g}s", text,
                                                 seconds(least), seconds(most)));
  }
  into = *value;
  return {};
}

Result<void> SetInteger(int& into, std::string_view text, int64_t least, int64_t most) {
  const Result<int64_t> value = ParseInteger(text);
  if (!value) return std::unexpected(value.error());
  if (*value < least || *value > most) {
    return Fail(ErrorCode::kInvalid, fmt::format("`{}` is not between {} and {}", text,
                                                 CountText(least), CountText(most)));
  }
  into = static_cast<int>(*value);
  return {};
}

Result<void> SetCapacity(std::optional<double>& into, std::string_view text) {
  const Result<double> value = ParseNumber(text);
  if (!value) return std::unexpected(value.error());
  if (!(*value > 0) || *value > limits::kMostCapacity) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("`{}` is not a number of capacity units per second above 0; leave it "
                            "out for no limit of your own",
                            text));
  }
  into = *value;
  return {};
}

Result<void> SetMemory(size_t& into, std::string_view text) {
  const Result<size_t> value = ParseSize(text);
  if (!value) return std::unexpected(value.error());
  if (*value < limits::kLeastMemoryBytes) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("`{}` is less than {}, the least with which segments and shards do not "
                            "wait for one another",
                            text, BytesText(static_cast<int64_t>(limits::kLeastMemoryBytes))));
  }
  into = *value;
  return {};
}

}  // namespace ddbsync::cli
