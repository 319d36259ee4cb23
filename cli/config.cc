#include "cli/config.h"

#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "cli/settings.h"
#include "cli/spelling.h"

namespace ddbsync::cli {
namespace {

constexpr std::string_view kEndpoint = "endpoint";
constexpr std::string_view kJob = "job";

/// Where settings stand.
enum class Section { kGeneral, kOnlyJob, kOneOfSeveral };

/// Walks one file and gathers its faults.
class Reader {
 public:
  explicit Reader(std::string_view path) { config_.path = path; }

  void Read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const toml::table* const section = node.as_table();
      const toml::array* const list = node.as_array();
      if (key == kJob && section != nullptr) {
        config_.job = ReadSettings(*section, Section::kOnlyJob);
      } else if (key == kJob && list != nullptr && list->is_array_of_tables()) {
        for (const toml::node& job : *list) {
          config_.jobs.push_back(ReadSettings(*job.as_table(), Section::kOneOfSeveral));
        }
      } else if (key == kEndpoint && section != nullptr) {
        ReadEndpoints(*section);
      } else if (key == kJob || key == kEndpoint) {
        Fault(key, fmt::format("`{}` must be a section: write [{}{}]", key.str(), key.str(),
                               key == kEndpoint ? ".NAME" : ""));
      } else if (section != nullptr || list != nullptr) {
        Fault(key, fmt::format("unknown section `{}`{}", key.str(),
                               Meant(key.str(), {std::string(kJob), std::string(kEndpoint)})));
      } else {
        ReadSetting(key, node, Section::kGeneral, config_.general);
      }
    }
  }

  Config Take() { return std::move(config_); }

 private:
  std::string At(const toml::key& key) const {
    return fmt::format("{}:{}", config_.path, key.source().begin.line);
  }

  void Fault(const toml::key& key, std::string_view message) {
    config_.faults.push_back({ErrorCode::kInvalid, fmt::format("{}: {}", At(key), message)});
  }

  /// Keys and what they set.
  using Keys = std::map<std::string, const Setting*, std::less<>>;

  /// Which of them a section may have.
  static Keys KnownKeys(Section section) {
    Keys keys;
    for (const Setting& setting : AllSettings()) {
      const bool of_one = setting.name == "src" || setting.name == "dst" || setting.name == "job";
      if (section == Section::kGeneral && of_one) continue;
      if (section == Section::kOneOfSeveral && setting.scope == Scope::kProcess) continue;
      const bool name = section == Section::kOneOfSeveral && setting.name == "job";
      keys[name ? "name" : ConfigKey(setting.name)] = &setting;
    }
    return keys;
  }

  static std::string Meant(std::string_view typed, const std::vector<std::string>& known) {
    return DidYouMean(typed, std::vector<std::string_view>(known.begin(), known.end()));
  }

  Givens ReadSettings(const toml::table& section, Section kind) {
    Givens givens;
    for (const auto& [key, node] : section) ReadSetting(key, node, kind, givens);
    return givens;
  }

  void ReadSetting(const toml::key& key, const toml::node& node, Section kind, Givens& givens) {
    const Keys known = KnownKeys(kind);
    const auto found = known.find(key.str());
    if (found == known.end()) {
      Fault(key, UnknownKey(key.str(), kind, known));
    } else if (const std::optional<std::string> text = Scalar(node)) {
      givens[std::string(found->second->name)] = {*text, fmt::format("{}: {}", At(key), key.str())};
    } else {
      Fault(key, fmt::format("`{}` must be one value", key.str()));
    }
  }

  static std::string UnknownKey(std::string_view key, Section kind, const Keys& known) {
    if (kind == Section::kOneOfSeveral && KnownKeys(Section::kGeneral).contains(key)) {
      return fmt::format("`{}` is the whole process's: write it before the first section", key);
    }
    std::vector<std::string> names;
    for (const auto& [name, setting] : known) names.push_back(name);
    if (kind == Section::kGeneral) {
      names.insert(names.end(), {std::string(kJob), std::string(kEndpoint)});
    }
    return fmt::format("unknown key `{}`{}{}", key,
                       kind == Section::kOnlyJob        ? " in [job]"
                       : kind == Section::kOneOfSeveral ? " in [[job]]"
                                                        : "",
                       Meant(key, names));
  }

  void ReadEndpoints(const toml::table& section) {
    for (const auto& [name, node] : section) {
      if (const toml::table* fields = node.as_table()) {
        ReadEndpoint(name, *fields);
      } else {
        Fault(name, fmt::format("`{0}` must be a section of its own: write [endpoint.NAME] and "
                                "below it {0} = ...",
                                name.str()));
      }
    }
  }

  void ReadEndpoint(const toml::key& name, const toml::table& section) {
    EndpointSettings& endpoint = config_.endpoints[std::string(name.str())];
    std::vector<std::string> keys = {"table"};
    for (const EndpointField& field : EndpointFields()) keys.push_back(ConfigKey(field.name));
    const std::vector<std::string_view> known(keys.begin(), keys.end());
    for (const auto& [key, node] : section) {
      const auto found = std::find(keys.begin(), keys.end(), key.str());
      const std::optional<std::string> text = node.value<std::string>();
      if (found == keys.end()) {
        Fault(key, fmt::format("unknown key `{}` in [endpoint.{}]{}", key.str(), name.str(),
                               DidYouMean(key.str(), known)));
      } else if (!node.is_string() || !text || text->empty()) {
        Fault(key,
              fmt::format("`{}` in [endpoint.{}] must be text in quotes", key.str(), name.str()));
      } else if (found == keys.begin()) {
        endpoint.table = *text;
      } else {
        endpoint.*EndpointFields()[static_cast<size_t>(found - keys.begin()) - 1].member = *text;
      }
    }
  }

  /// As it would be typed on the command line.
  static std::optional<std::string> Scalar(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    return std::nullopt;
  }

  Config config_;
};

Config Unreadable(std::string_view path, ErrorCode code, std::string message) {
  Config config;
  config.path = path;
  config.faults.push_back({code, std::move(message)});
  config.readable = false;
  return config;
}

Config ReadConfig(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int reason = errno;
    return Unreadable(path, reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalid,
                      fmt::format("cannot read the config {}: {}", path, std::strerror(reason)));
  }
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) {
    return Unreadable(path, ErrorCode::kInvalid, fmt::format("cannot read the config {}", path));
  }
  return ParseConfig(text, path);
}

}  // namespace

Config ParseConfig(std::string_view text, std::string_view path) {
  Reader reader(path);
  try {
    const toml::table root = toml::parse(text);
    reader.Read(root);
  } catch (const toml::parse_error& error) {
    return Unreadable(
        path, ErrorCode::kInvalid,
        fmt::format("{}:{}: not TOML: {}", path, error.source().begin.line, error.description()));
  }
  return reader.Take();
}

Config LoadConfig(const std::optional<std::string>& asked, const aws::Environment& environment) {
  if (asked) return ReadConfig(*asked);
  std::error_code ignored;  // what cannot be looked at is not there
  constexpr const char* kHere = "ddbsync.toml";
  if (std::filesystem::exists(kHere, ignored)) return ReadConfig(kHere);
  std::optional<std::string> home = environment.Get("XDG_CONFIG_HOME");
  if (!home && environment.Get("HOME")) home = *environment.Get("HOME") + "/.config";
  if (home) {
    const std::string path = *home + "/ddbsync/config.toml";
    if (std::filesystem::exists(path, ignored)) return ReadConfig(path);
  }
  return Config{};
}

}  // namespace ddbsync::cli
