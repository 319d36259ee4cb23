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
  // Kept, because to make one costs as much as a short digest.
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Digest digest;
  const bool ok = context != nullptr &&
                  EVP_DigestInit_ex2(context.get(), Sha256Algorithm(), nullptr) == 1 &&
                  EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  DDBSYNC_CHECK(ok);
  return digest;
}

using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

/// HMAC-SHA256 without a key.
MacContext MakeHmac() {
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  DDBSYNC_CHECK(hmac != nullptr);
  MacContext context(EVP_MAC_CTX_new(hmac), &EVP_MAC_CTX_free);
  EVP_MAC_free(hmac);  // the context holds it
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  DDBSYNC_CHECK(context != nullptr && EVP_MAC_CTX_set_params(context.get(), parameters) == 1);
  return context;
}

Digest HmacSha256(std::string_view key, std::string_view text) {
  thread_local const MacContext context = MakeHmac();  // kept, likewise
  Digest digest;
  size_t length = 0;
  const bool ok = EVP_MAC_init(context.get(), Bytes(key), key.size(), nullptr) == 1 &&
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

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Without outer white space, inner runs as one space: as the service canonicalises it.
void AppendCollapsed(std::string_view value, std::string& text) {
  const size_t start = text.size();
  for (const char c : value) {
    if (!IsSpace(c)) {
      text += c;
    } else if (text.size() > start && text.back() != ' ') {
      text += ' ';
    }
  }
  if (text.size() > start && text.back() == ' ') text.pop_back();
}

/// The headers to sign, as their canonical form has them.
struct CanonicalHeaders {
  std::string lines;  ///< "name:value\n", lower-case names in order, values of one name by commas
  std::string names;  ///< "name;name"
};

CanonicalHeaders Canonical(const std::vector<std::pair<std::string, std::string>>& headers) {
  using Header = std::pair<std::string, std::string>;
  const auto before = [](const Header* a, const Header* b) {
    return std::ranges::lexicographical_compare(a->first, b->first, {}, &Lower, &Lower);
  };
  std::vector<const Header*> ordered;
  ordered.reserve(headers.size());
  for (const Header& header : headers) {
    ordered.insert(std::ranges::upper_bound(ordered, &header, before), &header);
  }
  CanonicalHeaders canonical;
  canonical.lines.reserve(kUsualTextBytes);
  canonical.names.reserve(kUsualTextBytes);
  const Header* last = nullptr;
  for (const Header* header : ordered) {
    if (last != nullptr && !before(last, header)) {  // the same name again
      canonical.lines.back() = ',';
    } else {
      if (last != nullptr) canonical.names += ';';
      const size_t start = canonical.names.size();
      for (const char c : header->first) canonical.names += Lower(c);
      canonical.lines.append(canonical.names, start).append(":");
    }
    AppendCollapsed(header->second, canonical.lines);
    canonical.lines += '\n';
    last = header;
  }
  return canonical;
}

std::string Text(const CanonicalRequest& request, const CanonicalHeaders& headers) {
  std::string text;
  text.reserve(kUsualTextBytes);
  text.append(request.method).append("\n").append(request.path).append("\n");
  text.append(request.query).append("\n").append(headers.lines).append("\n");
  return text.append(headers.names).append("\n").append(request.payload_hash);
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
  return Text(request, Canonical(request.headers));
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
  const CanonicalHeaders headers = Canonical(request.headers);
  const std::string date = AmzDate(scope.time);
  const std::string scope_text = ScopeText(scope, date);
  const std::string to_sign = StringToSign(date, scope_text, Text(request, headers));
  std::string header;
  header.reserve(kUsualTextBytes);
  header.append(kAlgorithm).append(" Credential=").append(credentials.access_key_id).append("/");
  header.append(scope_text).append(", SignedHeaders=").append(headers.names);
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
