#pragma once

#include <string>

namespace ddbsync::metrics {

/// docs/metrics.md, made from metrics/families.h.
[[nodiscard]] std::string DescribeFamilies();

/// How the page is made anew.
inline constexpr const char* kDescribeCommand =
    "cmake --build --preset release --target ddbsync_metrics_doc && "
    "build/release/tests/metrics/ddbsync_metrics_doc > docs/metrics.md";

}  // namespace ddbsync::metrics
