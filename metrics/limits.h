#pragma once

#include <chrono>
#include <cstddef>

namespace ddbsync::metrics::limits {

/// One scraper, one `status --watch`, a browser and a probe at once; each answer takes
/// milliseconds.
inline constexpr int kHttpThreads = 4;

/// Connections that wait for a thread; more are closed unanswered.
inline constexpr size_t kHttpQueue = 64;

/// From the accepted connection to the last byte of its answer, however slowly the client reads or
/// writes. Above the 10 s after which Prometheus gives up a scrape by default nothing is gained.
inline constexpr std::chrono::seconds kHttpRequestTimeout{10};

/// Request line and headers. Browsers with many cookies for localhost stay below.
inline constexpr size_t kHttpHeaderBytes = size_t{32} << 10;

/// Bodies are a few settings as JSON.
inline constexpr size_t kHttpBodyBytes = size_t{64} << 10;

}  // namespace ddbsync::metrics::limits
