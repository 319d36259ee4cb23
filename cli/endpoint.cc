#include "cli/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

#include "aws/endpoint.h"
#include "cli/settings.h"
#include "cli/spelling.h"

namespace ddbsync::cli {
namespace {

constexpr std::array kFields = {
    EndpointField{"region", "REGION", "AWS region", &EndpointSettings::region},
    EndpointField{"profile", "NAME", "profile in ~/.aws to take keys and region from",
                  &EndpointSettings::profile},
    EndpointField{"env-file", "FILE", "file of AWS_ACCESS_KEY_ID=... lines to take keys from",
                  &EndpointSettings::env_file},
    EndpointField{"access-key-env", "VARIABLE", "variable that holds the access key id",
                  &EndpointSettings::access_key_env},
    EndpointField{"secret-key-env", "VARIABLE", "variable that holds the secret access key",
                  &EndpointSettings::secret_key_env},
    EndpointField{"session-token-env", "VARIABLE", "variable that holds the session token",
                  &EndpointSettings::session_token_env},
    EndpointField{"endpoint-url", "URL", "for emulators and VPC endpoints",
                  &EndpointSettings::endpoint_url},
    EndpointField{"streams-endpoint-url", "URL", "where streams live elsewhere",
                  &EndpointSettings::streams_endpoint_url},
};

bool AllOf(std::string_view text, std::string_view beside) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           beside.find(c) != std::string_view::npos;
  });
}

/// Works out one side.
class Resolver {
 public:
  explicit Resolver(const EndpointSources& sources) : from_(sources) {
    endpoint_.label = from_.side == "src" ? "source" : "target";
    if (!from_.argument.empty()) endpoint_.label.append(" ").append(from_.argument);
  }

  std::expected<Endpoint, std::vector<Error>> Resolve() {
    NameTable();
    Overlay();
    if (const auto arn = ParseTableArn(endpoint_.table)) TakeRegionOf(*arn);
    TakeKeys();
    FindRegion();
    FindUrls();
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    return std::move(endpoint_);
  }

 private:
  void Fault(const std::string& message) {
    Error fault{ErrorCode::kInvalid, fmt::format("{}: {}", endpoint_.label, message)};
    // Both services' addresses come from one region or URL: its fault is one fault.
    if (std::ranges::find(faults_, fault) == faults_.end()) faults_.push_back(std::move(fault));
  }

  std::string KnownEndpoints() const {
    if (from_.config_path.empty()) return "there is no config file";
    std::string known;
    for (const auto& [name, fields] : from_.endpoints) {
      known.append(known.empty() ? "" : ", ").append(name);
    }
    return fmt::format("{} has {}", from_.config_path,
                       known.empty() ? "no endpoints" : "the endpoints " + known);
  }

  /// Config name, else ARN, else table name.
  void NameTable() {
    const auto configured = from_.endpoints.find(from_.argument);
    if (configured != from_.endpoints.end()) {
      settings_ = configured->second;
      endpoint_.table = settings_.table;
      CheckConfiguredTable();
      return;
    }
    if (from_.without_table) {
      if (!from_.argument.empty()) NoSuchEndpoint("which it must be beside --src-prefix");
      return;
    }
    endpoint_.table = from_.argument;
    if (ParseTableArn(from_.argument)) return;
    if (from_.argument.starts_with("arn:") || !IsTableName(from_.argument)) {
      NoSuchEndpoint("nor a table's ARN, nor a table's name (3 to 255 of A-Z a-z 0-9 _ . -)");
      return;
    }
    endpoint_.not_found_hint =
        fmt::format("`{}` was taken for a table's name, because no endpoint is called that: {}{}",
                    from_.argument, KnownEndpoints(), Meant());
  }

  void CheckConfiguredTable() {
    const std::string& table = endpoint_.table;
    const std::string section =
        fmt::format("[endpoint.{}] of {}", from_.argument, from_.config_path);
    if (from_.without_table) {
      if (table.empty()) return;
      Fault(
          fmt::format("{} has a table, {}; beside --src-prefix or --src-tag name an endpoint "
                      "without one",
                      section, table));
    } else if (table.empty()) {
      Fault(fmt::format("{} has no `table`; only --src-prefix and --src-tag do without", section));
    } else if (!ParseTableArn(table) && !IsTableName(table)) {
      Fault(fmt::format("`{}` is neither a table's name nor a table's ARN", table));
    }
  }

  void NoSuchEndpoint(std::string_view else_what) {
    unknown_ = true;
    Fault(fmt::format("`{}` is not the name of an endpoint ({}), {}{}", from_.argument,
                      KnownEndpoints(), else_what, Meant()));
  }

  std::string Meant() const {
    std::vector<std::string_view> names;
    for (const auto& [name, fields] : from_.endpoints) names.push_back(name);
    return DidYouMean(from_.argument, names);
  }

