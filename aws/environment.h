#pragma once

#include <optional>
#include <string>

namespace ddbsync::aws {

/// The process's environment variables, behind a door so that tests need not change them.
class Environment {
 public:
  virtual ~Environment() = default;

  /// Nothing when the variable is unset or empty: AWS's tools do not tell the two apart.
  [[nodiscard]] virtual std::optional<std::string> Get(const std::string& name) const = 0;
};

/// The real one. Nothing in this program changes variables, so it is safe from any thread.
class SystemEnvironment final : public Environment {
 public:
  [[nodiscard]] std::optional<std::string> Get(const std::string& name) const override;
};

}  // namespace ddbsync::aws
