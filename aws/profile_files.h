#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/error.h"

namespace ddbsync::aws {

/// Names are lower case; values trimmed.
using Settings = std::map<std::string, std::string, std::less<>>;

/// One profile of the shared files, as AWS's tools see it: ~/.aws/config below, ~/.aws/credentials
/// on top.
struct Profile {
  std::string name;
  Settings settings;
  bool found = false;
  std::string looked_in;  ///< both paths, for messages

  [[nodiscard]] std::string_view Get(std::string_view setting) const;
};

/// `name` empty: AWS_PROFILE, else "default". A file that does not exist is empty. kDenied when one
/// cannot be read, kInvalid (file and line) when one cannot be understood.
[[nodiscard]] Result<Profile> ReadProfile(const Environment& environment, std::string_view name);

/// Lines KEY=VALUE with `export `, quotes and # comments as shells write them. kDenied, kInvalid as
/// above; here the file must exist. Names keep their case.
[[nodiscard]] Result<Settings> ReadEnvFile(const std::string& path);

}  // namespace ddbsync::aws
