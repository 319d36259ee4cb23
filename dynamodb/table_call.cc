#include <nlohmann/json.hpp>

#include "dynamodb/json_text.h"
#include "dynamodb/table_call_internal.h"

namespace ddbsync::dynamodb {

using nlohmann::json;

std::string OpenBody(std::string_view table) {
  std::string body = "{\"TableName\":";
  AppendQuoted(table, body);
  return body;
}

std::unexpected<Error> Unclear(const aws::Operation& operation, std::string_view why) {
  return Fail(
      ErrorCode::kAmbiguous,
      std::string(operation.name) + " may or may not have been carried out: " + std::string(why));
}

Result<void> CheckWritten(const aws::Operation& operation, const Result<std::string>& answer,
                          std::string_view member) {
  if (!answer) return std::unexpected(answer.error());
  const json object = json::parse(*answer, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Unclear(operation, "the answer is not a JSON object.");
  if (!member.empty() && !object.contains(member)) {
    return Unclear(operation, "the answer has no \"" + std::string(member) + "\".");
  }
  return {};
}

Result<void> CheckAcknowledged(const aws::Operation& operation, const Result<std::string>& answer) {
  if (answer && answer->empty()) return {};
  return CheckWritten(operation, answer, {});
}

bool RefusedWith(const Error& error, const aws::Operation& operation, std::string_view code) {
  // aws::Classify begins the message so.
  return error.message.starts_with(std::string(operation.name) + ": " + std::string(code));
}

bool Says(const Error& error, std::string_view text) {
  return error.message.find(text) != std::string::npos;
}

}  // namespace ddbsync::dynamodb
