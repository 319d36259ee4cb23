#include "tests/support/refusal.h"

#include <nlohmann/json.hpp>

namespace ddbsync::fake {
namespace {

constexpr const char* kDynamoDb = "com.amazonaws.dynamodb.v20120810#";

[[noreturn]] void Refuse(const char* name, std::string message) {
  throw Refusal{400, std::string(kDynamoDb) + name, std::move(message), {}};
}

}  // namespace

void RefuseInvalid(std::string message) {
  throw Refusal{400, "com.amazon.coral.validate#ValidationException", std::move(message), {}};
}

void RefuseMalformed(std::string message) {
  throw Refusal{400, "com.amazon.coral.service#SerializationException", std::move(message), {}};
}

void RefuseNotFound(std::string message) {
  Refuse("ResourceNotFoundException", std::move(message));
}

void RefuseInUse(std::string message) {
  Refuse("ResourceInUseException", std::move(message));
}

void RefuseTrimmed(std::string message) {
  Refuse("TrimmedDataAccessException", std::move(message));
}

void RefuseExpiredIterator(std::string message) {
  Refuse("ExpiredIteratorException", std::move(message));
}

void RefuseNoPolicy(std::string message) {
  Refuse("PolicyNotFoundException", std::move(message));
}

void RefuseRate(std::string message) {
  throw Refusal{400, "com.amazon.coral.availability#ThrottlingException", std::move(message), {}};
}

void RefuseDenied(std::string message) {
  throw Refusal{400, "com.amazon.coral.service#AccessDeniedException", std::move(message), {}};
}

void RefuseCondition() {
  Refuse("ConditionalCheckFailedException", "The conditional request failed");
}

void RefuseThroughput(const std::string& table_arn, const std::string& reason) {
  const nlohmann::json reasons = {{{"reason", reason}, {"resource", table_arn}}};
  throw Refusal{400, std::string(kDynamoDb) + "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded. "
                "Consider increasing your provisioning level with the UpdateTable API.",
                "\"ThrottlingReasons\":" + reasons.dump()};
}

std::string ToBody(const Refusal& refusal) {
  std::string body = "{\"__type\":" + nlohmann::json(refusal.type).dump();
  // AWS spells the member both ways, by the library that refused.
  const bool capital = refusal.type.starts_with("com.amazon.coral.service#");
  if (!refusal.message.empty()) {
    body += capital ? ",\"Message\":" : ",\"message\":";
    body += nlohmann::json(refusal.message).dump();
  }
  if (!refusal.extra.empty()) body += "," + refusal.extra;
  return body + "}";
}

}  // namespace ddbsync::fake
