#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace ddbsync::aws {

// Signature Version 4 (AWS General Reference, "Signing AWS API requests"). Each stage is a function
// of its own, because the published test vectors check each stage.

/// What a derived key is good for: a region, a service and the UTC day of `time`.
struct SigningScope {
  std::string_view region;
  std::string_view service;
  WallTime time;
};

struct CanonicalRequest {
  std::string_view method;
  std::string_view path;                                     ///< already URI-encoded
  std::string_view query;                                    ///< already canonical
  std::vector<std::pair<std::string, std::string>> headers;  ///< those to sign; any order and case
  std::string_view payload_hash;                             ///< hex SHA-256 of the body
};

std::string Sha256Hex(std::string_view bytes);
std::string CanonicalRequestText(const CanonicalRequest& request);
std::string StringToSign(const SigningScope& scope, std::string_view canonical_request);
/// The derived key, 32 raw bytes.
std::string SigningKey(std::string_view secret_access_key, const SigningScope& scope);
std::string AuthorizationHeader(const Credentials& credentials, const SigningScope& scope,
                                const CanonicalRequest& request, std::string_view signing_key);

/// Keeps the derived key of (secret, UTC day, region, service). Safe from any thread.
class SigningKeyCache {
 public:
  [[nodiscard]] std::string Get(std::string_view secret_access_key, const SigningScope& scope);

 private:
  Mutex mutex_;
  std::string key_ GUARDED_BY(mutex_);  ///< empty: none yet; of the four below
  std::chrono::sys_days day_ GUARDED_BY(mutex_);
  std::string secret_ GUARDED_BY(mutex_);
  std::string region_ GUARDED_BY(mutex_);
  std::string service_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::aws