  /// Variables over the config, flags over both.
  void Overlay() {
    for (const EndpointField& field : kFields) {
      const std::string name = fmt::format("{}-{}", from_.side, field.name);
      if (auto value = from_.environment.Get(VariableName(name))) {
        settings_.*field.member = *value;
      }
      const auto flag = from_.flags.find(name);
      if (flag == from_.flags.end()) continue;
      if (flag->second.empty()) Fault(fmt::format("--{} must not be empty", name));
      settings_.*field.member = flag->second;
    }
  }

  void TakeRegionOf(const TableArn& arn) {
    std::string& region = settings_.region;
    if (!region.empty() && region != arn.region) {
      Fault(fmt::format("the region is set to {}, but {} is in {}", region, endpoint_.table,
                        arn.region));
    }
    region = arn.region;
  }

  /// The rules of which keys go together are those of aws/.
  void TakeKeys() {
    const EndpointSettings& s = settings_;
    endpoint_.keys = {.side = from_.side == "src" ? "source" : "target",
                      .profile = s.profile,
                      .env_file = s.env_file,
                      .access_key_env = s.access_key_env,
                      .secret_key_env = s.secret_key_env,
                      .session_token_env = s.session_token_env};
    const auto made = aws::MakeCredentials(endpoint_.keys, from_.environment);
    if (!made) faults_.push_back(made.error());
  }

  void FindRegion() {
    std::string& region = endpoint_.region = settings_.region;
    if (!region.empty()) return;
    Result<std::string> found = aws::LookUpRegion(endpoint_.keys, from_.environment);
    if (!found) {
      faults_.push_back(found.error());
    } else if (found->empty() && !unknown_) {
      const std::string& hint = endpoint_.not_found_hint;
      Fault(
          fmt::format("no region: set --{}-region, `region` in the config's [endpoint.NAME], "
                      "or AWS_REGION{}{}",
                      from_.side, hint.empty() ? "" : "; ", hint));
    } else {
      region = std::move(*found);
    }
  }

  /// Streams live where tables live, unless they are said to live elsewhere; with nothing said, at
  /// AWS's own addresses.
  void FindUrls() {
    const std::string& streams = settings_.streams_endpoint_url;
    endpoint_.url = Url(aws::Service::kDynamoDb, settings_.endpoint_url);
    endpoint_.streams_url =
        Url(aws::Service::kStreams, streams.empty() ? settings_.endpoint_url : streams);
  }

  std::string Url(aws::Service service, const std::string& said) {
    if (!said.empty()) {
      if (const auto parts = aws::SplitUrl(said); !parts) Fault(parts.error().message);
      return said.ends_with('/') ? said : said + "/";
    }
    if (endpoint_.region.empty()) return {};
    Result<std::string> url = aws::DefaultUrl(service, endpoint_.region);
    if (url) return *url;
    Fault(url.error().message);
    return {};
  }

  const EndpointSources& from_;
  EndpointSettings settings_;
  Endpoint endpoint_;
  bool unknown_ = false;  ///< nobody knows which region a name without a meaning had
  std::vector<Error> faults_;
};

}  // namespace

std::span<const EndpointField> EndpointFields() {
  return kFields;
}

std::optional<TableArn> ParseTableArn(std::string_view text) {
  std::array<std::string_view, 5> parts;
  for (std::string_view& part : parts) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  constexpr std::string_view kResource = "table/";
  const auto& [arn, partition, service, region, account] = parts;
  if (arn != "arn" || !partition.starts_with("aws") || service != "dynamodb" || region.empty() ||
      account.empty() || !text.starts_with(kResource) || !AllOf(region, "-")) {
    return std::nullopt;
  }
  text.remove_prefix(kResource.size());
  if (!IsTableName(text)) return std::nullopt;
  return TableArn{std::string(region), std::string(account), std::string(text)};
}

bool IsTableName(std::string_view text) {
  return text.size() >= 3 && text.size() <= 255 && AllOf(text, "_.-");
}

std::expected<Endpoint, std::vector<Error>> ResolveEndpoint(const EndpointSources& sources) {
  return Resolver(sources).Resolve();
}

bool IsSameTable(const Endpoint& source, const Endpoint& target) {
  if (source.url != target.url || source.region != target.region) return false;
  const auto source_arn = ParseTableArn(source.table);
  const auto target_arn = ParseTableArn(target.table);
  const std::string& source_name = source_arn ? source_arn->table : source.table;
  const std::string& target_name = target_arn ? target_arn->table : target.table;
  if (source_name != target_name) return false;
  if (source_arn && target_arn) return source_arn->account == target_arn->account;
  const auto keys = [](const aws::CredentialsOptions& k) {
    return std::tie(k.profile, k.env_file, k.access_key_env, k.secret_key_env);
  };
  return !source_arn && !target_arn && keys(source.keys) == keys(target.keys);
}

}  // namespace ddbsync::cli
