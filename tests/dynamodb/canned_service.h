#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "aws/client.h"
#include "tests/support/client_parts.h"

namespace ddbsync::dynamodb {

/// A service that answers with what it was given, in order, and remembers what it was asked. For
/// one thread.
class CannedService final : public aws::Transport {
 public:
  struct Request {
    std::string target;  ///< X-Amz-Target
    nlohmann::json body;
    Duration timeout;
    bool is_write;
  };

  void Answer(std::string body) { answers_.push_back({.status = 200, .body = std::move(body)}); }

  void Refuse(int status, std::string_view type, std::string_view message) {
    const nlohmann::json body = {{"__type", type}, {"message", message}};
    answers_.push_back({.status = status, .body = body.dump()});
  }

  void FailWith(Error error) { answers_.push_back({.status = 0, .body = {}, .error = error}); }

  Result<aws::HttpResponse> Send(const aws::HttpRequest& request) override {
    Request seen{.target = {},
                 .body = nlohmann::json::parse(request.body),
                 .timeout = request.timeout,
                 .is_write = request.is_write};
    for (const auto& [name, value] : request.headers) {
      if (name == "X-Amz-Target") seen.target = value;
    }
    requests_.push_back(std::move(seen));
    if (answers_.empty()) return Fail(ErrorCode::kCancelled, "no answer is left");
    Answered answer = std::move(answers_.front());
    answers_.pop_front();
    if (answer.status == 0) return std::unexpected(answer.error);
    aws::HttpResponse response;
    response.status = answer.status;
    response.body = std::move(answer.body);
    return response;
  }

  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }
  [[nodiscard]] const Request& last() const { return requests_.back(); }
  [[nodiscard]] aws::Client& client() { return client_; }

 private:
  struct Answered {
    int status;
    std::string body;
    Error error = {ErrorCode::kRetry, ""};
  };

  class StoppedClock final : public Clock {
   public:
    [[nodiscard]] TimePoint Now() const override { return TimePoint(); }
    [[nodiscard]] WallTime WallNow() const override { return WallTime(); }
    void SleepFor(Duration) override {}
  };

  std::deque<Answered> answers_;
  std::vector<Request> requests_;
  StoppedClock clock_;
  fake::FixedKeys keys_;
  fake::NoObserver observer_;
  aws::ServerClock server_clock_{clock_};
  aws::Client client_{{.url = "http://127.0.0.1:1/", .region = "eu-west-1", .check_crc = true},
                      keys_,
                      *this,
                      server_clock_,
                      clock_,
                      observer_};
};

}  // namespace ddbsync::dynamodb
