#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "aws/server_clock.h"
#include "aws/sigv4.h"
#include "aws/transport.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"

namespace ddbsync::aws {

/// Told of every attempt, for metrics. Safe from any thread; outlives the client.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  /// `service` is "dynamodb" or "streams"; `code` is "ok", the service's error code, "transport"
  /// (no whole answer), "garbled" (an answer that is damaged or not the service's), or "http_503"
  /// and the like for an error without a code.
  virtual void OnCall(std::string_view service, std::string_view operation, std::string_view code,
                      Duration took) = 0;
};

/// An operation of a JSON 1.0 service.
struct Operation {
  std::string_view service;        ///< for metrics: "dynamodb" or "streams"
  std::string_view target_prefix;  ///< e.g. "DynamoDB_20120810"
  std::string_view name;           ///< e.g. "Scan"
  bool is_write = false;           ///< changes items: an unclear outcome is kAmbiguous
  Duration timeout;
  bool may_be_empty = false;  ///< a success may come without a body
};

/// A service's answer that is not a success, before it is given a meaning.
struct ServiceError {
  int status = 0;
  std::string code;     ///< "__type" up to '#' and from ':' removed; empty when the body has none
  std::string message;  ///< may be empty
  std::string body;     ///< whole; for ThrottlingReasons and the like
  std::string request_id;
  bool foreign = false;      ///< no JSON object: of something between, or of another server
  std::string host;          ///< that was asked; for messages
  std::string content_type;  ///< likewise; may be empty
};

/// One endpoint of an AWS JSON service: signs, sends once, checks the CRC, corrects clock skew,
/// notices refused credentials. Never retries: that is the task's (aws/backoff.h).
///
/// Refused keys are asked for again once (kRetry); the same keys refused again are kDenied. A time
/// refused is replaced by the server's once (kRetry); refused again, it is kDenied. Safe from any
/// thread.
class Client {
 public:
  struct Options {
    std::string url;     ///< "https://dynamodb.eu-west-1.amazonaws.com/"; see SplitUrl
    std::string region;  ///< for signing
    bool check_crc = true;
  };

  /// All references outlive the client.
  Client(Options options, CredentialsProvider& credentials, Transport& transport,
         ServerClock& server_clock, const Clock& clock, CallObserver& observer);

  /// The body of a 200 response, with capacity for simdjson's padding behind its end. Errors: those
  /// of Classify (aws/error_class.h), of Transport::Send, and of CredentialsProvider::Get. An
  /// unclear outcome is kAmbiguous for a write, kRetry for a read.
  [[nodiscard]] Result<std::string> Call(const Operation& operation, std::string_view body);

  [[nodiscard]] const std::string& url() const { return options_.url; }
  [[nodiscard]] const std::string& region() const { return options_.region; }
  [[nodiscard]] ServerClock& server_clock() { return server_clock_; }

 private:
  /// What a request was signed with, to judge a refusal by.
  struct Signer {
    Credentials credentials;
    uint64_t renewals = 0;  ///< renewals_ when the keys were asked for
    Duration clock_offset{};
  };

  [[nodiscard]] Result<Signer> CurrentSigner();
  /// As CurrentSigner, with keys that have not expired.
  [[nodiscard]] Result<Signer> ValidSigner();
  [[nodiscard]] HttpRequest Sign(const Operation& operation, std::string_view body,
                                 const Signer& signer);
  [[nodiscard]] Result<std::string> Accept(const Operation& operation, HttpResponse response) const;
  [[nodiscard]] Error Refused(const Operation& operation, const Signer& signer,
                              const ServiceError& error);
  /// True when the request should be sent again with another time.
  [[nodiscard]] bool AdoptServerTime(const Signer& signer);
  /// True when the request should be sent again with keys read anew.
  [[nodiscard]] bool RenewKeys(const Signer& signer);
  void NoteAccepted();

  const Options options_;
  const std::string host_;
  const std::string path_;
  CredentialsProvider& credentials_;
  Transport& transport_;
  ServerClock& server_clock_;
  const Clock& clock_;
  CallObserver& observer_;
  SigningKeyCache signing_keys_;

  Mutex mutex_;
  /// Added to the wall clock to sign; zero until the service refuses the wall clock's time.
  Duration clock_offset_ GUARDED_BY(mutex_){};
  /// The keys refused last, until some are accepted.
  std::optional<Credentials> refused_ GUARDED_BY(mutex_);
  uint64_t renewals_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ddbsync::aws
