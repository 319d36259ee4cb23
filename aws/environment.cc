#include "aws/environment.h"

#include <cstdlib>

namespace ddbsync::aws {

std::optional<std::string> SystemEnvironment::Get(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

}  // namespace ddbsync::aws
