#pragma once

#include <chrono>
#include <cstddef>

namespace ddbsync::metrics::limits {

/// One scraper, one `status --watch`, a browser and a probe at once take milliseconds each; the
/// others are for clients that are slow, of which a probe is to notice nothing.
inline constexpr int kHttpThreads = 16;

/// Connections that wait for a thread. Where there are more, the oldest are closed unanswered.
inline constexpr size_t kHttpQueue = 64;

/// Connections of which no byte has come yet, such as those that a browser opens in advance. They
/// take no thread. Where there are more, the oldest are closed; a thousand descriptors, the usual
/// bound of a process, are for the job's own calls.
inline constexpr size_t kHttpSilent = 64;

/// Until the headers are there, the TLS handshake with them: three round trips, which take less
/// than a second each anywhere on earth. Who is slower than that holds a thread for no longer.
inline constexpr std::chrono::seconds kHttpHeaderTimeout{3};

/// From the first byte of a request to the last of its answer, however slowly the client reads or
/// writes; also, until the first byte comes. Above the 10 s after which Prometheus gives up a
/// scrape by default nothing is gained.
inline constexpr std::chrono::seconds kHttpRequestTimeout{10};

/// Request line and headers. Browsers with many cookies for localhost stay below.
inline constexpr size_t kHttpHeaderBytes = size_t{32} << 10;

/// Bodies are a few settings as JSON.
inline constexpr size_t kHttpBodyBytes = size_t{64} << 10;

/// A client whose body is refused still sends it, and would not see the answer if the connection
/// ended before: so long it may.
inline constexpr std::chrono::seconds kHttpDrainTimeout{1};

}  // namespace ddbsync::metrics::limits
