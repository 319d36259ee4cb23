#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/settings.h"
#include "metrics/http_server.h"

namespace ddbsync::cli {

/// What is wrong with a token file of this owner and mode for a process of `user`, and what to
/// type; empty: nothing. Others may never read it. A group may when the file is root's, since only
/// root can have named whom: a systemd credential has an ACL for the service's user, which shows as
/// mode 440, and a Kubernetes secret has the pod's fsGroup. A file of our own with a group is more
/// likely an umask's doing, and we can mend it.
[[nodiscard]] std::string TokenExposure(uid_t owner, mode_t mode, uid_t user,
                                        const std::string& path);

/// The token in a file, without the line's end. Errors: kInvalid (too short, or not one line of
/// visible characters), kDenied (TokenExposure, or we may not read the file), kNotFound. They name
/// the file, never what is in it. Links are followed: a secret's file in Kubernetes is two of them.
[[nodiscard]] Result<std::string> ReadToken(const std::string& path);

/// What --listen, --token-file, --tls-cert and --tls-key say together. All their faults at once go
/// to `faults`.
[[nodiscard]] metrics::Access LoadAccess(const Settings& settings, std::vector<Error>& faults);

}  // namespace ddbsync::cli
