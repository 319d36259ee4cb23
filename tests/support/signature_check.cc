#include "tests/support/signature_check.h"

#include <strings.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "aws/sigv4.h"
#include "aws/timestamp.h"
#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

/// How far a request's date may be from the service's time (General Reference, "Signing").
constexpr std::chrono::minutes kTolerance{15};
constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256 ";

[[noreturn]] void Refuse(const char* name, std::string message) {
  throw Refusal{400, std::string("com.amazon.coral.service#") + name, std::move(message), {}};
}

std::string_view HeaderOf(const SignedRequest& request, const std::string& name) {
  for (const auto& [known, value] : request.headers) {
    if (strcasecmp(known.c_str(), name.c_str()) == 0) return value;
  }
  return {};
}

/// The text between `before` and the next comma.
std::string Part(std::string_view authorization, std::string_view before) {
  const size_t start = authorization.find(before);
  if (start == std::string_view::npos) {
    Refuse("IncompleteSignatureException",
           "Authorization header requires '" + std::string(before) + "' parameter.");
  }
  const std::string_view rest = authorization.substr(start + before.size());
  return std::string(rest.substr(0, rest.find(',')));
}

std::vector<std::string> SplitBy(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::optional<WallTime> ReadAmzDate(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const int fields = std::sscanf(std::string(text).c_str(), "%4d%2u%2uT%2d%2d%2dZ", &year, &month,
                                 &day, &hour, &minute, &second);
  if (fields != 6) return std::nullopt;
  return std::chrono::sys_days(std::chrono::year(year) / month / day) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

void CheckDate(WallTime date, WallTime now) {
  if (date < now - kTolerance) {
    Refuse("InvalidSignatureException",
           "Signature expired: " + aws::AmzDate(date) + " is now earlier than " +
               aws::AmzDate(now - kTolerance) + " (" + aws::AmzDate(now) + " - 15 min.)");
  }
  if (date > now + kTolerance) {
    Refuse("InvalidSignatureException",
           "Signature not yet current: " + aws::AmzDate(date) + " is still later than " +
               aws::AmzDate(now + kTolerance) + " (" + aws::AmzDate(now) + " + 15 min.)");
  }
}

/// The headers that the signature covers; the ones AWS demands must be among them.
std::vector<std::pair<std::string, std::string>> SignedHeaders(const SignedRequest& request,
                                                               const std::string& names) {
  std::vector<std::pair<std::string, std::string>> headers;
  const std::vector<std::string> listed = SplitBy(names, ';');
  for (const std::string& name : listed) {
    headers.emplace_back(name, std::string(HeaderOf(request, name)));
  }
  for (const char* demanded : {"host", "x-amz-date", "x-amz-target", "x-amz-security-token"}) {
    const bool sent = !HeaderOf(request, demanded).empty();
    if (sent && std::find(listed.begin(), listed.end(), demanded) == listed.end()) {
      Refuse("InvalidSignatureException",
             std::string("The header ") + demanded + " is not signed.");
    }
  }
  return headers;
}

}  // namespace

std::string_view CredentialKeyId(std::string_view authorization) {
  constexpr std::string_view kCredential = "Credential=";
  const size_t start = authorization.find(kCredential);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = authorization.substr(start + kCredential.size());
  return rest.substr(0, rest.find('/'));
}

void SignatureCheck::AddKey(std::string id, std::string secret, std::string token) {
  MutexLock lock(mutex_);
  keys_[std::move(id)] = Key{std::move(secret), std::move(token)};
}

void SignatureCheck::Expire(const std::string& id) {
  MutexLock lock(mutex_);
  if (const auto found = keys_.find(id); found != keys_.end()) found->second.expired = true;
}

void SignatureCheck::Check(const SignedRequest& request, WallTime now) const {
  const std::string_view authorization = HeaderOf(request, "Authorization");
  if (authorization.empty()) {
    Refuse("MissingAuthenticationTokenException", "Request is missing Authentication Token");
  }
  if (!authorization.starts_with(kAlgorithm)) {
    Refuse("IncompleteSignatureException", "Authorization header must be AWS4-HMAC-SHA256.");
  }
  const auto date = ReadAmzDate(HeaderOf(request, "X-Amz-Date"));
  if (!date) Refuse("IncompleteSignatureException", "Date must be in ISO-8601 'basic format'.");
  // id / day / region / service / "aws4_request"
  const auto credential = SplitBy(Part(authorization, "Credential="), '/');
  if (credential.size() != 5) Refuse("IncompleteSignatureException", "Credential is malformed.");
  Key key;
  {
    MutexLock lock(mutex_);
    const auto found = keys_.find(credential[0]);
    if (found == keys_.end() || found->second.token != HeaderOf(request, "X-Amz-Security-Token")) {
      Refuse("UnrecognizedClientException",
             "The security token included in the request is invalid.");
    }
    key = found->second;
  }
  if (key.expired) {
    Refuse("ExpiredTokenException", "The security token included in the request is expired");
  }
  if (credential[2] != region_ || credential[3] != "dynamodb") {
    Refuse("InvalidSignatureException",
           "Credential should be scoped to a valid region, and to service 'dynamodb'.");
  }
  CheckDate(*date, now);
  const std::string body_hash = aws::Sha256Hex(request.body);
  const aws::SigningScope scope{credential[2], credential[3], *date};
  const std::string wanted = aws::AuthorizationHeader(
      {credential[0], key.secret, key.token}, scope,
      {request.method, request.path, "",
       SignedHeaders(request, Part(authorization, "SignedHeaders=")), body_hash},
      aws::SigningKey(key.secret, scope));
  if (Part(wanted, "Signature=") == Part(authorization, "Signature=")) return;
  Refuse("InvalidSignatureException",
         "The request signature we calculated does not match the signature you provided. Check "
         "your AWS Secret Access Key and signing method. Consult the service documentation for "
         "details.");
}

}  // namespace ddbsync::fake
