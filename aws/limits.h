#pragma once

#include <chrono>
#include <cstddef>

namespace ddbsync::aws::limits {

/// Retry quota and waiting times: AWS's SDKs, "standard" retry mode of 2026, for DynamoDB.
inline constexpr int kRetryTokens = 500;
inline constexpr int kTransientCost = 14;
inline constexpr int kThrottleCost = 5;
inline constexpr int kFirstTryRefund = 1;
inline constexpr std::chrono::milliseconds kTransientBase{25};
inline constexpr std::chrono::milliseconds kThrottleBase{1000};
inline constexpr std::chrono::seconds kLongestDelay{20};

/// A clock difference below this is not why a signature was refused: AWS tolerates 15 minutes, its
/// SDKs correct from 4 minutes on.
inline constexpr std::chrono::minutes kSkewWorthCorrecting{4};

/// A Date header has whole seconds.
inline constexpr std::chrono::seconds kDateResolution{1};

/// A Date after the year 2200 is no clock's, and nanoseconds overflow in 2262.
inline constexpr std::chrono::sys_days kLatestDate{std::chrono::year{2200} / 1 / 1};

/// simdjson reads up to 64 bytes past the end of a document.
inline constexpr size_t kBodyPadding = 64;

/// The largest answer taken. A page of 1 MB of items, or a BatchGetItem of 16 MB, grows by escapes,
/// base64 and type tags, never by a factor of four.
inline constexpr size_t kMaxResponseBytes = size_t{64} << 20;

/// libcurl's receive buffer: a page of 1 MB in a few reads.
inline constexpr long kReceiveBufferBytes = 128L << 10;

/// AWS's SDKs' default for connect and TLS together is 3.1 s across regions; a busy machine needs
/// some more.
inline constexpr std::chrono::seconds kConnectTimeout{5};

/// NAT gateways and load balancers forget an idle flow after 350 s without telling; SDKs keep idle
/// connections for 60 s.
inline constexpr std::chrono::seconds kMaxIdle{60};
inline constexpr std::chrono::seconds kKeepAliveIdle{60};
inline constexpr std::chrono::seconds kKeepAliveInterval{15};

/// Old connections make way so that load follows hosts that come and go behind the name.
inline constexpr std::chrono::minutes kMaxConnectionAge{5};

/// Below the default --settle of 5 s: bytes of a write that the peer does not acknowledge for so
/// long are given up by the kernel.
inline constexpr std::chrono::seconds kWriteUserTimeout{4};

/// Less than a byte per second for so long is a dead peer, whatever the request's time-out.
inline constexpr std::chrono::seconds kLowSpeedTime{15};

/// How much of an answer that is not DynamoDB's is quoted in an error.
inline constexpr size_t kQuotedBytes = 200;

/// A credentials or configuration file larger than this is not one.
inline constexpr size_t kMaxConfigFileBytes = size_t{1} << 20;

}  // namespace ddbsync::aws::limits
