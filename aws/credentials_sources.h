#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws/environment.h"
#include "base/error.h"

namespace ddbsync::aws {

/// Where one side's keys come from. At most one of env_file, profile and the names of variables;
/// none of them: AWS's ordinary order, the environment, then the shared files.
struct CredentialsOptions {
  std::string side;      ///< "source" or "target", for messages
  std::string profile;   ///< of ~/.aws/credentials and ~/.aws/config
  std::string env_file;  ///< KEY=VALUE lines with the names that AWS's tools use
  /// Names of environment variables, not keys.
  std::string access_key_env;
  std::string secret_key_env;
  std::string session_token_env;  ///< optional
};

/// kInvalid when the options contradict each other or are incomplete. Nothing is read before the
/// first Get. `environment` outlives the provider.
[[nodiscard]] Result<std::unique_ptr<CredentialsProvider>> MakeCredentials(
    const CredentialsOptions& options, const Environment& environment);

/// The region of the same origin: of the env file; else AWS_REGION, AWS_DEFAULT_REGION; else of the
/// profile. Empty when none is set. kDenied, kInvalid: a file that cannot be read or understood.
[[nodiscard]] Result<std::string> LookUpRegion(const CredentialsOptions& options,
                                               const Environment& environment);

}  // namespace ddbsync::aws
