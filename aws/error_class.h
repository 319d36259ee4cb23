#pragma once

#include <string>
#include <string_view>

#include "aws/client.h"
#include "base/error.h"

namespace ddbsync::aws {

/// Reads an answer that is not a success. The body may be anything, also HTML or nothing: then
/// `code` is empty and `message` quotes its beginning.
[[nodiscard]] ServiceError ParseServiceError(int status, std::string body, std::string request_id);

/// Gives a service's answer its meaning: the tables of AWS's SDKs ("standard" retry mode) and the
/// DynamoDB developer guide. The only file where service error names are known. The message keeps
/// the service's code; the context HTTP status, request id and the reasons of a throttle.
[[nodiscard]] Error Classify(const Operation& operation, const ServiceError& error);

/// True when a wrong clock may be why the request was refused. A wrong secret looks the same.
[[nodiscard]] bool IsClockRefusal(std::string_view code);

/// True when fresh keys may be accepted.
[[nodiscard]] bool IsKeyRefusal(std::string_view code);

/// The first printable characters of an answer that is not what it should be.
[[nodiscard]] std::string Quoted(std::string_view body);

}  // namespace ddbsync::aws
