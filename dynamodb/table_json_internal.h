#pragma once

// Private to dynamodb/: reading the answers about tables and streams, off the straight path. All
// throw nlohmann::json::exception on an unexpected type; null counts as absent, as in AWS's
// protocol.

#include <nlohmann/json.hpp>
#include <string>

#include "aws/client.h"
#include "base/error.h"

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

/// Runs `read` on the answer; what it throws on another shape than expected becomes kCorrupt.
template <class T, class Read>
Result<T> ParseAnswer(const aws::Operation& operation, const Result<std::string>& answer,
                      Read read) {
  if (!answer) return std::unexpected(answer.error());
  try {
    return read(nlohmann::json::parse(*answer));
  } catch (const nlohmann::json::exception& error) {
    return Fail(ErrorCode::kCorrupt, "What came back is not an answer to " +
                                         std::string(operation.name) + ": " + error.what());
  }
}

}  // namespace ddbsync::dynamodb
