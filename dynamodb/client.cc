#include "dynamodb/client.h"

#include <nlohmann/json.hpp>

#include "base/large_buffers.h"
#include "dynamodb/control_client.h"
#include "dynamodb/json_text.h"
#include "dynamodb/limits.h"
#include "dynamodb/table_call_internal.h"
#include "dynamodb/table_json_internal.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

constexpr aws::Operation kListTables =
    TableOperation("ListTables", Effect::kReads, limits::kControlTimeout);
constexpr aws::Operation kListTags =
    TableOperation("ListTagsOfResource", Effect::kReads, limits::kControlTimeout);
constexpr aws::Operation kDescribeTable =
    TableOperation("DescribeTable", Effect::kReads, limits::kControlTimeout);
constexpr aws::Operation kCreateTable =
    TableOperation("CreateTable", Effect::kWrites, limits::kControlTimeout);
constexpr aws::Operation kScan = TableOperation("Scan", Effect::kReads, limits::kReadTimeout);
constexpr aws::Operation kGetItem = TableOperation("GetItem", Effect::kReads, limits::kReadTimeout);
constexpr aws::Operation kBatchGetItem =
    TableOperation("BatchGetItem", Effect::kReads, limits::kReadTimeout);
constexpr aws::Operation kBatchWriteItem =
    TableOperation("BatchWriteItem", Effect::kWrites, limits::kWriteTimeout);
constexpr aws::Operation kPutItem =
    TableOperation("PutItem", Effect::kWrites, limits::kWriteTimeout);
constexpr aws::Operation kDeleteItem =
    TableOperation("DeleteItem", Effect::kWrites, limits::kWriteTimeout);

constexpr std::string_view kCapacityMember = "ReturnConsumedCapacity";

void AppendCapacity(bool ask, std::string& body) {
  if (ask) body += ",\"ReturnConsumedCapacity\":\"TOTAL\"";
}

std::string ScanBody(const ScanRequest& request, bool ask_capacity) {
  std::string body = OpenBody(request.table);
  if (request.total_segments > 1) {
    body += ",\"Segment\":" + std::to_string(request.segment);
    body += ",\"TotalSegments\":" + std::to_string(request.total_segments);
  }
  if (request.consistent) body += ",\"ConsistentRead\":true";
  if (request.limit > 0) body += ",\"Limit\":" + std::to_string(request.limit);
  if (!request.start_key.empty()) {
    body += ",\"ExclusiveStartKey\":";
    body += request.start_key;
  }
  AppendCapacity(ask_capacity, body);
  return body + "}";
}

std::string BatchGetBody(std::string_view table, std::span<const std::string_view> keys_json,
                         bool ask_capacity) {
  std::string body = "{\"RequestItems\":{";
  AppendQuoted(table, body);
  body += ":{\"ConsistentRead\":true,\"Keys\":";
  char separator = '[';
  for (const std::string_view key : keys_json) {
    body += separator;
    body += key;
    separator = ',';
  }
  body += "]}}";
  AppendCapacity(ask_capacity, body);
  return body + "}";
}

}  // namespace

Result<std::string> Client::CallAskingCapacity(const aws::Operation& operation,
                                               std::string_view body, bool asked) {
  Result<std::string> answer = client_.Call(operation, body);
  if (answer || !asked) return answer;
  const Error& error = answer.error();
  const bool refused = error.code == ErrorCode::kInvalid &&
                       ToString(error).find(kCapacityMember) != std::string::npos;
  if (!refused) return answer;
  ask_capacity_ = false;
  return Fail(ErrorCode::kRetry, "The server does not report consumed capacity; asking without.",
              ToString(error));
}

Result<TableNamePage> Client::ListTables(std::string_view start) {
  json body = json::object();
  if (!start.empty()) body["ExclusiveStartTableName"] = start;
  return ParseAnswer<TableNamePage>(
      kListTables, client_.Call(kListTables, body.dump()), [](const json& answer) {
        return TableNamePage{.names = answer.at("TableNames"),
                             .last = TextOr(answer, "LastEvaluatedTableName", "")};
      });
}

