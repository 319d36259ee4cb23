#pragma once

#include <string>

namespace ddbsync::fake {

/// Thrown inside the fake where AWS would refuse a request. Caught in FakeDynamoDb only: validation
/// goes 32 levels deep and reads best without an error path at each level.
struct Refusal {
  int status = 400;
  std::string type;     ///< with its namespace, as in "__type"
  std::string message;  ///< may be empty
  std::string extra;    ///< further members of the body, e.g. "\"ThrottlingReasons\":[...]"
};

[[noreturn]] void RefuseInvalid(std::string message);          // ValidationException
[[noreturn]] void RefuseMalformed(std::string message);        // SerializationException
[[noreturn]] void RefuseNotFound(std::string message);         // ResourceNotFoundException
[[noreturn]] void RefuseInUse(std::string message);            // ResourceInUseException
[[noreturn]] void RefuseTrimmed(std::string message);          // TrimmedDataAccessException
[[noreturn]] void RefuseExpiredIterator(std::string message);  // ExpiredIteratorException
[[noreturn]] void RefuseNoPolicy(std::string message);         // PolicyNotFoundException
[[noreturn]] void RefuseRate(std::string message);             // ThrottlingException
[[noreturn]] void RefuseDenied(std::string message);           // AccessDeniedException
[[noreturn]] void RefuseCondition();                           // ConditionalCheckFailedException
/// ProvisionedThroughputExceededException with its ThrottlingReasons.
[[noreturn]] void RefuseThroughput(const std::string& table_arn, const std::string& reason);

/// The body AWS answers with.
std::string ToBody(const Refusal& refusal);

}  // namespace ddbsync::fake
