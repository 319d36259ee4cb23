#include "dynamodb/batch.h"

#include <algorithm>

#include "base/large_buffers.h"
#include "dynamodb/json_text.h"
#include "dynamodb/limits.h"
#include "dynamodb/response_reader_internal.h"

namespace ddbsync::dynamodb {
namespace {

constexpr std::string_view kOperation = "BatchWriteItem";

/// The items of a batch come from as many pages, which were received long ago: the processor is
/// told of the next one while it copies this one. Longer ones it foresees by itself.
void Prefetch(std::string_view json) {
  constexpr size_t kCacheLine = 64;
  constexpr size_t kForetold = 2048;
  const std::string_view beginning = json.substr(0, kForetold);
  for (size_t i = 0; i < beginning.size(); i += kCacheLine) __builtin_prefetch(&beginning[i]);
}

/// Finds the ops that a response names again.
class UnprocessedReader {
 public:
  UnprocessedReader(std::span<const WriteOp> ops, const KeySchema& schema)
      : ops_(ops), schema_(schema) {}

  /// {"table":[{"PutRequest":{"Item":{...}}},{"DeleteRequest":{"Key":{...}}}]}. The table is called
  /// as it was in the request, by name or ARN; that it is ours is seen by the keys.
  Result<void> Take(ondemand::document& document, ondemand::value& tables) {
    for (ondemand::field table : tables.get_object()) {
      for (ondemand::value request : table.value().get_array()) {
        if (Result<void> taken = TakeRequest(document, request); !taken) return taken;
      }
    }
    std::ranges::sort(found_);
    return {};
  }

  [[nodiscard]] std::vector<size_t>& found() { return found_; }

 private:
  Result<void> TakeRequest(ondemand::document& document, ondemand::value& request) {
    const size_t found_before = found_.size();
    for (ondemand::field member : request.get_object()) {
      if (IsNull(member.value())) continue;
      const bool is_put = NameIs(member, "PutRequest");
      if (!is_put && !NameIs(member, "DeleteRequest")) {
        return NotAResponse(kOperation, "it names neither a put nor a delete");
      }
      const WriteOp::Kind kind = is_put ? WriteOp::Kind::kPut : WriteOp::Kind::kDelete;
      for (ondemand::field operand : member.value().get_object()) {
        if (!NameIs(operand, is_put ? "Item" : "Key")) continue;
        if (Result<void> taken = TakeOp(document, kind, operand.value()); !taken) return taken;
      }
    }
    // A leftover that is not understood must not be taken for none.
    if (found_.size() != found_before + 1) {
      return NotAResponse(kOperation, "it has a leftover that is not one op");
    }
    return {};
  }

  Result<void> TakeOp(ondemand::document& document, WriteOp::Kind kind, ondemand::value& operand) {
    key_.clear();
    Result<std::string_view> json = ReadItem(document, operand, schema_, key_);
    if (!json) return NotAResponse(kOperation, json.error().message);
    const auto op = std::ranges::find_if(
        ops_, [&](const WriteOp& sent) { return sent.kind == kind && sent.key == key_; });
    if (op == ops_.end()) return NotAResponse(kOperation, "it names an op that was not sent");
    const auto index = static_cast<size_t>(op - ops_.begin());
    if (std::ranges::find(found_, index) != found_.end()) {
      return NotAResponse(kOperation, "it names an op twice");
    }
    found_.push_back(index);
    return {};
  }

  const std::span<const WriteOp> ops_;
  const KeySchema& schema_;
  std::string key_;
  std::vector<size_t> found_;
};

}  // namespace

size_t FitBatch(std::span<const WriteOp> ops) {
  size_t bytes = limits::kBatchFrameBytes;
  size_t count = 0;
  for (const WriteOp& op : ops.first(std::min(ops.size(), kMaxBatchOps))) {
    bytes += op.json.size() + kOpOverheadBytes;
    if (bytes > kBatchBytes && count > 0) break;
    ++count;
  }
  return count;
}

std::string BatchWriteBody(std::string_view table, std::span<const WriteOp> ops,
                           bool ask_capacity) {
  size_t bytes = limits::kBatchFrameBytes;
  for (const WriteOp& op : ops) bytes += op.json.size() + kOpOverheadBytes;
  std::string body = TakeBuffer(bytes);
  body += "{\"RequestItems\":{";
  AppendQuoted(table, body);
  char separator = '[';
  body += ':';
  for (size_t i = 0; i < ops.size(); ++i) {
    const WriteOp& op = ops[i];
    if (i + 1 < ops.size()) Prefetch(ops[i + 1].json);
    body += separator;
    separator = ',';
    body += op.kind == WriteOp::Kind::kPut ? "{\"PutRequest\":{\"Item\":"
                                           : "{\"DeleteRequest\":{\"Key\":";
    body += op.json;
    body += "}}";
  }
  body += "]}";
  if (ask_capacity) body += ",\"ReturnConsumedCapacity\":\"TOTAL\"";
  body += '}';
  return body;
}

Result<BatchWriteResult> ParseBatchWriteResponse(std::string_view body,
                                                 std::span<const WriteOp> ops,
                                                 const KeySchema& schema) {
  // Nearly always a hundred bytes: a copy costs nothing.
  const std::string padded = PaddedCopy(body);
  BatchWriteResult result;
  UnprocessedReader reader(ops, schema);
  bool has_unprocessed = false;
  Result<void> read =
      ReadMembers(kOperation, padded,
                  [&](ondemand::document& document, ondemand::field& member) -> Result<void> {
                    if (NameIs(member, "UnprocessedItems")) {
                      if (has_unprocessed)
                        return NotAResponse(kOperation, "it has two lists of leftovers");
                      has_unprocessed = true;
                      return reader.Take(document, member.value());
                    }
                    if (NameIs(member, "ConsumedCapacity")) {
                      result.consumed_units = ConsumedUnits(member.value());
                    }
                    return {};
                  });
  if (!read) return std::unexpected(std::move(read.error()));
  // Its absence must not be read as "all written".
  if (!has_unprocessed) return NotAResponse(kOperation, "it has no \"UnprocessedItems\"");
  result.unprocessed = std::move(reader.found());
  return result;
}

}  // namespace ddbsync::dynamodb
