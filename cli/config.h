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

/// Settings by name ("write-capacity").
using Givens = std::map<std::string, Given, std::less<>>;

/// The config file:
///
///   write_capacity = 500   # any flag's name with underscores: of the process and of all its jobs
///   [job]                  # the same, where there is one job
///   [[job]]                # or one of several: name, src, dst, and what is to differ
///   [endpoint.NAME]        # table, region, profile, ... (EndpointFields)
struct Config {
  std::string path;          ///< empty: there is none
  Givens general;            ///< before the first section
  Givens job;                ///< of [job]
  std::vector<Givens> jobs;  ///< one for each [[job]]; its `name` as "job"
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
