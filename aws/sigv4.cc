#include "aws/sigv4.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <memory>

#include "aws/timestamp.h"
#include "base/error.h"

namespace ddbsync::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr size_t kDigestBytes = 32;
/// Room for any of the texts below, save for long session tokens.
constexpr size_t kUsualTextBytes = 512;
using Digest = std::array<unsigned char, kDigestBytes>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view Text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Fetched once: looking the algorithm up by name costs more than a short digest itself.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  DDBSYNC_CHECK(algorithm != nullptr);
  return algorithm;
}

Digest Sha256(std::string_view bytes) {
  Digest digest;
  const int ok =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, Sha256Algorithm(), nullptr);
  DDBSYNC_CHECK(ok == 1);
  return digest;
}

/// HMAC-SHA256 without a key, made once for the same reason.
const EVP_MAC_CTX* HmacAlgorithm() {
  static const EVP_MAC_CTX* const made = [] {
    EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    DDBSYNC_CHECK(hmac != nullptr);
    EVP_MAC_CTX* const context = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);  // the context holds it
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    DDBSYNC_CHECK(context != nullptr && EVP_MAC_CTX_set_params(context, parameters) == 1);
    return context;
  }();
  return made;
}

Digest HmacSha256(std::string_view key, std::string_view text) {
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(
      EVP_MAC_CTX_dup(HmacAlgorithm()), &EVP_MAC_CTX_free);
  Digest digest;
  size_t length = 0;
  const bool ok = context != nullptr &&
                  EVP_MAC_init(context.get(), Bytes(key), key.size(), nullptr) == 1 &&
                  EVP_MAC_update(context.get(), Bytes(text), text.size()) == 1 &&
                  EVP_MAC_final(context.get(), digest.data(), &length, digest.size()) == 1;
  DDBSYNC_CHECK(ok && length == kDigestBytes);
  return digest;
}

std::string Hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 0xf];
  }
  return hex;
}

std::string Lower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Without outer white space, inner runs as one space: as the service canonicalises it.
std::string Collapsed(std::string_view value) {
  std::string collapsed;
  collapsed.reserve(value.size());
  for (const char c : value) {
    if (!IsSpace(c)) {
      collapsed += c;
    } else if (!collapsed.empty() && collapsed.back() != ' ') {
      collapsed += ' ';
    }
  }
  if (!collapsed.empty() && collapsed.back() == ' ') collapsed.pop_back();
  return collapsed;
}

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Lower-case names in order, each once; values of a name that occurs again joined by commas.
Headers Canonical(const Headers& headers) {
  Headers canonical;
  canonical.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    std::string lower = Lower(name);
    const auto after = std::ranges::upper_bound(canonical, lower, {}, &Headers::value_type::first);
    if (after != canonical.begin() && std::prev(after)->first == lower) {
      std::prev(after)->second += "," + Collapsed(value);
    } else {
      canonical.emplace(after, std::move(lower), Collapsed(value));
    }
  }
  return canonical;
}

std::string SignedHeaderNames(const Headers& canonical) {
  std::string names;
  names.reserve(kUsualTextBytes);
  for (const auto& [name, value] : canonical) {
    if (!names.empty()) names += ';';
    names += name;
  }
  return names;
}

std::string Text(const CanonicalRequest& request, const Headers& canonical,
                 std::string_view names) {
  std::string text;
  text.reserve(kUsualTextBytes);
  text.append(request.method).append("\n").append(request.path).append("\n");
  text.append(request.query).append("\n");
  for (const auto& [name, value] : canonical) {
    text.append(name).append(":").append(value).append("\n");
  }
  text.append("\n").append(names).append("\n").append(request.payload_hash);
  return text;
}

constexpr size_t kDayLength = 8;  // of AmzDate: "20150830"

std::string ScopeText(const SigningScope& scope, std::string_view date) {
  std::string text;
  text.reserve(kUsualTextBytes);
  text.append(date.substr(0, kDayLength)).append("/").append(scope.region).append("/");
  return text.append(scope.service).append("/aws4_request");
}

std::string StringToSign(std::string_view date, std::string_view scope_text,
                         std::string_view canonical_request) {
  std::string text;
  text.reserve(kUsualTextBytes);
  text.append(kAlgorithm).append("\n").append(date).append("\n").append(scope_text).append("\n");
  return text.append(Sha256Hex(canonical_request));
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  return Hex(Sha256(bytes));
}

std::string CanonicalRequestText(const CanonicalRequest& request) {
  const Headers canonical = Canonical(request.headers);
  return Text(request, canonical, SignedHeaderNames(canonical));
}

std::string StringToSign(const SigningScope& scope, std::string_view canonical_request) {
  const std::string date = AmzDate(scope.time);
  return StringToSign(date, ScopeText(scope, date), canonical_request);
}

std::string SigningKey(std::string_view secret_access_key, const SigningScope& scope) {
  const std::string start = "AWS4" + std::string(secret_access_key);
  const Digest date = HmacSha256(start, AmzDate(scope.time).substr(0, kDayLength));
  const Digest region = HmacSha256(Text(date), scope.region);
  const Digest service = HmacSha256(Text(region), scope.service);
  return std::string(Text(HmacSha256(Text(service), "aws4_request")));
}

std::string AuthorizationHeader(const Credentials& credentials, const SigningScope& scope,
                                const CanonicalRequest& request, std::string_view signing_key) {
  const Headers canonical = Canonical(request.headers);
  const std::string names = SignedHeaderNames(canonical);
  const std::string date = AmzDate(scope.time);
  const std::string scope_text = ScopeText(scope, date);
  const std::string to_sign = StringToSign(date, scope_text, Text(request, canonical, names));
  std::string header;
  header.reserve(kUsualTextBytes);
  header.append(kAlgorithm).append(" Credential=").append(credentials.access_key_id).append("/");
  header.append(scope_text).append(", SignedHeaders=").append(names);
  header.append(", Signature=").append(Hex(HmacSha256(signing_key, to_sign)));
  return header;
}

std::string SigningKeyCache::Get(std::string_view secret_access_key, const SigningScope& scope) {
  const auto day = std::chrono::floor<std::chrono::days>(scope.time);
  MutexLock lock(mutex_);
  if (key_.empty() || day_ != day || secret_ != secret_access_key || region_ != scope.region ||
      service_ != scope.service) {
    key_ = SigningKey(secret_access_key, scope);
    day_ = day;
    secret_ = secret_access_key;
    region_ = scope.region;
    service_ = scope.service;
  }
  return key_;
}

}  // namespace ddbsync::aws
