#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/transport.h"

namespace ddbsync::streams {

/// Answers each operation of the streams API with what the test put there, in turn, and keeps the
/// requests. An operation without an answer left gets its default, or fails the call.
class ScriptedStreams final : public aws::Transport {
 public:
  using Answer = std::pair<int, std::string>;  ///< HTTP status and body

  static Answer Ok(std::string body) { return {200, std::move(body)}; }
  static Answer Refuse(std::string_view type) {
    return {400, R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + std::string(type) +
                     R"(","message":"scripted"})"};
  }

  void Put(const std::string& operation, Answer answer) { answers_[operation].push_back(answer); }
  void SetDefault(const std::string& operation, Answer answer) { defaults_[operation] = answer; }

  /// Bodies sent to the operation, oldest first.
  [[nodiscard]] const std::vector<std::string>& Requests(const std::string& operation) {
    return requests_[operation];
  }
  /// Answers that were put there and not asked for.
  [[nodiscard]] size_t Left(const std::string& operation) { return answers_[operation].size(); }

  Result<aws::HttpResponse> Send(const aws::HttpRequest& request) override {
    std::string operation;
    for (const auto& [name, value] : request.headers) {
      if (name == "X-Amz-Target") operation = value.substr(value.find('.') + 1);
    }
    requests_[operation].emplace_back(request.body);
    std::deque<Answer>& queue = answers_[operation];
    Answer answer{400, R"({"__type":"a#ValidationException","message":"nothing scripted"})"};
    if (!queue.empty()) {
      answer = queue.front();
      queue.pop_front();
    } else if (defaults_.contains(operation)) {
      answer = defaults_[operation];
    }
    aws::HttpResponse response;
    response.status = answer.first;
    response.body = std::move(answer.second);
    return response;
  }

 private:
  std::map<std::string, std::deque<Answer>> answers_;
  std::map<std::string, Answer> defaults_;
  std::map<std::string, std::vector<std::string>> requests_;
};

}  // namespace ddbsync::streams
