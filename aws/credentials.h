#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace ddbsync::aws {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;                ///< empty for long-term keys
  std::optional<WallTime> expiration = {};  ///< none: does not expire as far as we know

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// Where keys come from. Source and target each have their own. Safe from any thread.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;

  /// The keys to sign with now. May read files again. Errors: kDenied with what was looked for,
  /// where, and what to do.
  [[nodiscard]] virtual Result<Credentials> Get() = 0;

  /// The service refused these keys as expired or unknown: the next Get reads the origin again.
  virtual void Invalidate() = 0;

  /// Whose keys these are and where they come from, for messages: `the source's profile "prod"`.
  [[nodiscard]] virtual std::string Origin() const { return "the credentials"; }
};

}  // namespace ddbsync::aws
