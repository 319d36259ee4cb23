#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aws/client.h"
#include "base/mutex.h"

namespace ddbsync::aws {

/// A request as the transport got it, with what it pointed to.
struct SeenRequest {
  std::string url;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  Duration timeout{};
  bool is_write = false;

  [[nodiscard]] std::string Header(std::string_view name) const {
    for (const auto& [header, value] : headers) {
      if (header == name) return value;
    }
    return {};
  }
};

/// Answers by a function of the test; keeps what it was asked.
class ScriptedTransport final : public Transport {
 public:
  std::function<Result<HttpResponse>(const SeenRequest&)> answer;

  Result<HttpResponse> Send(const HttpRequest& request) override {
    SeenRequest copy{.url = std::string(request.url),
                     .body = std::string(request.body),
                     .headers = request.headers,
                     .timeout = request.timeout,
                     .is_write = request.is_write};
    {
      MutexLock lock(mutex_);
      seen_.push_back(copy);
    }
    return answer(copy);
  }

  [[nodiscard]] SeenRequest last() const {
    MutexLock lock(mutex_);
    return seen_.back();
  }
  [[nodiscard]] size_t count() const {
    MutexLock lock(mutex_);
    return seen_.size();
  }

 private:
  mutable Mutex mutex_;
  std::vector<SeenRequest> seen_ GUARDED_BY(mutex_);
};

/// Gives the keys that the test put in, counts how often they are read anew.
class ScriptedCredentials final : public CredentialsProvider {
 public:
  /// What the origin holds; given out after the next Invalidate.
  Credentials origin{
      .access_key_id = "AKIDEXAMPLE", .secret_access_key = "secret", .session_token = {}};
  int reads = 0;

  Result<Credentials> Get() override {
    if (!cached_) {
      cached_ = origin;
      ++reads;
    }
    return *cached_;
  }
  void Invalidate() override { cached_.reset(); }
  std::string Origin() const override { return "the source's keys"; }

 private:
  std::optional<Credentials> cached_;
};

class CallList final : public CallObserver {
 public:
  struct Entry {
    std::string service;
    std::string operation;
    std::string code;
    Duration took;
  };
  std::vector<Entry> calls;

  void OnCall(std::string_view service, std::string_view operation, std::string_view code,
              Duration took) override {
    calls.push_back({std::string(service), std::string(operation), std::string(code), took});
  }
};

}  // namespace ddbsync::aws
