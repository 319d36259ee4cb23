#include "cli/access.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "cli/limits.h"
#include "metrics/connection.h"
#include "metrics/listen_address.h"

namespace ddbsync::cli {
namespace {

using metrics::CheckListenAddress;
using metrics::Reach;

std::unexpected<Error> TokenFault(ErrorCode code, const std::string& path, std::string_view why) {
  return Fail(code, fmt::format("--token-file: {}: {}", path, why));
}

Result<std::string> ReadAll(const std::string& path, const metrics::Descriptor& file) {
  std::array<char, limits::kLongestToken + 2> bytes{};
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(file.fd(), bytes.data() + size, bytes.size() - size);
    if (got < 0) return TokenFault(ErrorCode::kIo, path, std::strerror(errno));
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  return std::string(bytes.data(), size);
}

}  // namespace

std::string TokenExposure(uid_t owner, mode_t mode, uid_t user, const std::string& path) {
  constexpr uid_t kRoot = 0;
  const mode_t allowed = S_IRWXU | (owner == kRoot ? S_IRGRP : 0);
  if ((mode & (S_IRWXU | S_IRWXG | S_IRWXO) & ~allowed) == 0) return {};
  std::string why = "others may read or change it: ";
  if (user == owner || user == kRoot) {
    why += fmt::format("`chmod 600 {}`", path);
  } else if (owner == kRoot) {
    why += fmt::format("`sudo chmod 440 {}`", path);
  } else {
    why += fmt::format("`sudo chown {0} {1} && sudo chmod 600 {1}`", user, path);
  }
  // A secret's volume takes no chmod, and its default is 0644.
  if (owner == kRoot) why += "; in Kubernetes `defaultMode: 0440`";
  return why;
}

Result<std::string> ReadToken(const std::string& path) {
  const metrics::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about{};
  if (!file.valid() || fstat(file.fd(), &about) != 0) {
    const auto code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kDenied;
    return TokenFault(code, path, std::strerror(errno));
  }
  if (!S_ISREG(about.st_mode)) return TokenFault(ErrorCode::kInvalid, path, "is no file");
  if (const std::string why = TokenExposure(about.st_uid, about.st_mode, geteuid(), path);
      !why.empty()) {
    return TokenFault(ErrorCode::kDenied, path, why);
  }
  Result<std::string> token = ReadAll(path, file);
  if (!token) return token;
  while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
  const bool visible =
      std::ranges::all_of(*token, [](unsigned char c) { return c > ' ' && c < 127; });
  if (!visible || token->size() < limits::kShortestToken || token->size() > limits::kLongestToken) {
    return TokenFault(
        ErrorCode::kInvalid, path,
        fmt::format("is not one line of {} to {} visible characters; `openssl rand -hex 32` makes "
                    "one",
                    limits::kShortestToken, limits::kLongestToken));
  }
  return token;
}

metrics::Access LoadAccess(const Settings& settings, std::vector<Error>& faults) {
  metrics::Access access;
  if (!settings.token_file.empty()) {
    if (Result<std::string> token = ReadToken(settings.token_file)) {
      access.token = *std::move(token);
    } else {
      faults.push_back(token.error());
    }
  } else if (CheckListenAddress(settings.listen, Reach::kAnywhere)) {  // else it is told already
    if (const auto reach = CheckListenAddress(settings.listen, Reach::kThisMachine); !reach) {
      faults.push_back({reach.error().code, "--listen: " + reach.error().message});
    }
  }
  if (settings.tls_cert.empty() != settings.tls_key.empty()) {
    faults.push_back(
        {ErrorCode::kInvalid, "--tls-cert and --tls-key are given both or not at all"});
  } else if (!settings.tls_cert.empty()) {
    if (auto identity = metrics::TlsIdentity::Load(settings.tls_cert, settings.tls_key)) {
      access.identity = *std::move(identity);
    } else {
      faults.push_back(identity.error());
    }
  }
  return access;
}

}  // namespace ddbsync::cli
