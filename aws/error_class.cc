#include "aws/error_class.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "aws/limits.h"

namespace ddbsync::aws {
namespace {

enum class Class {
  kThrottle,   ///< refused for its rate, not carried out
  kTransient,  ///< the service stumbled, perhaps after carrying it out
  kRejected,   ///< in another's way; not carried out, the same call may succeed
  kExpired,    ///< iterator
  kTrimmed,    ///< stream position
  kMissing,    ///< table, stream, shard
  kBusy,       ///< table is being changed
  kUnmet,      ///< what the request is carried out on condition of is not so
  kDenied,     ///< keys, permissions, encryption keys
  kClock,      ///< the signing time was refused
  kInvalid,    ///< the request, or an item of it
  kNotTheirs,  ///< no service error at all: an answer of something between, or of another server
};

struct Named {
  std::string_view code;
  Class meaning;
};

constexpr auto kNamed = std::to_array<Named>({
    {"ProvisionedThroughputExceededException", Class::kThrottle},
    {"ThrottlingException", Class::kThrottle},
    {"Throttling", Class::kThrottle},
    {"ThrottledException", Class::kThrottle},
    {"RequestThrottled", Class::kThrottle},
    {"RequestThrottledException", Class::kThrottle},
    {"RequestLimitExceeded", Class::kThrottle},
    {"TooManyRequestsException", Class::kThrottle},
    {"BandwidthLimitExceeded", Class::kThrottle},
    {"SlowDown", Class::kThrottle},
    {"LimitExceededException", Class::kThrottle},
    {"TransactionInProgressException", Class::kThrottle},
    {"PriorRequestNotComplete", Class::kThrottle},

    {"InternalServerError", Class::kTransient},
    {"InternalFailure", Class::kTransient},
    {"ServiceUnavailable", Class::kTransient},
    {"RequestTimeout", Class::kTransient},
    {"RequestTimeoutException", Class::kTransient},

    {"ReplicatedWriteConflictException", Class::kRejected},
    {"TransactionConflictException", Class::kRejected},

    {"ExpiredIteratorException", Class::kExpired},
    {"TrimmedDataAccessException", Class::kTrimmed},

    {"ResourceNotFoundException", Class::kMissing},
    {"TableNotFoundException", Class::kMissing},
    {"ResourceInUseException", Class::kBusy},
    {"ConditionalCheckFailedException", Class::kUnmet},
    {"PolicyNotFoundException", Class::kUnmet},  // also said of another revision than expected

    {"AccessDeniedException", Class::kDenied},
    {"AccessDenied", Class::kDenied},
    {"MissingAuthenticationToken", Class::kDenied},
    {"MissingAuthenticationTokenException", Class::kDenied},
    {"IncompleteSignatureException", Class::kDenied},
    {"UnrecognizedClientException", Class::kDenied},
    {"InvalidClientTokenId", Class::kDenied},
    {"ExpiredTokenException", Class::kDenied},
    {"ExpiredToken", Class::kDenied},
    {"RequestExpired", Class::kClock},
    {"RequestTimeTooSkewed", Class::kClock},
    {"RequestInTheFuture", Class::kClock},
    {"InvalidSignatureException", Class::kDenied},
    {"SignatureDoesNotMatch", Class::kDenied},
    {"AuthFailure", Class::kDenied},
    {"OptInRequired", Class::kDenied},

    {"ValidationException", Class::kInvalid},
    {"SerializationException", Class::kInvalid},
    {"UnknownOperationException", Class::kInvalid},
    {"ItemCollectionSizeLimitExceededException", Class::kInvalid},
});

constexpr int kPayloadTooLarge = 413;
constexpr int kTooManyRequests = 429;
constexpr int kRequestTimeout = 408;
constexpr int kServerErrors = 500;

bool IsDenied(int status) {
  return status == 401 || status == 403 || status == 407;
}

Class ClassOf(const ServiceError& error) {
  const auto named = std::ranges::find(kNamed, error.code, &Named::code);
  if (named != kNamed.end()) return named->meaning;
  if (error.code.find("EncryptionCredentials") != std::string::npos ||
      error.code.starts_with("KMS")) {
    return Class::kDenied;
  }
  if (error.status == kTooManyRequests) return Class::kThrottle;
  if (error.status >= kServerErrors || error.status == kRequestTimeout) return Class::kTransient;
  if (error.status == kPayloadTooLarge) return Class::kInvalid;
  if (IsDenied(error.status) && !error.foreign) return Class::kDenied;
  return error.code.empty() ? Class::kNotTheirs : Class::kInvalid;
}

ErrorCode CodeOf(Class meaning, bool is_write) {
  switch (meaning) {
    case Class::kThrottle:
      return ErrorCode::kThrottled;
    case Class::kTransient:
    case Class::kNotTheirs:
      return is_write ? ErrorCode::kAmbiguous : ErrorCode::kRetry;
    case Class::kRejected:
      return ErrorCode::kRetry;
    case Class::kExpired:
      return ErrorCode::kExpiredIterator;
    case Class::kTrimmed:
      return ErrorCode::kTrimmed;
    case Class::kMissing:
      return ErrorCode::kNotFound;
    case Class::kBusy:
    case Class::kUnmet:
      return ErrorCode::kConflict;
    case Class::kDenied:
    case Class::kClock:
      return ErrorCode::kDenied;
    case Class::kInvalid:
      return ErrorCode::kInvalid;
  }
  return ErrorCode::kInvalid;
}

/// What is to be done that the service's own text does not say.
std::string_view Advice(Class meaning, std::string_view code) {
  if (meaning == Class::kClock) return "the request's time was refused: set this machine's clock";
  if (meaning == Class::kNotTheirs) {
    return "is this the right endpoint, and does nothing between answer for it?";
  }
  if (code == "InvalidSignatureException" || code == "SignatureDoesNotMatch") {
    return "check the secret key, the region and this machine's clock";
  }
  if (code == "UnrecognizedClientException" || code == "InvalidClientTokenId") {
    return "the access key is unknown there: check the keys and the region";
  }
  if (code == "ExpiredTokenException" || code == "ExpiredToken") return "renew the credentials";
  return {};
}

/// Who answered what: the service's own word when it has one.
std::string Summary(Class meaning, const ServiceError& error) {
  if (!error.code.empty()) return error.code;
  const std::string status = "HTTP " + std::to_string(error.status);
  if (!error.foreign && meaning != Class::kNotTheirs) return status;
  std::string text = "the answer";
  if (!error.host.empty()) text += " of " + error.host;
  text += " is not DynamoDB's: " + status;
  if (!error.content_type.empty()) text += ", " + error.content_type;
  return text;
}

/// "TableWriteKeyRangeThroughputExceeded of arn:...": what tells a hot key range from a whole
/// table.
std::string ThrottlingReasons(const ServiceError& error) {
  const auto body = nlohmann::json::parse(error.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return {};
  std::string text;
  for (const char* member : {"ThrottlingReasons", "throttlingReasons"}) {
    const auto reasons = body.find(member);
    if (reasons == body.end() || !reasons->is_array()) continue;
    for (const auto& reason : *reasons) {
      if (!reason.is_object()) continue;
      const auto string = [&reason](const char* name) {
        const auto value = reason.find(name);
        return value != reason.end() && value->is_string() ? value->get<std::string>() : "";
      };
      text += ", " + string("reason") + " of " + string("resource");
    }
  }
  return text;
}

}  // namespace

std::string Quoted(std::string_view body) {
  std::string text;
  for (const char c : body) {
    if (text.size() >= limits::kQuotedBytes) return text + "...";
    const bool printable = c > ' ' && c < '\x7f';
    if (printable) {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  return text;
}

ServiceError ParseServiceError(int status, std::string body, std::string request_id) {
  ServiceError error;
  error.status = status;
  error.body = std::move(body);
  error.request_id = std::move(request_id);
  const auto json = nlohmann::json::parse(error.body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    error.foreign = true;
    error.message = Quoted(error.body);
    return error;
  }
  if (const auto type = json.find("__type"); type != json.end() && type->is_string()) {
    std::string code = type->get<std::string>();
    code.erase(std::min(code.find(':'), code.size()));
    error.code = code.substr(code.find('#') + 1);  // npos + 1 is the start
  }
  for (const char* name : {"message", "Message"}) {
    const auto message = json.find(name);
    if (message != json.end() && message->is_string()) error.message = message->get<std::string>();
  }
  return error;
}

bool IsClockRefusal(std::string_view code) {
  return code == "RequestTimeTooSkewed" || code == "RequestExpired" ||
         code == "RequestInTheFuture" || code == "InvalidSignatureException" ||
         code == "SignatureDoesNotMatch" || code == "AuthFailure";
}

bool IsKeyRefusal(std::string_view code) {
  return code == "ExpiredTokenException" || code == "ExpiredToken" || code == "RequestExpired" ||
         code == "UnrecognizedClientException" || code == "InvalidClientTokenId";
}

Error Classify(const Operation& operation, const ServiceError& error) {
  const Class meaning = ClassOf(error);
  std::string message(operation.name);
  message += ": " + Summary(meaning, error);
  if (!error.message.empty()) message += ": " + error.message;
  const std::string_view advice = Advice(meaning, error.code);
  if (!advice.empty()) message.append("; ").append(advice);

  std::string context = "HTTP " + std::to_string(error.status);
  if (!error.request_id.empty()) context += ", request " + error.request_id;
  if (meaning == Class::kThrottle) context += ThrottlingReasons(error);
  return {CodeOf(meaning, operation.is_write), std::move(message), std::move(context)};
}

}  // namespace ddbsync::aws