Result<TagPage> Client::ListTags(std::string_view table_arn, std::string_view next_token) {
  json body = {{"ResourceArn", table_arn}};
  if (!next_token.empty()) body["NextToken"] = next_token;
  return ParseAnswer<TagPage>(kListTags, client_.Call(kListTags, body.dump()),
                              [](const json& answer) {
                                TagPage page;
                                for (const json& tag : answer.at("Tags")) {
                                  page.tags.push_back({tag.at("Key"), TextOr(tag, "Value", "")});
                                }
                                page.next_token = TextOr(answer, "NextToken", "");
                                return page;
                              });
}

Result<TableDescription> Client::DescribeTable(std::string_view table) {
  Result<std::string> answer = client_.Call(kDescribeTable, OpenBody(table) + "}");
  if (!answer) return std::unexpected(std::move(answer.error()));
  return ParseTable(*answer);
}

Result<void> Client::CreateTable(std::string_view body) {
  return CheckWritten(kCreateTable, client_.Call(kCreateTable, body), "TableDescription");
}

Result<void> Client::EnableStream(std::string_view table, StreamView view) {
  return ControlClient(client_).EnableStream(table, view);
}

Result<ItemPage> Client::Scan(const ScanRequest& request, const KeySchema& schema) {
  const bool ask = ask_capacity_;
  Result<std::string> answer = CallAskingCapacity(kScan, ScanBody(request, ask), ask);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return request.digested ? ItemPage::ParseDigested(std::move(*answer), schema)
                          : ItemPage::Parse(std::move(*answer), schema);
}

Result<ItemPage> Client::GetItem(std::string_view table, std::string_view key_json,
                                 const KeySchema& schema) {
  const bool ask = ask_capacity_;
  std::string body = OpenBody(table);
  body += ",\"ConsistentRead\":true,\"Key\":";
  body += key_json;
  AppendCapacity(ask, body);
  Result<std::string> answer = CallAskingCapacity(kGetItem, body + "}", ask);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return ItemPage::ParseGetItem(std::move(*answer), schema);
}

Result<BatchGetResult> Client::BatchGetItem(std::string_view table,
                                            std::span<const std::string_view> keys_json,
                                            const KeySchema& schema) {
  DDBSYNC_CHECK(!keys_json.empty() && keys_json.size() <= limits::kMaxBatchGetKeys);
  const bool ask = ask_capacity_;
  Result<std::string> answer =
      CallAskingCapacity(kBatchGetItem, BatchGetBody(table, keys_json, ask), ask);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return ItemPage::ParseBatchGet(std::move(*answer), schema);
}

Result<BatchWriteResult> Client::BatchWriteItem(std::string_view table,
                                                std::span<const WriteOp> ops,
                                                const KeySchema& schema) {
  const bool ask = ask_capacity_;
  std::string body = BatchWriteBody(table, ops, ask);
  Result<std::string> answer = CallAskingCapacity(kBatchWriteItem, body, ask);
  KeepBuffer(std::move(body));
  if (!answer) return std::unexpected(std::move(answer.error()));
  Result<BatchWriteResult> result = ParseBatchWriteResponse(*answer, ops, schema);
  if (!result) return Unclear(kBatchWriteItem, ToString(result.error()));
  return result;
}

Result<void> Client::PutItem(std::string_view table, std::string_view item_json) {
  std::string body = OpenBody(table);
  body += ",\"Item\":";
  body += item_json;
  return CheckWritten(kPutItem, client_.Call(kPutItem, body + "}"), {});
}

Result<void> Client::DeleteItem(std::string_view table, std::string_view key_json) {
  std::string body = OpenBody(table);
  body += ",\"Key\":";
  body += key_json;
  return CheckWritten(kDeleteItem, client_.Call(kDeleteItem, body + "}"), {});
}

}  // namespace ddbsync::dynamodb
