#include "aws/credentials_sources.h"

#include <array>
#include <functional>
#include <utility>

#include "aws/profile_files.h"
#include "aws/timestamp.h"
#include "base/mutex.h"

namespace ddbsync::aws {
namespace {

/// Looks a name up where keys are kept under the names of AWS's tools; empty when it is not there.
using Lookup = std::function<std::string(const std::string& name)>;

struct KeyNames {
  std::string access = "AWS_ACCESS_KEY_ID";
  std::string secret = "AWS_SECRET_ACCESS_KEY";
  std::string token = "AWS_SESSION_TOKEN";
  std::string expiration = "AWS_CREDENTIAL_EXPIRATION";
};

/// Nothing when neither key is there; half a pair is an error.
Result<std::optional<Credentials>> TakeKeys(const Lookup& lookup, const KeyNames& names,
                                            const std::string& origin) {
  const auto get = [&](const std::string& name) { return name.empty() ? "" : lookup(name); };
  Credentials keys{.access_key_id = get(names.access),
                   .secret_access_key = get(names.secret),
                   .session_token = get(names.token)};
  if (keys.access_key_id.empty() && keys.secret_access_key.empty()) return std::nullopt;
  if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
    const bool no_secret = keys.secret_access_key.empty();
    return Fail(ErrorCode::kDenied, origin + ": " + (no_secret ? names.access : names.secret) +
                                        " is set but " + (no_secret ? names.secret : names.access) +
                                        " is not; set both");
  }
  for (const std::string* key :
       {&keys.access_key_id, &keys.secret_access_key, &keys.session_token}) {
    if (key->find_first_of("\r\n") != std::string::npos) {
      return Fail(ErrorCode::kDenied, origin + ": a key has a line break in it");
    }
  }
  if (const std::string expiration = get(names.expiration); !expiration.empty()) {
    keys.expiration = ParseIsoTime(expiration);
    if (!keys.expiration) {
      return Fail(ErrorCode::kDenied, origin + ": " + names.expiration + "=" + expiration +
                                          " is not a time like 2026-01-31T12:00:00Z");
    }
  }
  return keys;
}

/// Keeps what a source gave until it is told that it is no longer good.
class CachedCredentials : public CredentialsProvider {
 public:
  Result<Credentials> Get() final {
    MutexLock lock(mutex_);
    if (!cached_) {
      Result<Credentials> read = Read();
      if (!read) return read;
      cached_ = std::move(*read);
    }
    return *cached_;
  }

  void Invalidate() final {
    MutexLock lock(mutex_);
    cached_.reset();
  }

 protected:
  /// Of local memory and small files only. One call at a time.
  [[nodiscard]] virtual Result<Credentials> Read() = 0;

 private:
  Mutex mutex_;
  std::optional<Credentials> cached_ GUARDED_BY(mutex_);
};

/// "the source's "; nothing when the side has no name.
std::string Possessive(const std::string& side) {
  return side.empty() ? "the " : "the " + side + "'s ";
}

Lookup LookupIn(const Environment& environment) {
  return [&environment](const std::string& name) { return environment.Get(name).value_or(""); };
}

/// Variables that the configuration names.
class NamedVariables final : public CachedCredentials {
 public:
  NamedVariables(const CredentialsOptions& options, const Environment& environment)
      : names_{options.access_key_env, options.secret_key_env, options.session_token_env, ""},
        origin_(Possessive(options.side) + "keys in $" + names_.access),
        environment_(environment) {}

  std::string Origin() const override { return origin_; }

 private:
  Result<Credentials> Read() override {
    Result<std::optional<Credentials>> keys = TakeKeys(LookupIn(environment_), names_, origin_);
    if (!keys) return std::unexpected(std::move(keys.error()));
    if (*keys) return std::move(**keys);
    return Fail(ErrorCode::kDenied, origin_ + " are not there: set the environment variables " +
                                        names_.access + " and " + names_.secret);
  }

  const KeyNames names_;
  const std::string origin_;
  const Environment& environment_;
};

class EnvFile final : public CachedCredentials {
 public:
  explicit EnvFile(const CredentialsOptions& options)
      : path_(options.env_file), origin_(Possessive(options.side) + "keys in " + path_) {}

  std::string Origin() const override { return origin_; }

