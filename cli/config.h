#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/environment.h"
#include "base/error.h"
#include "cli/endpoint.h"

namespace ddbsync::cli {

/// A value and where it was said: "--memory", "DDBSYNC_MEMORY", "ddbsync.toml:12: job.memory".
struct Given {
  std::string text;
  std::string origin;
};

/// The config file:
///
///   [job]                  # any flag's name with underscores, e.g. write_capacity = 500
///   [endpoint.NAME]        # table, region, profile, ... (EndpointFields)
struct Config {
  std::string path;                               ///< empty: there is none
  std::map<std::string, Given, std::less<>> job;  ///< by the setting's name ("write-capacity")
  std::map<std::string, EndpointSettings, std::less<>> endpoints;
  /// One each, with file, line, key and the key that was probably meant. kInvalid or kNotFound.
  std::vector<Error> faults;
  /// False when it could not be read at all: then nothing may be concluded from what is missing.
  bool readable = true;
};

[[nodiscard]] Config ParseConfig(std::string_view text, std::string_view path);

/// The config that counts: `asked` (--config), else ./ddbsync.toml, else
/// $XDG_CONFIG_HOME/ddbsync/config.toml, else none.
[[nodiscard]] Config LoadConfig(const std::optional<std::string>& asked,
                                const aws::Environment& environment);

}  // namespace ddbsync::cli
