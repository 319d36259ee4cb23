#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ddbsync::cli {

/// The known word nearest to `word` by edit distance; empty when none is near enough to be meant.
[[nodiscard]] std::string_view Nearest(std::string_view word,
                                       std::span<const std::string_view> known);

/// "; did you mean `region`?", or nothing. For the end of a message.
[[nodiscard]] std::string DidYouMean(std::string_view word, std::span<const std::string_view> known,
                                     std::string_view prefix = "");

}  // namespace ddbsync::cli
