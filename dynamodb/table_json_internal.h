#pragma once

// Private to dynamodb/: reading the answers about tables and streams, off the straight path. All
// throw nlohmann::json::exception on an unexpected type; null counts as absent, as in AWS's
// protocol.

#include <nlohmann/json.hpp>
#include <string>

namespace ddbsync::dynamodb {

/// The member, or `fallback` when it is absent.
inline nlohmann::json MemberOr(const nlohmann::json& object, const char* name,
                               nlohmann::json fallback) {
  const auto member = object.find(name);
  if (member == object.end() || member->is_null()) return fallback;
  return *member;
}

inline std::string TextOr(const nlohmann::json& object, const char* name,
                          const std::string& fallback) {
  return MemberOr(object, name, fallback).get<std::string>();
}

}  // namespace ddbsync::dynamodb
