#pragma once

#include <string_view>

namespace ddbsync {

/// "0.1.0", from the top CMakeLists.txt.
std::string_view Version();

}  // namespace ddbsync
