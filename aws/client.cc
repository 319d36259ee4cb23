#include "aws/client.h"

#include <libdeflate.h>

#include <charconv>
#include <utility>

#include "aws/endpoint.h"
#include "aws/error_class.h"
#include "aws/limits.h"
#include "aws/timestamp.h"

namespace ddbsync::aws {
namespace {

/// Both services of DynamoDB sign under this name.
constexpr std::string_view kSigningName = "dynamodb";
constexpr std::string_view kContentType = "application/x-amz-json-1.0";
constexpr int kOk = 200;

/// An URL that cannot be split is refused by the transport, with the reason.
std::string HostOf(std::string_view url) {
  const auto parts = SplitUrl(url);
  if (!parts) return {};
  std::string_view host = parts->authority;
  const std::string_view default_port = parts->scheme == "https" ? ":443" : ":80";
  if (host.ends_with(default_port)) host.remove_suffix(default_port.size());
  return std::string(host);
}

std::string PathOf(std::string_view url) {
  const auto parts = SplitUrl(url);
  return parts ? std::string(parts->path) : "/";
}

/// True when the header is there and does not fit the body.
bool IsDamaged(const HttpResponse& response) {
  if (response.crc32.empty()) return false;
  uint32_t expected = 0;
  const char* const end = response.crc32.data() + response.crc32.size();
  const auto parsed = std::from_chars(response.crc32.data(), end, expected);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return true;
  return libdeflate_crc32(0, response.body.data(), response.body.size()) != expected;
}

/// A whole JSON object by its first and last character; its parser looks at the rest.
bool LooksLikeObject(std::string_view body) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = body.find_first_not_of(kSpace);
  if (first == std::string_view::npos || body[first] != '{') return false;
  return body[body.find_last_not_of(kSpace)] == '}';
}

Error Unclear(const Operation& operation, std::string message, std::string context) {
  return {operation.is_write ? ErrorCode::kAmbiguous : ErrorCode::kRetry,
          std::string(operation.name) + ": " + std::move(message), std::move(context)};
}

}  // namespace

Client::Client(Options options, CredentialsProvider& credentials, Transport& transport,
               ServerClock& server_clock, const Clock& clock, CallObserver& observer)
    : options_(std::move(options)),
      host_(HostOf(options_.url)),
      path_(PathOf(options_.url)),
      credentials_(credentials),
      transport_(transport),
      server_clock_(server_clock),
      clock_(clock),
      observer_(observer) {}

Result<std::string> Client::Call(const Operation& operation, std::string_view body) {
  const Result<Signer> signer = ValidSigner();
  if (!signer) return std::unexpected(signer.error());

  const HttpRequest request = Sign(operation, body, *signer);
  const TimePoint sent = clock_.Now();
  Result<HttpResponse> response = transport_.Send(request);
  const Duration took = clock_.Now() - sent;
  const auto tell = [&](std::string_view code) {
    observer_.OnCall(operation.service, operation.name, code, took);
  };

  if (!response) {
    tell("transport");
    Error error = std::move(response.error());
    error.message = std::string(operation.name) + ": " + error.message;
    if (error.code == ErrorCode::kAmbiguous && !operation.is_write) error.code = ErrorCode::kRetry;
    return std::unexpected(std::move(error));
  }
  server_clock_.Observe(response->date, took);
  if (response->status == kOk || (options_.check_crc && IsDamaged(*response))) {
    Result<std::string> answer = Accept(operation, std::move(*response));
    tell(answer ? "ok" : "garbled");
    if (answer) NoteAccepted();
    return answer;
  }
  ServiceError error = ParseServiceError(response->status, std::move(response->body),
                                         std::move(response->request_id));
  error.host = host_;
  error.content_type = std::move(response->content_type);
  tell(error.code.empty() ? "http_" + std::to_string(error.status) : error.code);
  return std::unexpected(Refused(operation, *signer, error));
}

Result<Client::Signer> Client::CurrentSigner() {
  Signer signer;
  {
    MutexLock lock(mutex_);
    signer.renewals = renewals_;
    signer.clock_offset = clock_offset_;
  }
  Result<Credentials> credentials = credentials_.Get();
  if (!credentials) return std::unexpected(std::move(credentials.error()));
  signer.credentials = std::move(*credentials);
  return signer;
}