 private:
  Result<Credentials> Read() override {
    const Result<Settings> settings = ReadEnvFile(path_);
    if (!settings) return std::unexpected(settings.error());
    const Lookup lookup = [&settings](const std::string& name) {
      const auto at = settings->find(name);
      return at == settings->end() ? std::string() : at->second;
    };
    Result<std::optional<Credentials>> keys = TakeKeys(lookup, {}, origin_);
    if (!keys) return std::unexpected(std::move(keys.error()));
    if (*keys) return std::move(**keys);
    return Fail(ErrorCode::kDenied,
                origin_ + " are not there: it needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }

  const std::string path_;
  const std::string origin_;
};

/// A setting that makes a profile's keys come from a source which this program does not have.
struct Unsupported {
  std::string_view setting;
  std::string_view source;
};
/// These win over static keys of the same profile, as with AWS's tools...
constexpr auto kBeforeKeys = std::to_array<Unsupported>({{"role_arn", "an assumed role"},
                                                         {"sso_session", "single sign-on"},
                                                         {"sso_start_url", "single sign-on"}});
/// ... and these do not.
constexpr auto kAfterKeys = std::to_array<Unsupported>(
    {{"credential_process", "a credential process"}, {"login_session", "a login session"}});

class ProfileCredentials final : public CachedCredentials {
 public:
  ProfileCredentials(const CredentialsOptions& options, const Environment& environment)
      : side_(options.side), name_(options.profile), environment_(environment) {}

  std::string Origin() const override {
    const std::string name =
        name_.empty() ? environment_.Get("AWS_PROFILE").value_or("default") : name_;
    return Possessive(side_) + "keys of profile \"" + name + "\"";
  }

  /// Nothing when the profile exists nowhere or has no keys and no other source.
  Result<std::optional<Credentials>> Find() {
    const Result<Profile> profile = ReadProfile(environment_, name_);
    if (!profile) return std::unexpected(profile.error());
    looked_in_ = profile->looked_in;
    for (const Unsupported& source : kBeforeKeys) {
      if (!profile->Get(source.setting).empty()) return Refuse(*profile, source);
    }
    const Lookup lookup = [&profile](const std::string& name) {
      return std::string(profile->Get(name));
    };
    auto keys = TakeKeys(
        lookup, {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", ""}, Origin());
    if (!keys || *keys) return keys;
    for (const Unsupported& source : kAfterKeys) {
      if (!profile->Get(source.setting).empty()) return Refuse(*profile, source);
    }
    return std::nullopt;
  }

  [[nodiscard]] const std::string& looked_in() const { return looked_in_; }

 private:
  Result<Credentials> Read() override {
    Result<std::optional<Credentials>> keys = Find();
    if (!keys) return std::unexpected(std::move(keys.error()));
    if (*keys) return std::move(**keys);
    return Fail(ErrorCode::kDenied, Origin() + " are not there: looked in " + looked_in_);
  }

  [[nodiscard]] static std::unexpected<Error> Refuse(const Profile& profile,
                                                     const Unsupported& source) {
    return Fail(ErrorCode::kDenied,
                "profile \"" + profile.name + "\" takes its keys from " +
                    std::string(source.source) + " (" + std::string(source.setting) +
                    "), which is not supported yet; write its temporary keys into an env file, "
                    "e.g. with: aws configure export-credentials --profile " +
                    profile.name + " --format env-no-export");
  }

  const std::string side_;
  const std::string name_;
  const Environment& environment_;
  std::string looked_in_;  ///< of the last Find
};

/// The environment's keys, else those of the shared files.
class DefaultChain final : public CachedCredentials {
 public:
  DefaultChain(const CredentialsOptions& options, const Environment& environment)
      : side_(options.side), environment_(environment), files_(options, environment) {}

  std::string Origin() const override {
    const bool from_environment = environment_.Get("AWS_ACCESS_KEY_ID").has_value();
    return from_environment ? Possessive(side_) + "keys in the environment" : files_.Origin();
  }

 private:
  Result<Credentials> Read() override {
    auto keys = TakeKeys(LookupIn(environment_), {}, Possessive(side_) + "environment");
    if (keys && !*keys) keys = files_.Find();
    if (!keys) return std::unexpected(std::move(keys.error()));
    if (*keys) return std::move(**keys);
    std::string message = "no credentials for " + (side_.empty() ? "AWS" : "the " + side_) +
                          ": looked at AWS_ACCESS_KEY_ID and profile \"" +
                          environment_.Get("AWS_PROFILE").value_or("default") + "\" in " +
                          files_.looked_in() + "; set one of them, a profile or an env file";
    for (const char* other :
         {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
          "AWS_CONTAINER_CREDENTIALS_FULL_URI"}) {
      if (environment_.Get(other)) message += std::string("; ") + other + " is not supported yet";
    }
    return Fail(ErrorCode::kDenied, std::move(message));
  }

  const std::string side_;
  const Environment& environment_;
  ProfileCredentials files_;
};

Result<void> Check(const CredentialsOptions& options) {
  const std::string side = options.side.empty() ? "" : "the " + options.side + "'s credentials: ";
  const bool variables = !options.access_key_env.empty() || !options.secret_key_env.empty() ||
                         !options.session_token_env.empty();
  if (int{variables} + int{!options.env_file.empty()} + int{!options.profile.empty()} > 1) {
    return Fail(ErrorCode::kInvalid,
                side + "give only one of profile, env_file and access_key_env");
  }
  if (variables && (options.access_key_env.empty() || options.secret_key_env.empty())) {
    return Fail(ErrorCode::kInvalid, side + "access_key_env and secret_key_env go together");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<CredentialsProvider>> MakeCredentials(const CredentialsOptions& options,
                                                             const Environment& environment) {
  if (Result<void> checked = Check(options); !checked) return std::unexpected(checked.error());
  std::unique_ptr<CredentialsProvider> provider;
  if (!options.access_key_env.empty()) {
    provider = std::make_unique<NamedVariables>(options, environment);
  } else if (!options.env_file.empty()) {
    provider = std::make_unique<EnvFile>(options);
  } else if (!options.profile.empty()) {
    provider = std::make_unique<ProfileCredentials>(options, environment);
  } else {
    provider = std::make_unique<DefaultChain>(options, environment);
  }
  return provider;
}

Result<std::string> LookUpRegion(const CredentialsOptions& options,
                                 const Environment& environment) {
  constexpr std::array kVariables = {"AWS_REGION", "AWS_DEFAULT_REGION"};
  if (!options.env_file.empty()) {
    const Result<Settings> settings = ReadEnvFile(options.env_file);
    if (!settings) return std::unexpected(settings.error());
    for (const char* name : kVariables) {
      const auto at = settings->find(name);
      if (at != settings->end() && !at->second.empty()) return at->second;
    }
  }
  for (const char* name : kVariables) {
    if (const auto region = environment.Get(name)) return *region;
  }
  const Result<Profile> profile = ReadProfile(environment, options.profile);
  if (!profile) return std::unexpected(profile.error());
  return std::string(profile->Get("region"));
}

}  // namespace ddbsync::aws
