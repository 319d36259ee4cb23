#pragma once

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "dynamodb/client.h"

// What is typed, put where a setting is kept. Every error is kInvalid, says what was typed and what
// is understood, and leaves what was there.

namespace ddbsync::cli {

[[nodiscard]] Result<void> SetText(std::string& into, std::string_view text);
/// What a table's name may begin with; empty, too.
[[nodiscard]] Result<void> SetPrefix(std::optional<std::string>& into, std::string_view text);
[[nodiscard]] Result<void> SetTag(std::optional<dynamodb::Tag>& into, std::string_view text);
[[nodiscard]] Result<void> SetSwitch(bool& into, std::string_view text);
[[nodiscard]] Result<void> SetDuration(Duration& into, std::string_view text, Duration least,
                                       Duration most);
[[nodiscard]] Result<void> SetInteger(int& into, std::string_view text, int64_t least,
                                      int64_t most);
[[nodiscard]] Result<void> SetCapacity(std::optional<double>& into, std::string_view text);
[[nodiscard]] Result<void> SetMemory(size_t& into, std::string_view text);

/// One of a few words.
template <class T, size_t N>
[[nodiscard]] Result<void> SetChoice(T& into, std::string_view text,
                                     const std::array<std::pair<std::string_view, T>, N>& choices) {
  std::string known;
  for (const auto& [word, value] : choices) {
    if (word == text) {
      into = value;
      return {};
    }
    known.append(known.empty() ? "" : ", ").append(word);
  }
  return Fail(ErrorCode::kInvalid, fmt::format("`{}` is not one of: {}", text, known));
}

}  // namespace ddbsync::cli