Result<Client::Signer> Client::ValidSigner() {
  const auto expired = [this](const Result<Signer>& signer) {
    return signer && signer->credentials.expiration &&
           *signer->credentials.expiration <= server_clock_.Now();
  };
  Result<Signer> signer = CurrentSigner();
  if (!expired(signer)) return signer;
  credentials_.Invalidate();
  signer = CurrentSigner();
  if (!expired(signer)) return signer;
  credentials_.Invalidate();
  return Fail(ErrorCode::kDenied,
              credentials_.Origin() + " expired at " + IsoTime(*signer->credentials.expiration) +
                  "; renew them",
              options_.url);
}

HttpRequest Client::Sign(const Operation& operation, std::string_view body, const Signer& signer) {
  const WallTime now =
      std::chrono::floor<std::chrono::milliseconds>(clock_.WallNow() + signer.clock_offset);
  const SigningScope scope{.region = options_.region, .service = kSigningName, .time = now};
  std::string target(operation.target_prefix);
  target.append(".").append(operation.name);
  const std::string payload_hash = Sha256Hex(body);

  CanonicalRequest canonical{.method = "POST",
                             .path = path_,
                             .query = {},
                             .headers = {{"Host", host_},
                                         {"Content-Type", std::string(kContentType)},
                                         {"X-Amz-Date", AmzDate(now)},
                                         {"X-Amz-Target", std::move(target)}},
                             .payload_hash = payload_hash};
  if (!signer.credentials.session_token.empty()) {
    canonical.headers.emplace_back("X-Amz-Security-Token", signer.credentials.session_token);
  }
  std::string authorization =
      AuthorizationHeader(signer.credentials, scope, canonical,
                          signing_keys_.Get(signer.credentials.secret_access_key, scope));

  HttpRequest request{.url = options_.url,
                      .headers = std::move(canonical.headers),
                      .body = body,
                      .timeout = operation.timeout,
                      .is_write = operation.is_write};
  // Not compressed: the CRC is that of the bytes on the wire, and pages are parsed in place.
  request.headers.emplace_back("Accept-Encoding", "identity");
  request.headers.emplace_back("Authorization", std::move(authorization));
  return request;
}

Result<std::string> Client::Accept(const Operation& operation, HttpResponse response) const {
  std::string context = options_.url + ", HTTP " + std::to_string(response.status);
  if (!response.request_id.empty()) context += ", request " + response.request_id;
  if (options_.check_crc && IsDamaged(response)) {
    return std::unexpected(
        Unclear(operation, "the answer was damaged on its way (x-amz-crc32)", std::move(context)));
  }
  const bool compressed =
      !response.content_encoding.empty() && response.content_encoding != "identity";
  const bool nothing = operation.may_be_empty && response.body.empty();
  if (compressed || !(nothing || LooksLikeObject(response.body))) {
    const std::string what =
        compressed ? response.content_encoding + " bytes" : "\"" + Quoted(response.body) + "\"";
    return std::unexpected(Unclear(
        operation,
        "not a DynamoDB answer but " + what + ": is " + options_.url + " the right endpoint?",
        std::move(context)));
  }
  return std::move(response.body);
}

Error Client::Refused(const Operation& operation, const Signer& signer, const ServiceError& error) {
  Error meaning = Classify(operation, error);
  meaning.context = options_.url + ", " + meaning.context;
  if (IsClockRefusal(error.code) && AdoptServerTime(signer)) {
    meaning.code = ErrorCode::kRetry;
  } else if (IsKeyRefusal(error.code)) {
    meaning.code = RenewKeys(signer) ? ErrorCode::kRetry : ErrorCode::kDenied;
    meaning.context += ", " + credentials_.Origin();
  }
  return meaning;
}

bool Client::AdoptServerTime(const Signer& signer) {
  const Duration offset = server_clock_.Now() - clock_.WallNow();
  if (std::chrono::abs(offset - signer.clock_offset) < limits::kSkewWorthCorrecting) return false;
  MutexLock lock(mutex_);
  clock_offset_ = offset;
  return true;
}

bool Client::RenewKeys(const Signer& signer) {
  // Before the count moves: whoever sees the new count gets keys that were read after this.
  credentials_.Invalidate();
  MutexLock lock(mutex_);
  // Other calls were on their way with the keys that are being replaced.
  if (signer.renewals != renewals_) return true;
  const bool again = refused_ == signer.credentials;
  refused_ = signer.credentials;
  ++renewals_;
  return !again;
}

void Client::NoteAccepted() {
  MutexLock lock(mutex_);
  refused_.reset();
}

}  // namespace ddbsync::aws
