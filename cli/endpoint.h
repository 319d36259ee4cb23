#pragma once

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials_sources.h"
#include "aws/environment.h"
#include "base/error.h"

namespace ddbsync::cli {

/// What may be said about one side of a copy: keys of [endpoint.NAME], flags --src-* and --dst-*,
/// variables DDBSYNC_SRC_* and DDBSYNC_DST_*. Empty: not said.
struct EndpointSettings {
  std::string table = {};
  std::string region = {};
  std::string profile = {};
  std::string env_file = {};
  std::string access_key_env = {};
  std::string secret_key_env = {};
  std::string session_token_env = {};
  std::string endpoint_url = {};
  std::string streams_endpoint_url = {};
  friend bool operator==(const EndpointSettings&, const EndpointSettings&) = default;
};

struct EndpointField {
  std::string_view name;   ///< "endpoint-url"
  std::string_view value;  ///< placeholder in --help
  std::string_view help;
  std::string EndpointSettings::* member;
};

/// All but `table`, which a side's argument names.
[[nodiscard]] std::span<const EndpointField> EndpointFields();

/// A table's ARN, taken apart.
struct TableArn {
  std::string region;
  std::string account;
  std::string table;
};
/// Nothing when it is not "arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME".
[[nodiscard]] std::optional<TableArn> ParseTableArn(std::string_view text);
/// 3 to 255 of A-Z a-z 0-9 _ . - (the API's rule).
[[nodiscard]] bool IsTableName(std::string_view text);

/// One side, ready to be reached.
struct Endpoint {
  std::string label;  ///< "source a", for messages
  std::string table;  ///< name or ARN
  std::string region;
  std::string url;
  std::string streams_url;
  aws::CredentialsOptions keys;
  /// What to say when the table turns out not to exist: the argument might have been meant as the
  /// name of an endpoint. Empty when it was one.
  std::string not_found_hint;
};

/// Where a side's settings come from; the later wins.
struct EndpointSources {
  std::string_view side;      ///< "src" or "dst"
  std::string_view argument;  ///< of --src or --dst
  /// The config's endpoints, and its path; empty when there is none.
  const std::map<std::string, EndpointSettings, std::less<>>& endpoints;
  std::string_view config_path;
  const std::map<std::string, std::string, std::less<>>& flags;  ///< "src-region" and the like
  const aws::Environment& environment;
  /// The side is an account and a region, and which tables of it is said otherwise: the argument is
  /// an endpoint without a table, or empty. So is the table of what comes back.
  bool without_table = false;
};

/// Reads nothing but the files that keys come from, for a region that is not said otherwise.
/// Errors: one for each fault, kInvalid, or kDenied for such a file that cannot be read.
[[nodiscard]] std::expected<Endpoint, std::vector<Error>> ResolveEndpoint(
    const EndpointSources& sources);

/// True when both sides are certainly one table. Two sides with different keys may be two accounts;
/// the job then tells by the tables' identity.
[[nodiscard]] bool IsSameTable(const Endpoint& source, const Endpoint& target);

}  // namespace ddbsync::cli
