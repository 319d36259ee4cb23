#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace ddbsync::fake {

/// An HTTP request as its signature covers it.
struct SignedRequest {
  std::string_view method;
  std::string_view path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

/// The key id in an Authorization header, unverified; empty when there is none.
std::string_view CredentialKeyId(std::string_view authorization);

/// The keys a server knows, and whether requests are signed with them as AWS demands. Safe from any
/// thread.
class SignatureCheck {
 public:
  explicit SignatureCheck(std::string region) : region_(std::move(region)) {}

  /// `token`: the session token that has to come along; empty for long-term keys.
  void AddKey(std::string id, std::string secret, std::string token);
  /// From now on requests with this key get ExpiredTokenException.
  void Expire(const std::string& id);
  /// Throws a Refusal as AWS answers. `now` is the service's time.
  void Check(const SignedRequest& request, WallTime now) const;

 private:
  struct Key {
    std::string secret;
    std::string token;
    bool expired = false;
  };

  const std::string region_;
  mutable Mutex mutex_;
  std::map<std::string, Key> keys_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::fake
