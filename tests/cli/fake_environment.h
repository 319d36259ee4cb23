#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "aws/environment.h"

namespace ddbsync::cli {

/// Variables made up by a test. HOME leads nowhere unless it is given.
class FakeEnvironment final : public aws::Environment {
 public:
  explicit FakeEnvironment(std::map<std::string, std::string> variables = {})
      : variables_(std::move(variables)) {
    variables_.try_emplace("HOME", "/nonexistent/home");
  }

  [[nodiscard]] std::optional<std::string> Get(const std::string& name) const override {
    const auto found = variables_.find(name);
    if (found == variables_.end() || found->second.empty()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::string, std::string> variables_;
};

}  // namespace ddbsync::cli
