#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "aws/client.h"
#include "aws/credentials.h"

namespace ddbsync::fake {

/// Keys that never change and never expire.
class FixedKeys final : public aws::CredentialsProvider {
 public:
  explicit FixedKeys(std::string id = "AKIDEXAMPLE") : id_(std::move(id)) {}

  Result<aws::Credentials> Get() override { return aws::Credentials{id_, "secret", ""}; }
  void Invalidate() override {}
  [[nodiscard]] std::string Origin() const override { return "the test's keys"; }

 private:
  const std::string id_;
};

/// Of calls that nobody counts.
class NoObserver final : public aws::CallObserver {
 public:
  void OnCall(std::string_view, std::string_view, std::string_view, Duration) override {}
};

}  // namespace ddbsync::fake
