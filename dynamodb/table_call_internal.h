#pragma once

// Private to dynamodb/: what the calls of the tables' API have in common.

#include <string>
#include <string_view>

#include "aws/client.h"
#include "base/error.h"

namespace ddbsync::dynamodb {

enum class Effect { kReads, kWrites };

constexpr aws::Operation TableOperation(std::string_view name, Effect effect, Duration timeout) {
  return {.service = "dynamodb",
          .target_prefix = "DynamoDB_20120810",
          .name = name,
          .is_write = effect == Effect::kWrites,
          .timeout = timeout};
}

/// {"TableName":"...", still open.
std::string OpenBody(std::string_view table);

/// The outcome of a write whose 200 answer is not what it should be: kAmbiguous.
std::unexpected<Error> Unclear(const aws::Operation& operation, std::string_view why);

/// A write's answer is a JSON object, with `member` in it unless that is empty.
Result<void> CheckWritten(const aws::Operation& operation, const Result<std::string>& answer,
                          std::string_view member);

/// As CheckWritten, for operations that AWS answers with nothing at all.
Result<void> CheckAcknowledged(const aws::Operation& operation, const Result<std::string>& answer);

/// True when the service refused with this code of its own.
bool RefusedWith(const Error& error, const aws::Operation& operation, std::string_view code);

/// The service's text has it; for refusals that have no code of their own.
bool Says(const Error& error, std::string_view text);

}  // namespace ddbsync::dynamodb
