#include "aws/profile_files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "aws/limits.h"

namespace ddbsync::aws {
namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

/// Nothing when the file does not exist.
Result<std::optional<std::string>> ReadFile(const std::string& path) {
  const auto denied = [&path](const std::string& reason) {
    return Fail(ErrorCode::kDenied, "cannot read " + path + ": " + reason);
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (file == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return denied(std::strerror(errno));
  }
  std::string text(limits::kMaxConfigFileBytes + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return denied(std::strerror(errno));
  if (text.size() > limits::kMaxConfigFileBytes) return denied("it is too large for such a file");
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return text;
}

/// Hands over each line with its number, from 1; stops at the first error.
Result<void> ForEachLine(std::string_view text,
                         const std::function<Result<void>(std::string_view, int)>& visit) {
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    Result<void> visited = visit(text.substr(0, end), number);
    if (!visited) return visited;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return {};
}

std::string At(const std::string& path, int line) {
  return path + ", line " + std::to_string(line);
}

/// The profile that "[...]" names; nothing when it is another kind of section.
std::optional<std::string> ProfileOfSection(std::string_view title, bool is_config) {
  title = Trimmed(title);
  if (!is_config || title == "default") return std::string(title);
  constexpr std::string_view kPrefix = "profile";
  if (!title.starts_with(kPrefix)) return std::nullopt;
  title.remove_prefix(kPrefix.size());
  if (title.empty() || kSpace.find(title.front()) == std::string_view::npos) return std::nullopt;
  title = Trimmed(title);
  if (title.size() >= 2 && (title.front() == '"' || title.front() == '\'') &&
      title.back() == title.front()) {
    title = title.substr(1, title.size() - 2);
  }
  return std::string(title);
}

/// Adds the settings of `profile` in the file to those known, over them.
class ProfileReader {
 public:
  ProfileReader(Profile& profile, const std::string& path, bool is_config)
      : profile_(profile), path_(path), is_config_(is_config) {}

  Result<void> Line(std::string_view line, int number) {
    const std::string_view text = Trimmed(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    if (text.front() == '[') return Section(text, number);
    // An indented line belongs to the setting above it, e.g. the sub-settings of "s3 =".
    if (kSpace.find(line.front()) != std::string_view::npos) return {};
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      return Fail(ErrorCode::kInvalid, At(path_, number) + ": not a \"name = value\" line");
    }
    if (inside_) {
      profile_.settings[Lower(Trimmed(text.substr(0, equals)))] = Trimmed(text.substr(equals + 1));
    }
    return {};
  }

 private:
  Result<void> Section(std::string_view text, int number) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return Fail(ErrorCode::kInvalid, At(path_, number) + ": a section without \"]\"");
    }
    inside_ = ProfileOfSection(text.substr(1, end - 1), is_config_) == profile_.name;
    profile_.found |= inside_;
    return {};
  }

  Profile& profile_;
  const std::string& path_;
  const bool is_config_;
  bool inside_ = false;
};

/// The variable's path, else `default_name` in ~/.aws; "~/" at the start is the home directory.
std::string PathOf(const Environment& environment, const char* variable, const char* default_name) {
  const std::string home = environment.Get("HOME").value_or("");
  const std::optional<std::string> path = environment.Get(variable);
  if (!path) return home + "/.aws/" + default_name;
  return path->starts_with("~/") ? home + path->substr(1) : *path;
}

/// A shell's word: 'as it is', "with \" and \\", or bare up to a comment.
std::optional<std::string> Unquoted(std::string_view text) {
  if (text.empty()) return std::string();
  const char quote = text.front();
  if (quote != '"' && quote != '\'') {
    const size_t comment = std::min(text.find(" #"), text.find("\t#"));
    return std::string(Trimmed(text.substr(0, comment)));
  }
  std::string value;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      const std::string_view rest = Trimmed(text.substr(i + 1));
      if (!rest.empty() && rest.front() != '#') return std::nullopt;
      return value;
    }
    const bool escaped = quote == '"' && text[i] == '\\' && i + 1 < text.size();
    value += escaped ? text[++i] : text[i];
  }
  return std::nullopt;
}

}  // namespace

std::string_view Profile::Get(std::string_view setting) const {
  const auto at = settings.find(setting);
  return at == settings.end() ? std::string_view() : at->second;
}

Result<Profile> ReadProfile(const Environment& environment, std::string_view name) {
  const std::string config = PathOf(environment, "AWS_CONFIG_FILE", "config");
  const std::string keys = PathOf(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  Profile profile;
  profile.name = name.empty() ? environment.Get("AWS_PROFILE").value_or("default") : name;
  profile.looked_in = keys + " and " + config;
  for (const auto& [path, is_config] : {std::pair(config, true), std::pair(keys, false)}) {
    const Result<std::optional<std::string>> text = ReadFile(path);
    if (!text) return std::unexpected(text.error());
    if (!*text) continue;
    ProfileReader reader(profile, path, is_config);
    const auto line = [&reader](std::string_view l, int number) { return reader.Line(l, number); };
    if (Result<void> read = ForEachLine(**text, line); !read) return std::unexpected(read.error());
  }
  return profile;
}

Result<Settings> ReadEnvFile(const std::string& path) {
  const Result<std::optional<std::string>> text = ReadFile(path);
  if (!text) return std::unexpected(text.error());
  if (!*text) return Fail(ErrorCode::kDenied, "cannot read " + path + ": it does not exist");
  Settings settings;
  const auto add = [&](std::string_view line, int number) -> Result<void> {
    line = Trimmed(line);
    if (line.empty() || line.front() == '#') return {};
    constexpr std::string_view kExport = "export ";
    if (line.starts_with(kExport)) line = Trimmed(line.substr(kExport.size()));
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return Fail(ErrorCode::kInvalid, At(path, number) + ": not a KEY=VALUE line");
    }
    std::optional<std::string> value = Unquoted(Trimmed(line.substr(equals + 1)));
    if (!value) return Fail(ErrorCode::kInvalid, At(path, number) + ": the quotes do not match");
    settings[std::string(Trimmed(line.substr(0, equals)))] = std::move(*value);
    return {};
  };
  if (Result<void> read = ForEachLine(**text, add); !read) return std::unexpected(read.error());
  return settings;
}

}  // namespace ddbsync::aws
